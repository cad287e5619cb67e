//! A running order is moved to another scenario: it stays where it is in its life, and goes on by the new rules.
//!
//! What it has done stays done: its deadline and what is left of it on hold, the tasks that are done, its documents and
//! fields. What the new stage does on entry is not done again.

use super::change::Change;
use super::{require_not_cancelling, require_open, require_right, tasks, timed};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::order::{Order, OrderState, ScenarioReference, Task, TaskState};
use crate::party::Language;
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::scenario::{EntryAction, PointOfNoReturn, Scenario, Stage, TaskDefinition};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What is different for an order after it was moved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationLosses {
    /// Fields that were filled in and that the new scenario does not know; their values are kept.
    pub fields: Vec<String>,
    /// Tasks of the stage, not done yet, that nobody has to do any more.
    pub tasks: Vec<String>,
    /// Documents that the checklist no longer asks for.
    pub documents: Vec<String>,
    /// Tasks that are new.
    pub new_tasks: Vec<String>,
    /// Documents that the checklist asks for and the order does not have.
    pub missing_documents: Vec<String>,
}

/// Moves the order to a stage of another scenario. `stages` says for stages of the old scenario which of the new one they
/// are; a stage without an entry is the one with its code.
pub(super) fn migrate(
    change: &mut Change<'_>,
    to: &Scenario,
    stages: &BTreeMap<String, String>,
) -> Result<(), Rejection> {
    require_right(change, Right::ScenariosWrite)?;
    let from = change.order.scenario.clone();
    if (from.code.as_str(), from.version) == (to.code.as_str(), to.version) {
        return Ok(());
    }
    require_open(&change.order)?;
    require_not_cancelling(&change.order)?;
    require_fit(&change.order, to)?;
    let new = counterpart(to, stages, &change.order.stage.code).ok_or_else(|| {
        Rejection::StageUnknown {
            stage: stages.get(&change.order.stage.code).unwrap_or(&change.order.stage.code).clone(),
            scenario: to.code.clone(),
        }
    })?;
    let scenario = change.context.scenario;
    let old = scenario.stage(&change.order.stage.code);
    if let Some(old) = old {
        require_way_back(old, new)?;
        require_follower(scenario, old, new, to)?;
    }
    require_billing(change, new, to)?;
    let entered = entered(change, to, stages)?;
    let losses = losses(&change.order, old, to, new);

    let left = change.order.stage.clone();
    let summary = format!(
        "Moved from scenario {} version {} to {} version {}: from {} to {}.",
        from.code,
        from.version,
        to.code,
        to.version,
        left.name,
        new.name.get(Language::En)
    );
    let reference = ScenarioReference { code: to.code.clone(), version: to.version };
    let data = json!({
        "from": { "scenario": from, "stage": left.code },
        "to": { "scenario": reference, "stage": new.code },
        "losses": losses,
    });
    change.record(EventType::ScenarioMigrated, summary, None, data);
    change.order.scenario = reference;
    change.order.stages_entered = entered;
    for stage in change.order.billing_requests.values_mut() {
        if let Some(new) = counterpart(to, stages, stage) {
            stage.clone_from(&new.code);
        }
    }
    change.order.leaves_at = leaves_at(&change.order, scenario, to, new);
    change.order.stood_still_ms = None;
    change.order.stage.code.clone_from(&new.code);
    new.name.get(Language::En).clone_into(&mut change.order.stage.name);
    if change.order.state != OrderState::Held {
        change.order.state = new.state;
    }
    if old.is_none_or(|old| old.division_kind != new.division_kind) {
        change.route(new)?;
    }
    tasks::renew(change, &left.code, new, false)
}

/// What moving the order would change for the people who work on it.
fn losses(order: &Order, old: Option<&Stage>, to: &Scenario, new: &Stage) -> MigrationLosses {
    let known: BTreeSet<&str> = to
        .transitions
        .iter()
        .flat_map(|transition| &transition.fields)
        .map(|field| field.code.as_str())
        .collect();
    let own = |task: &&Task| task.stage == order.stage.code;
    let is_new = |task: &Task| {
        let is_its = |it: &&TaskDefinition| it.code == task.definition();
        let definition = new.tasks.iter().find(is_its);
        definition.is_some_and(|it| it.per_service || it.code == task.code)
    };
    let counts =
        |kind: &str| order.documents.iter().any(|it| it.kind == kind && it.superseded_at.is_none());
    let asked = old.map(|old| old.documents.as_slice()).unwrap_or_default();
    let fields = order.fields.keys().filter(|code| !known.contains(code.as_str()));
    let tasks = order.tasks.iter().filter(own);
    let dropped = tasks.clone().filter(|it| it.state != TaskState::Done && !is_new(it));
    let codes: BTreeSet<&str> = tasks.map(Task::definition).collect();
    MigrationLosses {
        fields: fields.cloned().collect(),
        tasks: dropped.map(|task| task.code.clone()).collect(),
        documents: asked.iter().filter(|kind| !new.documents.contains(kind)).cloned().collect(),
        new_tasks: new
            .tasks
            .iter()
            .filter(|task| !codes.contains(task.code.as_str()))
            .map(|task| task.code.clone())
            .collect(),
        missing_documents: new.documents.iter().filter(|kind| !counts(kind)).cloned().collect(),
    }
}

