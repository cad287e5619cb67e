//! What the executors of effects report back, and what people do with fallout.

use super::change::Change;
use super::{amendment, cancellation, notes, require_right, timed, transition};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::order::Document;
use crate::provisioning::{self, BillingObject, BillingStatus};
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::scenario::EntryAction;
use serde_json::{Value, json};

/// Takes the place of what was drawn of this kind before. One that was asked for by a stage which has been taken back
/// meanwhile is kept, and does not count.
pub(super) fn document_drawn(
    change: &mut Change<'_>,
    mut document: Document,
) -> Result<(), Rejection> {
    if notes::holds(change, &document) {
        return transition::follow_drawn(change);
    }
    let is_earlier = |other: &&Document| {
        other.created_by == document.created_by && other.superseded_at.is_none()
    };
    let earlier: Vec<String> = change
        .order
        .documents
        .iter()
        .filter(|other| other.kind == document.kind)
        .filter(is_earlier)
        .map(|other| other.id.clone())
        .collect();
    let is_taken_back = is_taken_back(change, &document.kind);
    match is_taken_back {
        true => document.superseded_at = Some(change.context.now),
        false => cancellation::supersede(change, |other| earlier.contains(&other.id)),
    }
    let summary = format!("Document {} was drawn.", document.name);
    notes::record(change, EventType::DocumentDrawn, summary, document);
    if is_taken_back {
        return Ok(());
    }
    timed::reconsider_time(change);
    transition::follow_drawn(change)
}

/// Nothing comes of the order, or it was sent back before every stage that draws this kind.
fn is_taken_back(change: &Change<'_>, kind: &str) -> bool {
    provisioning::is_taken_back(&change.order) || change.is_before_drawing(kind)
}

pub(super) fn provisioned(
    change: &mut Change<'_>,
    objects: Vec<BillingObject>,
) -> Result<(), Rejection> {
    let is_there = |object: &&BillingObject| object.status != BillingStatus::Retired;
    let made = objects.iter().filter(is_there).count();
    let ended = objects.len() - made;
    note_objects(change, objects);
    // An order that was or is being cancelled, or has failed, makes nothing for the subscriber.
    let is_taken_back = provisioning::is_taken_back(&change.order);
    change.order.services = match is_taken_back {
        true => Vec::new(),
        false => provisioning::services(&change.order),
    };
    let ids: Vec<&str> =
        change.order.billing_objects.iter().map(|object| object.id.as_str()).collect();
    let data = json!({ "objects": ids });
    let mut summary = format!("{made} objects are in the billing system.");
    if ended > 0 {
        summary.push_str(&format!(" {ended} are retired there."));
    }
    change.record(EventType::Provisioned, summary, None, data);
    if is_taken_back {
        change.request_retirement();
        return Ok(());
    }
    // The order was amended while its objects were made: what is too many is retired, what is missing is asked for again.
    amendment::request_obsolete(change, &[]);
    if provisioning::lacks_services(&change.order) && is_asked_here(change, &EntryAction::Provision)
    {
        let summary = "The order has changed meanwhile: its objects are asked for again.";
        let event_type = EventType::ProvisioningRequested;
        change.request_of_stage(EffectKind::Provision, event_type, summary);
        return Ok(());
    }
    transition::follow(change, EffectKind::Provision)
}

/// The stage in which the order stands does this when it is entered.
fn is_asked_here(change: &Change<'_>, action: &EntryAction) -> bool {
    let stage = change.context.scenario.stage(&change.order.stage.code);
    stage.is_some_and(|stage| stage.on_entry.contains(action))
}

/// The order was sent back before the effect was executed that a stage had asked for.
pub(super) fn outdated(change: &mut Change<'_>, effect: &str) {
    let summary = "Not done: the order was sent back meanwhile.".to_owned();
    change.record(EventType::EffectGivenUp, summary, None, json!({ "effect": effect }));
}

/// What the billing system has now takes the place of what the order knew.
fn note_objects(change: &mut Change<'_>, objects: Vec<BillingObject>) {
    for object in objects {
        let same =
            |known: &&mut BillingObject| known.kind == object.kind && known.key == object.key;
        match change.order.billing_objects.iter_mut().find(same) {
            Some(known) => *known = object,
            None => change.order.billing_objects.push(object),
        }
    }
}

