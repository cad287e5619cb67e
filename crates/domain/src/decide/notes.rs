//! What people attach to an order: an assignee, comments, documents.

use super::change::Change;
use super::{require_open, require_right, timed, transition};
use crate::event::EventType;
use crate::order::Document;
use crate::rejection::Rejection;
use crate::rights::Right;
use serde_json::{Value, json};

pub(super) fn assign(change: &mut Change<'_>, assignee: Option<String>) -> Result<(), Rejection> {
    require_right(change, Right::OrdersAssign)?;
    require_open(&change.order)?;
    if change.order.assignee == assignee {
        return Ok(());
    }
    let summary = match &assignee {
        Some(name) => format!("Given to {name}."),
        None => "Taken from its assignee.".to_owned(),
    };
    let data = json!({ "from": change.order.assignee, "to": assignee });
    change.order.assignee = assignee;
    change.record(EventType::Assigned, summary, None, data);
    Ok(())
}

/// Closed orders can be commented on too: what is learnt afterwards belongs to the history.
pub(super) fn comment(change: &mut Change<'_>, text: String) -> Result<(), Rejection> {
    require_right(change, Right::OrdersComment)?;
    change.record(EventType::Commented, "Comment.".to_owned(), Some(text), Value::Null);
    Ok(())
}

/// The same bytes of the same kind again are the same document.
pub(super) fn add_document(change: &mut Change<'_>, document: Document) -> Result<(), Rejection> {
    require_right(change, Right::DocumentsWrite)?;
    if holds(change, &document) {
        return Ok(());
    }
    record(
        change,
        EventType::DocumentUploaded,
        format!("Document {} was added.", document.name),
        document,
    );
    timed::reconsider_time(change);
    transition::follow_drawn(change)
}

pub(super) fn holds(change: &Change<'_>, document: &Document) -> bool {
    let same = |other: &Document| {
        let counts = other.superseded_at.is_none();
        counts && other.kind == document.kind && other.sha256 == document.sha256
    };
    change.order.documents.iter().any(same)
}

pub(super) fn record(
    change: &mut Change<'_>,
    event_type: EventType,
    summary: String,
    document: Document,
) {
    let data = json!({ "document": document.id, "kind": document.kind, "sha256": document.sha256 });
    change.order.documents.push(document);
    change.record(event_type, summary, None, data);
}
