//! Moving an order from stage to stage.

use super::change::Change;
pub(super) use super::timed::reconsider_time;
use super::{
    Context, cancellation, require_not_cancelling, require_not_held, require_open, require_right,
    tasks, visits,
};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::limits::AUTOMATIC_TRANSITIONS_MAX;
use crate::order::{Channel, Document, Order};
use crate::party::Language;
use crate::projection::working_ms_in_stage;
use crate::rejection::Rejection;
use crate::scenario::{
    EntryAction, FieldDefinition, FieldType, Guard, LocalText, Scenario, Stage, Transition,
};
use crate::workforce::Slot;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A transition out of the current stage as it looks to one caller.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AvailableTransition {
    pub transition: String,
    pub name: String,
    pub to: String,
    pub fields: Vec<FieldDefinition>,
    pub comment_required: bool,
    pub allowed: bool,
    /// Why not: a stable word and a sentence. Empty when allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
    /// The next free slots, when a visit is booked with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<Slot>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    pub code: String,
    pub message: String,
    /// The sentence in every language.
    pub messages: LocalText,
}

/// What can be done with the order now, and for what cannot: why not.
pub fn available(order: &Order, context: Context<'_>) -> Vec<AvailableTransition> {
    let leaving = context.scenario.transitions_from(&order.stage.code).map(|transition| {
        let change = Change::of(order, context);
        let (slots, visit) = match visits::outlook(&change, transition) {
            Ok(slots) => (slots, Ok(())),
            Err(rejection) => (Vec::new(), Err(rejection)),
        };
        let checks = [check_state(&change, transition), check_right(&change, transition)];
        let no_fields = Map::new();
        let obstacles: Vec<Obstacle> = checks
            .into_iter()
            .filter_map(Result::err)
            .chain(guard_faults(&change, transition, &no_fields))
            .chain(visit.err())
            .map(|rejection| Obstacle {
                code: rejection.code().to_owned(),
                message: rejection.to_string(),
                messages: rejection.sentences(),
            })
            .collect();
        AvailableTransition {
            transition: transition.code.clone(),
            name: transition.name.get(Language::En).to_owned(),
            to: transition.to.clone(),
            fields: transition.fields.clone(),
            comment_required: transition.comment_required,
            allowed: obstacles.is_empty(),
            obstacles,
            slots,
        }
    });
    leaving.collect()
}

pub(super) fn make(
    change: &mut Change<'_>,
    code: &str,
    fields: Map<String, Value>,
    comment: Option<String>,
) -> Result<(), Rejection> {
    let scenario = change.context.scenario;
    let Some(transition) = scenario.transition(code) else {
        require_open(&change.order)?;
        return Err(Rejection::TransitionUnknown { transition: code.to_owned() });
    };
    // Whoever may not make it learns nothing of the order's state.
    if let Some(right) = transition.right {
        require_right(change, right)?;
    }
    check_state(change, transition)?;
    check_right(change, transition)?;
    let mut faults: Vec<Rejection> = guard_faults(change, transition, &fields).collect();
    faults.extend(field_faults(transition, &fields));
    if transition.comment_required && comment.is_none() {
        faults.push(Rejection::CommentRequired { transition: code.to_owned() });
    }
    match faults.len() {
        0 => apply(change, transition, fields, comment),
        1 => Err(faults.remove(0)),
        _ => Err(Rejection::SeveralFaults { faults }),
    }
}

/// Takes the transition that follows the success of an effect, if the order's stage has one. An order that stands still does
/// so when it goes on.
pub(super) fn follow(change: &mut Change<'_>, kind: EffectKind) -> Result<(), Rejection> {
    for _ in 0..AUTOMATIC_TRANSITIONS_MAX {
        let order = &mut change.order;
        if order.is_closed() || order.cancellation.is_some() {
            return Ok(());
        }
        if !order.is_moving() {
            if !order.done_meanwhile.contains(&kind) {
                order.done_meanwhile.push(kind);
            }
            return Ok(());
        }
        let stage = change.order.stage.code.clone();
        let next = change.context.scenario.transitions_from(&stage).find(|transition| {
            transition.automatic_after == Some(kind) && passes_guards(change, transition)
        });
        let Some(transition) = next else { return Ok(()) };
        apply(change, transition, Map::new(), None)?;
        if change.order.stage.code == stage {
            return Ok(());
        }
    }
    Ok(())
}

/// The order goes on: what follows the work that has succeeded meanwhile is made now.
pub(super) fn follow_meanwhile(change: &mut Change<'_>) -> Result<(), Rejection> {
    let done = std::mem::take(&mut change.order.done_meanwhile);
    done.into_iter().try_for_each(|kind| follow(change, kind))
}

