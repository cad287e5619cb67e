//! Events: the history of an order. Never changed, never removed.

use crate::time::Instant;
use json_patch::Patch;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventType {
    Registered,
    Imported,
    Amended,
    Routed,
    Transitioned,
    Held,
    Resumed,
    /// Somebody wants the order cancelled; a person decides.
    CancellationAsked,
    CancellationAccepted,
    /// Refused, or withdrawn by whoever asked.
    CancellationRefused,
    CancellationRequested,
    Cancelled,
    ScenarioMigrated,
    TasksOpened,
    TaskCompleted,
    DocumentsSuperseded,
    VisitBooked,
    VisitNotBooked,
    VisitMoved,
    VisitReleased,
    VisitDone,
    Assigned,
    Commented,
    DocumentRequested,
    DocumentDrawn,
    DocumentUploaded,
    ProvisioningRequested,
    Provisioned,
    RetirementRequested,
    Retired,
    /// Most of the time for a stage has passed.
    DeadlineAtRisk,
    DeadlineMissed,
    /// A rung after the deadline.
    EscalationRaised,
    EscalationPostponed,
    Escalated,
    EscalationAnswered,
    EffectFailed,
    EffectRetried,
    EffectCompletedByHand,
    EffectGivenUp,
}

/// One entry of the history: who did what, when, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Counts from 1 within the order, without gaps.
    pub sequence: i64,
    pub at: Instant,
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// A person, a program, or `system`.
    pub actor: String,
    /// What happened, as a sentence.
    pub summary: String,
    /// Why: the comment or reason given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What programs need to know about it.
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub data: Value,
    /// What the decision changed in the stored order (JSON Patch, RFC 6902): on the last event of each decision, so that
    /// the history replays to the order, see [`crate::replay`]. Not shown to callers: it repeats the order's content.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub change: Option<Patch>,
}

impl Event {
    /// The event as callers see it.
    pub fn to_api(&self) -> Value {
        let shown = Event { change: None, ..self.clone() };
        serde_json::to_value(shown).unwrap_or_default()
    }
}
