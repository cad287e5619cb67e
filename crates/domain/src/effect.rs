//! Effects: what is to be done outside the order. They are saved with the decision that asks for them (the outbox) and
//! executed afterwards, by the component that owns the kind, as often as it takes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is to be done. Each kind is executed by one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EffectKind {
    /// Draw a document from a template and add it to the order. Component `documents`.
    Draw,
    /// Make the order's objects in the billing system. Component `provisioning`.
    Provision,
    /// Retire the order's objects in the billing system. Component `provisioning`.
    Retire,
    /// Tell people that a deadline is near or was missed. Component `escalation`.
    Escalate,
}

impl EffectKind {
    pub const WORDS: &[(&str, EffectKind)] = &[
        ("draw", EffectKind::Draw),
        ("provision", EffectKind::Provision),
        ("retire", EffectKind::Retire),
        ("escalate", EffectKind::Escalate),
    ];

    pub fn code(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// The component that executes effects of this kind.
    pub fn executor(self) -> &'static str {
        match self {
            EffectKind::Draw => "documents",
            EffectKind::Provision | EffectKind::Retire => "provisioning",
            EffectKind::Escalate => "escalation",
        }
    }
}

/// An effect as a decision asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// Order id and number of the event that asks for it: unique, and the idempotency key of all outside calls.
    pub id: String,
    pub kind: EffectKind,
    /// What the executor needs besides the order.
    pub payload: Value,
}

impl Effect {
    pub fn draw(id: String, template: &str) -> Effect {
        Effect { id, kind: EffectKind::Draw, payload: json!({ "template": template }) }
    }
}

/// Life of an effect in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EffectState {
    /// Waits for its first or next attempt, or is being executed under a lease.
    Waiting,
    Done,
    /// Failed for good: a person repeats it, declares it done, or gives it up.
    Fallout,
    /// A person gave it up, with a reason.
    Failed,
}

impl EffectState {
    pub const WORDS: &[(&str, EffectState)] = &[
        ("waiting", EffectState::Waiting),
        ("done", EffectState::Done),
        ("fallout", EffectState::Fallout),
        ("failed", EffectState::Failed),
    ];

    pub fn code(self) -> &'static str {
        Self::WORDS.iter().find(|(_, state)| *state == self).map_or("", |(word, _)| word)
    }
}

/// When the next attempt is due, in milliseconds from now: doubling, bounded, and spread by `entropy` over the upper half
/// so that what failed together does not return together.
pub fn retry_delay_ms(attempts: i64, entropy: u64) -> i64 {
    use crate::limits::{EFFECT_RETRY_DELAY_MS_MAX, EFFECT_RETRY_DELAY_MS_MIN};
    let doublings = attempts.clamp(1, 20) - 1;
    let delay = (EFFECT_RETRY_DELAY_MS_MIN << doublings).min(EFFECT_RETRY_DELAY_MS_MAX);
    let half = delay / 2;
    half + i64::try_from(entropy % (half.unsigned_abs() + 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::retry_delay_ms;

    #[test]
    fn retries_slow_down_within_bounds_and_spread() {
        for (attempts, from, to) in
            [(1, 500, 1_000), (2, 1_000, 2_000), (5, 8_000, 16_000), (32, 150_000, 300_000)]
        {
            for entropy in [0, 1, 499, u64::MAX] {
                let delay = retry_delay_ms(attempts, entropy);
                assert!((from..=to).contains(&delay), "attempt {attempts}: {delay}");
            }
        }
    }
}