/// A document came. What waits for those that the stage draws goes on as soon as one of them is there and its guards let it.
pub(super) fn follow_drawn(change: &mut Change<'_>) -> Result<(), Rejection> {
    let order = &change.order;
    let waits = change
        .context
        .scenario
        .transitions_from(&order.stage.code)
        .any(|transition| transition.automatic_after == Some(EffectKind::Draw));
    let is_there = |document: &Document| {
        document.is_drawn() && document.superseded_at.is_none() && draws(change, &document.kind)
    };
    match waits && order.documents.iter().any(is_there) {
        true => follow(change, EffectKind::Draw),
        false => Ok(()),
    }
}

/// The stage in which the order is draws documents of this template.
pub(super) fn draws(change: &Change<'_>, template: &str) -> bool {
    let stage = change.context.scenario.stage(&change.order.stage.code);
    let actions = stage.map(|stage| stage.on_entry.as_slice()).unwrap_or_default();
    actions
        .iter()
        .any(|action| matches!(action, EntryAction::Draw { template: drawn } if drawn == template))
}

pub(super) fn apply(
    change: &mut Change<'_>,
    transition: &Transition,
    fields: Map<String, Value>,
    comment: Option<String>,
) -> Result<(), Rejection> {
    let scenario = change.context.scenario;
    let stage: &Stage = scenario.stage(&transition.to).ok_or_else(|| Rejection::StageUnknown {
        stage: transition.to.clone(),
        scenario: scenario.code.clone(),
    })?;
    let from = change.order.stage.clone();
    let summary = format!(
        "{}: from {} to {}.",
        transition.name.get(Language::En),
        from.name,
        stage.name.get(Language::En)
    );
    let mut data = json!({ "transition": transition.code, "from": from.code, "to": stage.code, "fields": fields });
    if let Some(minutes) = working_minutes(change, stage) {
        data["scenario"] = json!(scenario.code);
        data["workingMinutes"] = json!(minutes);
    }
    change.record(EventType::Transitioned, summary, comment, data);
    change.order.fields.extend(fields);
    change.enter_stage(stage)?;
    if stage.state.is_refusal() {
        cancellation::supersede_since(change, "");
        cancellation::retire_made(change);
    }
    Ok(())
}

/// For how long the order was worked on in the stage that it leaves for another, in minutes of working time: by this later
/// orders are projected. None: it leaves an end, or it was brought over in the middle of the stage.
fn working_minutes(change: &Change<'_>, next: &Stage) -> Option<i64> {
    let order = &change.order;
    let stage = change.context.scenario.stage(&order.stage.code)?;
    let brought_over = order.channel == Channel::Import && order.stages_entered.len() == 1;
    if order.is_closed() || brought_over || stage.code == next.code {
        return None;
    }
    let now = change.context.now;
    Some(working_ms_in_stage(order, stage, change.calendar(), now) / 60_000)
}

fn check_state(change: &Change<'_>, transition: &Transition) -> Result<(), Rejection> {
    let order = &change.order;
    require_not_cancelling(order)?;
    require_not_held(order)?;
    // Out of an end lead only the transitions that the scenario names for it.
    let reopens = transition.from.contains(&order.stage.code);
    if order.is_closed() && !reopens {
        require_open(order)?;
    }
    if !transition.from.contains(&order.stage.code) {
        return Err(Rejection::TransitionNotFromHere {
            transition: transition.code.clone(),
            from: names(change.context.scenario, &transition.from),
            stage: change.stage_name(),
        });
    }
    Ok(())
}

fn names(scenario: &Scenario, stages: &[String]) -> LocalText {
    let names = |language| {
        let name = |code: &String| scenario.stage(code).map(|stage| stage.name.get(language));
        stages.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    };
    LocalText { en: names(Language::En), ru: names(Language::Ru) }
}

fn check_right(change: &Change<'_>, transition: &Transition) -> Result<(), Rejection> {
    match (transition.right, transition.automatic_after) {
        (Some(right), _) => require_right(change, right),
        (None, after) => Err(Rejection::TransitionIsAutomatic {
            transition: transition.code.clone(),
            after: after.map_or("a time in the stage", EffectKind::code),
        }),
    }
}

pub(super) fn passes_guards(change: &Change<'_>, transition: &Transition) -> bool {
    guard_faults(change, transition, &Map::new()).next().is_none()
}

