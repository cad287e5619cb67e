//! What the executors of effects report back, and what people do with fallout.

use super::change::Change;
use super::{cancellation, notes, require_right, transition};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::order::{Document, OrderState};
use crate::provisioning::{self, BillingObject, BillingStatus};
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::scenario::{EntryAction, Stage};
use serde_json::{Value, json};

/// Takes the place of what was drawn of this kind before. One that was asked for by a stage which has been taken back
/// meanwhile is kept, and does not count.
pub(super) fn document_drawn(change: &mut Change<'_>, mut document: Document) {
    if notes::holds(change, &document) {
        return;
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
    match is_taken_back(change, &document.kind) {
        true => document.superseded_at = Some(change.context.now),
        false => cancellation::supersede(change, |other| earlier.contains(&other.id)),
    }
    let summary = format!("Document {} was drawn.", document.name);
    notes::record(change, EventType::DocumentDrawn, summary, document);
}

/// The order is cancelled or refused, or before every stage that draws this kind. A scenario names its stages in the order
/// in which they are passed.
fn is_taken_back(change: &Change<'_>, kind: &str) -> bool {
    let order = &change.order;
    let is_ended = order.state == OrderState::Cancelled || order.state.is_refusal();
    if order.cancellation.is_some() || is_ended {
        return true;
    }
    let stages = &change.context.scenario.stages;
    let draws = |stage: &Stage| {
        let is_kind = |action: &EntryAction| matches!(action, EntryAction::Draw { template } if template == kind);
        stage.on_entry.iter().any(is_kind)
    };
    let here = stages.iter().position(|stage| stage.code == order.stage.code);
    stages.iter().position(draws).is_some_and(|first| here < Some(first))
}

pub(super) fn provisioned(
    change: &mut Change<'_>,
    objects: Vec<BillingObject>,
) -> Result<(), Rejection> {
    let is_there = |object: &&BillingObject| object.status != BillingStatus::Retired;
    let made = objects.iter().filter(is_there).count();
    let ended = objects.len() - made;
    note_objects(change, objects);
    change.order.services = provisioning::services(&change.order);
    let ids: Vec<&str> =
        change.order.billing_objects.iter().map(|object| object.id.as_str()).collect();
    let data = json!({ "objects": ids });
    let mut summary = format!("{made} objects are in the billing system.");
    if ended > 0 {
        summary.push_str(&format!(" {ended} are retired there."));
    }
    change.record(EventType::Provisioned, summary, None, data);
    // An order that was or is being cancelled while its objects were made takes them back.
    if provisioning::is_taken_back(&change.order) {
        change.request_retirement();
        return Ok(());
    }
    transition::follow(change, EffectKind::Provision)
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
    if change.order.cancellation.is_some() {
        return cancellation::compensated(change);
    }
    if is_partial || change.order.is_closed() {
        return Ok(());
    }
    match provisioning::own(&change.order).is_empty() {
        true => transition::follow(change, EffectKind::Retire),
        // Something was made while the rest was retired.
        false => {
            change.request_retirement();
            Ok(())
        }
    }
}

pub(super) fn failed(change: &mut Change<'_>, effect: &str, kind: &str, error: &str) {
    change.order.has_fallout = true;
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
    effect: &str,
    kind: EffectKind,
    reason: String,
) -> Result<(), Rejection> {
    by_hand(change, EventType::EffectCompletedByHand, "Declared done by hand.", effect, reason)?;
    if kind == EffectKind::Retire && change.order.cancellation.is_some() {
        return cancellation::compensated_by_hand(change);
    }
    transition::follow(change, kind)
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
    change.order.has_fallout = false;
    let data: Value = json!({ "effect": effect });
    change.record(event_type, summary.to_owned(), Some(reason), data);
    Ok(())
}