fn counterpart<'a>(
    to: &'a Scenario,
    stages: &BTreeMap<String, String>,
    code: &str,
) -> Option<&'a Stage> {
    to.stage(stages.get(code).map_or(code, String::as_str))
}

/// The scenario is for such orders, and does not close them by the way.
fn require_fit(order: &Order, to: &Scenario) -> Result<(), Rejection> {
    let party = order.party.as_ref().map(|party| party.party_type);
    let fits = to.order_kind == order.kind && to.party_type.is_none_or(|it| Some(it) == party);
    match fits {
        true => Ok(()),
        false => Err(Rejection::ScenarioForOthers { code: to.code.clone(), version: to.version }),
    }
}

/// An open order stays open, and what can't be cancelled any more does not become free to be cancelled.
fn require_way_back(old: &Stage, new: &Stage) -> Result<(), Rejection> {
    if new.state.is_closed() {
        return Err(Rejection::StageCloses { stage: new.code.clone() });
    }
    let is_hard = |stage: &Stage| stage.point_of_no_return == Some(PointOfNoReturn::Hard);
    match is_hard(old) && !is_hard(new) {
        true => {
            Err(Rejection::PointOfNoReturnMissing { from: old.code.clone(), to: new.code.clone() })
        }
        false => Ok(()),
    }
}

/// An order that waits in its stage for the system must be led on in the new one when that has worked.
fn require_follower(
    from: &Scenario,
    old: &Stage,
    new: &Stage,
    to: &Scenario,
) -> Result<(), Rejection> {
    let follows = |scenario: &Scenario, stage: &Stage, kind: EffectKind| {
        scenario.transitions_from(&stage.code).any(|way| way.automatic_after == Some(kind))
    };
    let awaited = old.on_entry.iter().filter_map(|action| match action {
        EntryAction::Provision => Some(EffectKind::Provision),
        EntryAction::Retire => Some(EffectKind::Retire),
        // Most orders wait for people while a document is drawn.
        EntryAction::Draw { .. } => Some(EffectKind::Draw).filter(|kind| follows(from, old, *kind)),
        EntryAction::Book { .. } => None,
    });
    for kind in awaited {
        if !follows(to, new, kind) {
            let (stage, effect) = (new.code.clone(), kind.code());
            return Err(Rejection::NothingFollowsEffect { stage, effect });
        }
    }
    Ok(())
}

/// What the new scenario has done in the billing system up to this stage was done for the order: by being moved it would skip
/// it, and end with nothing done. A scenario names its stages in the order in which they are passed.
fn require_billing(change: &Change<'_>, new: &Stage, to: &Scenario) -> Result<(), Rejection> {
    let does_in_billing =
        |action: &&EntryAction| matches!(action, EntryAction::Provision | EntryAction::Retire);
    let scenario = change.context.scenario;
    let entered = change.order.stages_entered.iter().filter_map(|code| scenario.stage(code));
    let done: Vec<&EntryAction> =
        entered.flat_map(|stage| &stage.on_entry).filter(does_in_billing).collect();
    let place = to.place(&new.code).unwrap_or(0);
    for stage in &to.stages[..=place] {
        if stage.on_entry.iter().filter(does_in_billing).any(|action| !done.contains(&action)) {
            let (skipped, stage) = (stage.code.clone(), new.code.clone());
            return Err(Rejection::BillingSkipped { skipped, stage });
        }
    }
    Ok(())
}

/// The stages that the order was in, in the words of the new scenario. Each that a cancellation takes back must have one
/// that takes back as much.
fn entered(
    change: &Change<'_>,
    to: &Scenario,
    stages: &BTreeMap<String, String>,
) -> Result<Vec<String>, Rejection> {
    let mut entered: Vec<String> = Vec::new();
    for code in &change.order.stages_entered {
        let old = change.context.scenario.stage(code);
        let owed = old.map(|stage| stage.compensation.as_slice()).unwrap_or_default();
        let new = counterpart(to, stages, code);
        let takes = new.map(|stage| stage.compensation.as_slice()).unwrap_or_default();
        if owed.iter().any(|compensation| !takes.contains(compensation)) {
            return Err(Rejection::CompensationMissing { stage: code.clone() });
        }
        if let Some(new) = new.filter(|new| !entered.contains(&new.code)) {
            entered.push(new.code.clone());
        }
    }
    Ok(entered)
}

/// When the product itself makes the order leave its stage by the new rules: counted from when it came in, and what it
/// has stood still so far is not counted.
fn leaves_at(
    order: &Order,
    scenario: &Scenario,
    to: &Scenario,
    new: &Stage,
) -> Option<crate::time::Instant> {
    let stood_still = timed::stood_still_ms(order, scenario);
    let minutes = timed::first_minutes(to, &new.code);
    minutes.map(|it| order.stage.entered_at.plus_minutes(it).plus_ms(stood_still))
}