pub(super) fn retired(
    change: &mut Change<'_>,
    objects: Vec<BillingObject>,
    is_partial: bool,
) -> Result<(), Rejection> {
    let keys: Vec<String> = objects.iter().map(|object| object.key.clone()).collect();
    let retired = |object| BillingObject { status: BillingStatus::Retired, ..object };
    note_objects(change, objects.into_iter().map(retired).collect());
    let summary = format!("{} objects are retired in the billing system.", keys.len());
    change.record(EventType::Retired, summary, None, json!({ "keys": keys }));
    // The rest is retired by another effect, also for a cancellation that was decided meanwhile.
    if is_partial {
        return Ok(());
    }
    if change.order.cancellation.is_some() {
        return cancellation::compensated(change);
    }
    if change.order.is_closed() {
        return Ok(());
    }
    // Something was made while the rest was retired, or the order names another service meanwhile.
    let is_over = provisioning::own(&change.order).is_empty()
        && !provisioning::leaves_services(&change.order);
    if !is_over {
        if is_asked_here(change, &EntryAction::Retire) {
            let summary = "Something is left, and asked for again.";
            let event_type = EventType::RetirementRequested;
            change.request_of_stage(EffectKind::Retire, event_type, summary);
        }
        return Ok(());
    }
    transition::follow(change, EffectKind::Retire)
}

pub(super) fn failed(change: &mut Change<'_>, effect: &str, kind: &str, error: &str) {
    change.order.has_fallout = true;
    change.order.fallout.insert(effect.to_owned());
    let summary = format!("Failed for good: {kind}. A person must look at it.");
    change.record(
        EventType::EffectFailed,
        summary,
        None,
        json!({ "effect": effect, "error": error }),
    );
}

pub(super) fn retry(
    change: &mut Change<'_>,
    effect: &str,
    reason: String,
) -> Result<(), Rejection> {
    by_hand(change, EventType::EffectRetried, "To be attempted again.", effect, reason)
}

pub(super) fn complete(
    change: &mut Change<'_>,
    (effect, kind, payload): (&str, EffectKind, &Value),
    reason: String,
) -> Result<(), Rejection> {
    by_hand(change, EventType::EffectCompletedByHand, "Declared done by hand.", effect, reason)?;
    if !is_awaited(change, effect, kind, payload) {
        return Ok(());
    }
    if kind == EffectKind::Retire && change.order.cancellation.is_some() {
        return cancellation::compensated_by_hand(change);
    }
    transition::follow(change, kind)
}

/// Whether the order waits for this effect where it is. What a stage has asked for that the order was sent back from is asked
/// for anew when the order comes there again; and what an amendment has made obsolete is never all that is to be retired.
fn is_awaited(change: &Change<'_>, effect: &str, kind: EffectKind, payload: &Value) -> bool {
    let order = &change.order;
    let is_of_stage = || provisioning::is_of_present_stage(order, effect, payload);
    match kind {
        EffectKind::Draw => {
            payload["template"].as_str().is_some_and(|template| transition::draws(change, template))
        }
        EffectKind::Provision => is_of_stage(),
        EffectKind::Retire if provisioning::is_partial(payload) => false,
        // For a cancellation it does not matter who asked for all that was made to be retired.
        EffectKind::Retire => order.cancellation.is_some() || is_of_stage(),
        EffectKind::Escalate => false,
    }
}

pub(super) fn give_up(
    change: &mut Change<'_>,
    effect: &str,
    reason: String,
) -> Result<(), Rejection> {
    by_hand(change, EventType::EffectGivenUp, "Given up.", effect, reason)
}

fn by_hand(
    change: &mut Change<'_>,
    event_type: EventType,
    summary: &str,
    effect: &str,
    reason: String,
) -> Result<(), Rejection> {
    require_right(change, Right::EffectsManage)?;
    change.order.fallout.remove(effect);
    change.order.has_fallout = !change.order.fallout.is_empty();
    let data: Value = json!({ "effect": effect });
    change.record(event_type, summary.to_owned(), Some(reason), data);
    Ok(())
}
