//! A save: one statement on both databases, an insert into the view `order_save`, whose trigger does the rest.

use crate::codec::write;
use crate::database::{Database, DatabaseError};
use oms_app::ports::{Save, SaveError, Settlement};
use oms_domain::decide::BookingChange;
use oms_domain::search::search_text;
use serde_json::json;

const SAVE: &str = "INSERT INTO order_save (id, number, expected_version, version, kind, state, stage, division_code, \
    covering_code, assignee, channel, external_id, registered_at, updated_at, due_at, next_check_at, duplicate_key, \
    import_key, search_text, document, events, effects, settlement, idempotency, documents, escalation, bookings) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
    $24, $25, $26, $27)";

pub async fn save<D: Database>(database: &D, save: Save<'_>) -> Result<(), SaveError> {
    let order = &save.decision.order;
    let covering = order.routing.covering.as_ref().unwrap_or(&order.division);
    let parameters = vec![
        order.id.as_str().into(),
        order.number.as_str().into(),
        save.expected_version.into(),
        order.version.max(1).into(),
        order.kind.code().into(),
        order.state.code().into(),
        order.stage.code.as_str().into(),
        order.division.code.as_str().into(),
        covering.code.as_str().into(),
        order.assignee.clone().into(),
        order.channel.code().into(),
        order.external_id.clone().into(),
        order.registered_at.0.into(),
        save.now.0.into(),
        order.stage.due_at.map(|due| due.0).into(),
        order.next_check_at().map(|check| check.0).into(),
        save.duplicate_key.clone().into(),
        save.import_key.clone().into(),
        search_text(order).into(),
        write("order", order)?.into(),
        write("events", &save.decision.events)?.into(),
        write("effects", &save.decision.effects)?.into(),
        settlements(&save).into(),
        idempotency(&save).into(),
        write("documents", &save.documents)?.into(),
        escalations(&save).into(),
        bookings(&save.decision.bookings).into(),
    ];
    database.execute(SAVE, parameters).await.map_err(broken_rule)
}

fn settlements(save: &Save<'_>) -> String {
    let entry = |settlement: &Settlement| {
        json!({
            "effect": settlement.effect,
            "lease": settlement.lease,
            "state": settlement.state,
            "error": settlement.error,
            "at": save.now.0,
        })
    };
    json!(save.settlement.iter().map(entry).collect::<Vec<_>>()).to_string()
}

fn idempotency(save: &Save<'_>) -> String {
    let entry = save.idempotency.iter().map(
        |key| json!({ "key": key.key, "bodySha256": key.body_sha256, "response": key.response }),
    );
    json!(entry.collect::<Vec<_>>()).to_string()
}

fn escalations(save: &Save<'_>) -> String {
    let entry = save.escalations.iter().map(|escalation| {
        json!({
            "id": escalation.id,
            "division": escalation.division,
            "email": escalation.email,
            "stage": escalation.stage,
            "dueAt": escalation.due_at.map(|due| due.0),
            "toldAt": save.now.0,
        })
    });
    json!(entry.collect::<Vec<_>>()).to_string()
}

fn bookings(changes: &[BookingChange]) -> String {
    let entry = |change: &BookingChange| match change {
        BookingChange::Book { id, technician, from, to, travel_ms, is_override } => json!({
            "do": "book",
            "id": id,
            "technician": technician,
            "from": from.0,
            "to": to.0,
            "travel": travel_ms,
            "overridden": i32::from(*is_override),
        }),
        BookingChange::Release { id } => json!({ "do": "release", "id": id }),
        BookingChange::Done { id } => json!({ "do": "done", "id": id }),
    };
    json!(changes.iter().map(entry).collect::<Vec<_>>()).to_string()
}

/// Turns the constraint that was broken into what it means. SQLite names columns, PostgreSQL constraints.
pub(crate) fn broken_rule(error: DatabaseError) -> SaveError {
    let DatabaseError::Rule(message) = &error else {
        return SaveError::Store(error.into());
    };
    let rules = [
        ("order_stale", SaveError::Stale),
        ("effect_lease_lost", SaveError::LeaseLost),
        ("slot_taken", SaveError::SlotTaken),
        ("technicians_stale", SaveError::Stale),
        ("orders.number", SaveError::NumberTaken),
        ("orders_number", SaveError::NumberTaken),
        ("orders.duplicate_key", SaveError::DuplicateOpen),
        ("orders_duplicate_key", SaveError::DuplicateOpen),
        ("orders.import_key", SaveError::AlreadyImported),
        ("orders_import_key", SaveError::AlreadyImported),
        ("idempotency_key", SaveError::IdempotencyKeyTaken),
        // Two changes that both came past the version check of their snapshot: the event number is the same.
        ("order_event", SaveError::Stale),
    ];
    let found = rules.into_iter().find(|(mark, _)| message.contains(mark));
    found.map_or_else(|| SaveError::Store(error.clone().into()), |(_, meaning)| meaning)
}
