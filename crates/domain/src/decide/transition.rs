//! Moving an order from stage to stage.

use super::change::Change;
use super::{Context, require_not_held, require_open, require_right};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::limits::AUTOMATIC_TRANSITIONS_MAX;
use crate::order::Order;
use crate::party::Language;
use crate::rejection::Rejection;
use crate::scenario::{FieldType, Guard, Stage, Transition};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A transition out of the current stage as it looks to one caller.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AvailableTransition {
    pub transition: String,
    pub name: String,
    pub to: String,
    pub fields: Vec<crate::scenario::FieldDefinition>,
    pub comment_required: bool,
    pub allowed: bool,
    /// Why not: a stable word and a sentence. Empty when allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    pub code: String,
    pub message: String,
}

/// What can be done with the order now, and for what cannot: why not.
pub fn available(order: &Order, context: Context<'_>) -> Vec<AvailableTransition> {
    let leaving = context.scenario.transitions_from(&order.stage.code).map(|transition| {
        let change = Change::new(order.clone(), context);
        let checks = [
            check_state(&change, transition),
            check_right(&change, transition),
            check_guards(order, transition),
        ];
        let obstacles: Vec<Obstacle> = checks
            .into_iter()
            .filter_map(Result::err)
            .map(|rejection| Obstacle {
                code: rejection.code().to_owned(),
                message: rejection.to_string(),
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
    require_open(&change.order)?;
    let unknown = || Rejection::TransitionUnknown { transition: code.to_owned() };
    let transition = scenario.transition(code).ok_or_else(unknown)?;
    check_state(change, transition)?;
    check_right(change, transition)?;
    check_guards(&change.order, transition)?;
    check_fields(transition, &fields)?;
    if transition.comment_required && comment.is_none() {
        return Err(Rejection::CommentRequired { transition: code.to_owned() });
    }
    apply(change, transition, fields, comment)
}

/// Takes the transition that follows the success of an effect, if the order's stage has one.
pub(super) fn follow(change: &mut Change<'_>, kind: EffectKind) -> Result<(), Rejection> {
    for _ in 0..AUTOMATIC_TRANSITIONS_MAX {
        if change.order.is_closed() || change.order.hold.is_some() {
            return Ok(());
        }
        let stage = change.order.stage.code.clone();
        let next = change.context.scenario.transitions_from(&stage).find(|transition| {
            transition.automatic_after == Some(kind)
                && check_guards(&change.order, transition).is_ok()
        });
        let Some(transition) = next else { return Ok(()) };
        apply(change, transition, Map::new(), None)?;
        if change.order.stage.code == stage {
            return Ok(());
        }
    }
    Ok(())
}

fn apply(
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
    let data = json!({ "transition": transition.code, "from": from.code, "to": stage.code, "fields": fields });
    change.record(EventType::Transitioned, summary, comment, data);
    change.order.fields.extend(fields);
    change.enter_stage(stage)
}

fn check_state(change: &Change<'_>, transition: &Transition) -> Result<(), Rejection> {
    let order = &change.order;
    require_not_held(order)?;
    if !transition.from.contains(&order.stage.code) {
        return Err(Rejection::TransitionNotFromHere {
            transition: transition.code.clone(),
            from: transition.from.join(", "),
            stage: order.stage.code.clone(),
        });
    }
    Ok(())
}

fn check_right(change: &Change<'_>, transition: &Transition) -> Result<(), Rejection> {
    match (transition.right, transition.automatic_after) {
        (Some(right), _) => require_right(change, right),
        (None, after) => Err(Rejection::TransitionIsAutomatic {
            transition: transition.code.clone(),
            after: after.map_or("nothing", EffectKind::code),
        }),
    }
}

fn check_guards(order: &Order, transition: &Transition) -> Result<(), Rejection> {
    for guard in &transition.guards {
        match guard {
            Guard::Document { kind }
                if !order.documents.iter().any(|document| document.kind == *kind) =>
            {
                return Err(Rejection::DocumentRequired { kind: kind.clone() });
            }
            Guard::Party if order.party.is_none() => return Err(Rejection::PartyRequired),
            Guard::Document { .. } | Guard::Party => {}
        }
    }
    Ok(())
}

fn check_fields(transition: &Transition, fields: &Map<String, Value>) -> Result<(), Rejection> {
    for (name, value) in fields {
        let Some(definition) = transition.fields.iter().find(|definition| definition.code == *name)
        else {
            return Err(Rejection::FieldUnknown {
                transition: transition.code.clone(),
                field: name.clone(),
            });
        };
        check_field(definition.field_type, name, value)?;
    }
    let missing: Vec<&str> = transition
        .fields
        .iter()
        .filter(|definition| {
            definition.required && fields.get(&definition.code).is_none_or(Value::is_null)
        })
        .map(|definition| definition.code.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Rejection::FieldsRequired {
        transition: transition.code.clone(),
        missing: missing.join(", "),
    })
}

fn check_field(field_type: FieldType, name: &str, value: &Value) -> Result<(), Rejection> {
    use crate::limits::COMMENT_CHARACTERS_MAX;
    let (valid, expected) = match field_type {
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
    };
    match valid || value.is_null() {
        true => Ok(()),
        false => Err(Rejection::FieldInvalid { field: name.to_owned(), expected }),
    }
}
