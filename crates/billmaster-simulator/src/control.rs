//! The faults that the simulator can be told to have.

use crate::objects::KINDS;
use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Milliseconds that an answer can be delayed: longer than any caller waits.
const DELAY_MS_MAX: u64 = 10 * 60 * 1000;

/// What goes wrong from now on. Everything off is a billing system that works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Control {
    /// Milliseconds before every answer; the work is done before.
    pub delay_ms: u64,
    /// So many next calls fail before anything is done.
    pub fail_next: u32,
    /// Every so-manieth call fails before anything is done; 0: none.
    pub fail_every: u32,
    /// The share of calls, from 0 to 1, that fail before anything is done. Which ones, `seed` decides.
    pub fail_rate: f64,
    /// The same seed fails the same calls, counted from when the faults were set.
    pub seed: u64,
    /// The status of failures.
    pub fail_status: u16,
    /// The work of each idempotency key is done, but its first answer is lost; the caller repeats and is answered.
    pub answer_twice: bool,
    /// So many next changes are answered as done, and nothing is kept.
    pub forget_next: u32,
    /// Every call ends without an answer.
    pub down: bool,
    /// Kinds of object whose `ensure` is refused for good.
    pub refuse_kinds: BTreeSet<String>,
    #[serde(skip)]
    calls: u64,
}

impl Default for Control {
    fn default() -> Self {
        Control {
            delay_ms: 0,
            fail_next: 0,
            fail_every: 0,
            fail_rate: 0.0,
            seed: 0,
            fail_status: 503,
            answer_twice: false,
            forget_next: 0,
            down: false,
            refuse_kinds: BTreeSet::new(),
            calls: 0,
        }
    }
}

/// What happens to one call before anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Works,
    Fails(u16),
    Silence,
}

impl Control {
    /// Reads faults; values that mean nothing are refused.
    pub fn read(body: &[u8]) -> Result<Control, Problem> {
        let wanted: Control = serde_json::from_slice(body)
            .map_err(|error| Problem::bad_request(format!("These are not faults: {error}.")))?;
        if !(400..=599).contains(&wanted.fail_status) {
            return Err(Problem::bad_request("failStatus must be from 400 to 599."));
        }
        if !(0.0..=1.0).contains(&wanted.fail_rate) {
            return Err(Problem::bad_request("failRate must be from 0 to 1."));
        }
        if wanted.delay_ms > DELAY_MS_MAX {
            return Err(Problem::bad_request(format!("delayMs must be at most {DELAY_MS_MAX}.")));
        }
        match wanted.refuse_kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
            Some(kind) => Err(Problem::bad_request(format!("There is no kind {kind:?}."))),
            None => Ok(wanted),
        }
    }

    /// Decides about the next call, and counts it.
    pub fn next(&mut self) -> Fate {
        self.calls += 1;
        if self.down {
            return Fate::Silence;
        }
        if self.fail_next > 0 {
            self.fail_next -= 1;
            return Fate::Fails(self.fail_status);
        }
        let each = self.fail_every > 0 && self.calls.is_multiple_of(u64::from(self.fail_every));
        match each || share(self.seed, self.calls) < self.fail_rate {
            true => Fate::Fails(self.fail_status),
            false => Fate::Works,
        }
    }

    /// Whether the next change is to be forgotten, and counts it.
    pub fn forgets(&mut self) -> bool {
        let forgets = self.forget_next > 0;
        self.forget_next = self.forget_next.saturating_sub(1);
        forgets
    }
}

/// A number from 0 to below 1 that looks random and is the same for the same seed and call.
fn share(seed: u64, call: u64) -> f64 {
    let digest = Sha256::digest(format!("{seed} {call}"));
    let number = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(mut control: Control, calls: usize) -> Vec<Fate> {
        (0..calls).map(|_| control.next()).collect()
    }

    #[test]
    fn each_fault_decides_as_told() {
        use Fate::{Fails, Silence, Works};
        let none = Control::default;
        let cases = [
            (none(), [Works; 4]),
            (Control { down: true, ..none() }, [Silence; 4]),
            (
                Control { fail_next: 2, fail_status: 500, ..none() },
                [Fails(500), Fails(500), Works, Works],
            ),
            (Control { fail_every: 2, ..none() }, [Works, Fails(503), Works, Fails(503)]),
            (Control { fail_rate: 1.0, ..none() }, [Fails(503); 4]),
            (Control { fail_rate: 0.0, seed: 7, ..none() }, [Works; 4]),
        ];
        for (control, expected) in cases {
            assert_eq!(fates(control.clone(), 4), expected, "{control:?}");
        }
    }

    #[test]
    fn a_rate_fails_its_share_and_the_same_calls_for_the_same_seed() {
        let control = |seed| Control { fail_rate: 0.3, seed, ..Control::default() };
        let first = fates(control(1), 1000);
        let failed = first.iter().filter(|fate| **fate != Fate::Works).count();
        assert!((250..=350).contains(&failed), "{failed} of 1000");
        assert_eq!(first, fates(control(1), 1000));
        assert_ne!(first, fates(control(2), 1000));
    }

    #[test]
    fn only_so_many_changes_are_forgotten() {
        let mut control = Control { forget_next: 2, ..Control::default() };
        let forgotten: Vec<bool> = (0..4).map(|_| control.forgets()).collect();
        assert_eq!(forgotten, [true, true, false, false]);
    }
}
