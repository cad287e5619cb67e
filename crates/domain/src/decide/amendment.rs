//! Amending an order under way: only the steps that the change touches are done again or taken back.
//!
//! A stage says by `redoWhen` what it depends on. When that changes after the order was there, the order goes back to the
//! earliest such stage, and the stages since are taken back in reverse. Else what was made of the old content is made
//! anew where the order stands: documents first, then the objects in the billing system.

use super::change::Change;
use super::{
    cancellation, hold, require_not_cancelling, require_not_held, require_open, require_right,
    tasks,
};
use crate::amendment::{Amendment, FieldChange};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::order::{Document, Order};
use crate::provisioning;
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::routing::Coverage;
use crate::scenario::{EntryAction, LocalText, PointOfNoReturn, Scenario, Stage};
use serde_json::json;

pub(super) fn amend(
    change: &mut Change<'_>,
    amendment: &Amendment,
    coverage: Option<&Coverage>,
) -> Result<(), Rejection> {
    require_right(change, Right::OrdersAmend)?;
    require_open(&change.order)?;
    require_not_cancelling(&change.order)?;
    if amendment.changes.is_empty() {
        return Ok(());
    }
    if amendment.changes_identity_document(&change.order) {
        require_right(change, Right::IdentityDocuments)?;
    }
    let penalty = check_point_of_no_return(change, amendment)?;
    let target = stage_to_redo(&change.order, change.context.scenario, amendment);
    if target.is_some() {
        require_not_held(&change.order)?;
    }
    let planned_before = provisioning::plan(&change.order);
    amendment.apply(&mut change.order);
    change.order.revision += 1;
    let fields: Vec<&str> = amendment.changes.iter().map(|change| change.field).collect();
    let back = target.map(|stage| format!(" Back to {}.", stage.name.en)).unwrap_or_default();
    let summary =
        format!("Amended ({}), now revision {}.{back}", fields.join(", "), change.order.revision);
    let data = json!({
        "changes": amendment.changes.iter().map(FieldChange::to_history).collect::<Vec<_>>(),
        "revision": change.order.revision,
        "from": change.order.stage.code,
        "to": target.map_or(change.order.stage.code.as_str(), |stage| stage.code.as_str()),
        "penalty": penalty,
    });
    change.record(EventType::Amended, summary, amendment.reason.clone(), data);
    if let Some(coverage) = coverage {
        change.order.routing.rule.clone_from(&coverage.rule);
        change.order.routing.beaten.clone_from(&coverage.beaten);
        change.order.routing.by_service.clone_from(&coverage.by_service);
    }
    match target {
        Some(stage) => {
            cancellation::supersede_since(change, &stage.code);
            change.is_redo = stage.code == change.order.stage.code;
            change.enter_stage(stage)?;
            change.is_redo = false;
        }
        None => {
            let stage = change.context.scenario.stage(&change.order.stage.code);
            if let (Some(stage), true) = (stage, coverage.is_some()) {
                change.route(stage)?;
                // Each division that operates one of the services has its task, also of one that is ordered now.
                if stage.tasks.iter().any(|task| task.per_service) {
                    tasks::renew(change, &stage.code, stage, true)?;
                }
            }
            // What was made in a stage that the order comes to again is made there anew.
            let ahead = dependent(&change.order, change.context.scenario, amendment).next();
            if let Some(ahead) = ahead {
                cancellation::supersede_since(change, &ahead.code);
            }
            draw_again(change, amendment);
        }
    }
    bring_objects_in_line(change, &planned_before, target);
    let is_start = |change: &FieldChange| change.field == "requestedStartDate";
    hold::move_start(change, amendment.changes.iter().any(is_start))
}

/// What it costs. Past a hard point of no return the agreement stays as it is; how the party is reached may change.
fn check_point_of_no_return(
    change: &Change<'_>,
    amendment: &Amendment,
) -> Result<Option<LocalText>, Rejection> {
    if !amendment.aspects.iter().any(|aspect| aspect.is_substance()) {
        return Ok(None);
    }
    match cancellation::point_of_no_return(&change.order, change.context.scenario) {
        Some(PointOfNoReturn::Hard) => {
            Err(Rejection::AmendmentPastPointOfNoReturn { stage: change.stage_name() })
        }
        Some(PointOfNoReturn::Soft { penalty }) if !amendment.penalty_confirmed => {
            Err(Rejection::PenaltyUnconfirmed { penalty: penalty.clone() })
        }
        Some(PointOfNoReturn::Soft { penalty }) => Ok(Some(penalty.clone())),
        None => Ok(None),
    }
}

