//! How far the escalation of an order has come in its stage.

use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// How much the deadline of the stage is in danger, as the last rung that fired said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum Jeopardy {
    #[default]
    None,
    /// Most of the time has passed.
    AtRisk,
    /// Nearly all of it.
    Critical,
    /// The deadline has passed.
    Breached,
}

/// The escalation of one stage; it begins anew when a stage is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct StageEscalation {
    #[serde(default)]
    pub rungs: Vec<FiredRung>,
    /// Somebody has answered: no rung fires any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<EscalationAnswer>,
    /// When the next rung fires, in working hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rung_at: Option<Instant>,
}

/// A rung of the ladder that has fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiredRung {
    pub code: String,
    /// How often; repetitions count.
    pub times: u32,
    /// The last time.
    pub at: Instant,
}

/// Who takes care of an escalated order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EscalationAnswer {
    pub by: String,
    pub at: Instant,
    pub comment: String,
}

impl StageEscalation {
    pub fn fired(&self, code: &str) -> Option<&FiredRung> {
        self.rungs.iter().find(|rung| rung.code == code)
    }

    /// Counts a rung that fires.
    pub fn count(&mut self, code: &str, at: Instant) {
        match self.rungs.iter_mut().find(|rung| rung.code == code) {
            Some(rung) => {
                rung.times += 1;
                rung.at = at;
            }
            None => self.rungs.push(FiredRung { code: code.to_owned(), times: 1, at }),
        }
    }

    /// Nothing has happened, and nothing is going to.
    pub fn is_empty(&self) -> bool {
        *self == StageEscalation::default()
    }
}