/// What the guards of a transition, made with these fields, ask for in vain.
fn guard_faults<'a>(
    change: &'a Change<'_>,
    transition: &'a Transition,
    fields: &'a Map<String, Value>,
) -> impl Iterator<Item = Rejection> + 'a {
    transition.guards.iter().flat_map(move |guard| unmet(change, guard, fields))
}

/// Empty: the guard lets the order pass.
fn unmet(change: &Change<'_>, guard: &Guard, fields: &Map<String, Value>) -> Vec<Rejection> {
    let order = &change.order;
    let counts = |kind: &str| {
        let counts =
            |document: &Document| document.kind == kind && document.superseded_at.is_none();
        order.documents.iter().any(counts)
    };
    let fault = match guard {
        Guard::Document { kind } if !counts(kind) => {
            Some(Rejection::DocumentRequired { kind: kind.clone() })
        }
        Guard::Party if order.party.is_none() => Some(Rejection::PartyRequired),
        Guard::Checklist => {
            let stage = change.context.scenario.stage(&order.stage.code);
            let kinds = stage.map(|stage| stage.documents.as_slice()).unwrap_or_default();
            let missing = kinds.iter().filter(|kind| !counts(kind));
            return missing
                .map(|kind| Rejection::DocumentRequired { kind: kind.clone() })
                .collect();
        }
        Guard::Tasks => match tasks::missing(order).as_slice() {
            [] => None,
            missing => Some(Rejection::TasksMissing { tasks: missing.join(", ") }),
        },
        Guard::Field { field, equals } => {
            let given = fields.get(field).or_else(|| order.fields.get(field));
            let given = given.filter(|value| !value.is_null());
            let holds = match equals {
                None => given.is_some(),
                Some(value) => given == Some(value),
            };
            (!holds).then(|| Rejection::FieldValueRequired {
                field: field.clone(),
                value: equals.as_ref().map(Value::to_string),
            })
        }
        Guard::ClosedWithin { days } => {
            let end = order.closed_at.map(|closed| closed.plus_minutes(days * 24 * 60));
            let is_in_time = end.is_some_and(|end| change.context.now <= end);
            (!is_in_time).then(|| Rejection::TooLateToReopen { days: *days })
        }
        Guard::NoFallout if order.has_fallout => Some(Rejection::FalloutWaits),
        Guard::Document { .. } | Guard::Party | Guard::NoFallout => None,
    };
    fault.into_iter().collect()
}

/// All that is wrong with the fields that a transition is made with.
fn field_faults(transition: &Transition, fields: &Map<String, Value>) -> Vec<Rejection> {
    let of = |name: &String, value: &Value| match transition
        .fields
        .iter()
        .find(|definition| definition.code == *name)
    {
        Some(definition) => check_field(definition, name, value).err(),
        None => Some(Rejection::FieldUnknown {
            transition: transition.code.clone(),
            field: name.clone(),
        }),
    };
    let mut faults: Vec<Rejection> =
        fields.iter().filter_map(|(name, value)| of(name, value)).collect();
    let given = |code: &str| fields.get(code).filter(|value| !value.is_null());
    let missing: Vec<&str> = transition
        .fields
        .iter()
        .filter(|definition| {
            let condition = definition.required_when.as_ref();
            let required = definition.required
                || condition.is_some_and(|when| given(&when.field) == Some(&when.equals));
            required && given(&definition.code).is_none()
        })
        .map(|definition| definition.code.as_str())
        .collect();
    if !missing.is_empty() {
        let (transition, missing) = (transition.code.clone(), missing.join(", "));
        faults.push(Rejection::FieldsRequired { transition, missing });
    }
    faults
}

fn check_field(definition: &FieldDefinition, name: &str, value: &Value) -> Result<(), Rejection> {
    use crate::limits::COMMENT_CHARACTERS_MAX;
    let (valid, expected) = match definition.field_type {
        FieldType::Text => {
            let text = value.as_str();
            let sound = |text| crate::input::check_text(text, COMMENT_CHARACTERS_MAX, true).is_ok();
            (text.is_some_and(sound), "a text that is not empty")
        }
        FieldType::Date => {
            let date = |text: &str| {
                text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
            };
            (value.as_str().is_some_and(date), "a date as YYYY-MM-DD")
        }
        FieldType::Boolean => (value.is_boolean(), "true or false"),
        FieldType::Number => (value.is_number(), "a number"),
        FieldType::Choice => {
            let chosen = |code: &str| definition.choices.iter().any(|choice| choice.code == code);
            (value.as_str().is_some_and(chosen), "one of its choices")
        }
    };
    match valid || value.is_null() {
        true => Ok(()),
        false => Err(Rejection::FieldInvalid { field: name.to_owned(), expected }),
    }
}