/// The earliest stage that the order was in and that depends on what changes. Stages behind the present one don't count: the
/// order was sent back, and comes to them again anyhow.
pub(super) fn stage_to_redo<'a>(
    order: &Order,
    scenario: &'a Scenario,
    amendment: &Amendment,
) -> Option<&'a Stage> {
    let here = scenario.place(&order.stage.code);
    dependent(order, scenario, amendment).find(|stage| scenario.place(&stage.code) <= here)
}

/// The stages that the order was in and that depend on what changes, in the order in which it came to them first. One that
/// is redone only while the order is in it is none of them later.
fn dependent<'a>(
    order: &Order,
    scenario: &'a Scenario,
    amendment: &Amendment,
) -> impl Iterator<Item = &'a Stage> {
    let entered = order.stages_entered.iter().filter_map(|code| scenario.stage(code));
    entered
        .filter(|stage| !is_over(order, stage))
        .filter(|stage| amendment.aspects.iter().any(|aspect| stage.is_redone_when(*aspect)))
}

/// What was done in the stage stays as it is, whatever is amended now.
fn is_over(order: &Order, stage: &Stage) -> bool {
    stage.redo_only_here && stage.code != order.stage.code
}

/// Documents that show what was amended are drawn again, in the order in which they were drawn first. What people have
/// uploaded, such as what was signed, goes on counting unless the agreement itself changes: then it is signed again.
fn draw_again(change: &mut Change<'_>, amendment: &Amendment) {
    let scenario = change.context.scenario;
    let entered = change.order.stages_entered.clone();
    let stages = entered.iter().filter_map(|code| scenario.stage(code));
    let drawn =
        stages.filter(|stage| !is_over(&change.order, stage)).flat_map(|stage| &stage.on_entry);
    let shows = |template: &str| amendment.aspects.iter().any(|it| it.is_shown_in(template));
    let is_substance = amendment.aspects.iter().any(|aspect| aspect.is_substance());
    let shows_it = |document: &Document| is_substance || document.is_drawn();
    let counts = |kind: &str| {
        let mut documents = change.order.documents.iter().filter(|document| shows_it(document));
        documents.any(|document| document.kind == kind && document.superseded_at.is_none())
    };
    // One that is still to be drawn shows the new content anyhow.
    let templates: Vec<String> = drawn
        .filter_map(|action| match action {
            EntryAction::Draw { template } if shows(template) && counts(template) => {
                Some(template.clone())
            }
            EntryAction::Draw { .. }
            | EntryAction::Provision
            | EntryAction::Retire
            | EntryAction::Book { .. } => None,
        })
        .collect();
    for template in templates {
        cancellation::supersede(change, |document| document.kind == template && shows_it(document));
        // What the order comes to again is drawn there.
        if change.is_before_drawing(&template) {
            continue;
        }
        let summary = format!("Document {template} is asked for again.");
        let payload = json!({ "template": template });
        change.request(EffectKind::Draw, EventType::DocumentRequested, summary, payload);
    }
}

/// Objects that are no longer needed are retired; the others are made sure of again where the plan has changed, unless the
/// order will come past that stage once more.
fn bring_objects_in_line(
    change: &mut Change<'_>,
    planned_before: &[provisioning::PlannedObject],
    target: Option<&Stage>,
) {
    if !provisioning::is_asked_for(&change.order, change.context.scenario) {
        return;
    }
    request_obsolete(change, planned_before);
    if change.order.billing_objects.is_empty() {
        return;
    }
    let planned = provisioning::plan(&change.order);
    if target.is_none() && planned != planned_before {
        let summary = "The objects in the billing system are brought in line.".to_owned();
        change.request(
            EffectKind::Provision,
            EventType::ProvisioningRequested,
            summary,
            serde_json::Value::Null,
        );
    }
}

/// What was planned or made and is no longer needed is retired.
pub(super) fn request_obsolete(
    change: &mut Change<'_>,
    planned_before: &[provisioning::PlannedObject],
) {
    let obsolete = provisioning::obsolete(&change.order, planned_before);
    if obsolete.is_empty() {
        return;
    }
    let summary = format!("{} objects in the billing system are no longer needed.", obsolete.len());
    let payload = json!({ "objects": obsolete });
    change.request(EffectKind::Retire, EventType::RetirementRequested, summary, payload);
}
