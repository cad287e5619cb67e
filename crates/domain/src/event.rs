//! Events: the history of an order. Never changed, never removed.

use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventType {
    Registered,
    Imported,
    Routed,
    Transitioned,
    Held,
    Resumed,
    CancellationRequested,
    Cancelled,
    ScenarioMigrated,
    TasksOpened,
    TaskCompleted,
    DocumentsSuperseded,
    Assigned,
    Commented,
    DocumentRequested,
    DocumentDrawn,
    DocumentUploaded,
    ProvisioningRequested,
    Provisioned,
    RetirementRequested,
    Retired,
    DeadlineMissed,
    Escalated,
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
}
