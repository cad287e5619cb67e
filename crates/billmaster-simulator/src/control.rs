//! The faults that the simulator can be told to have.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What goes wrong from now on. Everything off is a billing system that works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Control {
    /// Milliseconds before every answer.
    pub delay_ms: u64,
    /// So many next calls fail before anything is done.
    pub fail_next: u32,
    /// Every so-manieth call fails before anything is done; 0: none.
    pub fail_every: u32,
    /// The status of failures.
    pub fail_status: u16,
    /// The work of each idempotency key is done, but its first answer is lost; the caller repeats and is answered.
    pub answer_twice: bool,
    /// So many next calls are answered as done, and nothing is kept.
    pub forget_next: u32,
    /// Every call ends without an answer.
    pub down: bool,
    /// Kinds of object that are refused for good.
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
            fail_status: 503,
            answer_twice: false,
            forget_next: 0,
            down: false,
            refuse_kinds: BTreeSet::new(),
            calls: 0,
        }
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Works,
    Fails(u16),
    Forgets,
    Silence,
}

impl Control {
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
        if self.fail_every > 0 && self.calls.is_multiple_of(u64::from(self.fail_every)) {
            return Fate::Fails(self.fail_status);
        }
        if self.forget_next > 0 {
            self.forget_next -= 1;
            return Fate::Forgets;
        }
        Fate::Works
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_decides_as_told() {
        let fates = |mut control: Control| (0..4).map(|_| control.next()).collect::<Vec<_>>();
        use Fate::{Fails, Forgets, Silence, Works};
        let cases = [
            (Control::default(), [Works; 4]),
            (Control { down: true, ..Control::default() }, [Silence; 4]),
            (
                Control { fail_next: 2, fail_status: 500, ..Control::default() },
                [Fails(500), Fails(500), Works, Works],
            ),
            (
                Control { fail_every: 2, ..Control::default() },
                [Works, Fails(503), Works, Fails(503)],
            ),
            (Control { forget_next: 1, ..Control::default() }, [Forgets, Works, Works, Works]),
        ];
        for (control, expected) in cases {
            assert_eq!(fates(control.clone()), expected, "{control:?}");
        }
    }
}
