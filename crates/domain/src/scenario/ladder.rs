//! The escalation ladder of a stage: who is told when, before and after its deadline.

use crate::limits::LADDER_REPEATS_MAX;
use crate::order::Priority;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// One step of the ladder. It fires once each time the stage is entered, in working hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rung {
    pub code: String,
    pub at: RungMoment,
    pub tell: Vec<Receiver>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<RungChange>,
    /// It fires again after so many working minutes, as often as `repeat_at_most`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_every_minutes: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_at_most: Option<u32>,
}

/// When a rung fires, in working time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RungMoment {
    /// So much of the stage's time has passed; 100 is its deadline.
    Percent(i64),
    /// So many minutes after the deadline.
    AfterDueMinutes(i64),
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Receiver {
    /// The person who has the order, if somebody has it.
    Assignee,
    /// The division that has the order.
    Division,
    /// The one above it.
    ParentDivision,
    /// Whoever heads the division that has the order.
    DivisionHead,
    /// Whoever heads the one above it.
    ParentHead,
    /// Somebody by name: an e-mail address, or the login of one of the staff.
    Watcher(String),
}

impl Receiver {
    /// What notices call a person who has an order, and one who watches.
    pub const ASSIGNEE: &str = "assignee";
    pub const WATCHER: &str = "watcher";

    /// What notices call it.
    pub fn word(&self) -> &'static str {
        match self {
            Receiver::Assignee => Receiver::ASSIGNEE,
            Receiver::Division => "division",
            Receiver::ParentDivision => "parentDivision",
            Receiver::DivisionHead => "divisionHead",
            Receiver::ParentHead => "parentHead",
            Receiver::Watcher(_) => Receiver::WATCHER,
        }
    }
}

/// What a rung changes about the order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RungChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The order is taken from its assignee.
    #[serde(default)]
    pub unassign: bool,
    /// The order goes to the division above; its deadline stays.
    #[serde(default)]
    pub move_to_parent: bool,
}

impl Rung {
    /// When it fires: milliseconds of working time after the deadline, negative before, in a stage that has `total`.
    pub fn offset_ms(&self, total: i64) -> i64 {
        match self.at {
            RungMoment::Percent(percent) => {
                let offset = i128::from(total) * i128::from(percent - 100) / 100;
                i64::try_from(offset).unwrap_or(i64::MAX)
            }
            RungMoment::AfterDueMinutes(minutes) => minutes.saturating_mul(60_000),
        }
    }

    pub fn is_before_the_deadline(&self) -> bool {
        matches!(self.at, RungMoment::Percent(percent) if percent < 100)
    }

    /// It tells that the deadline itself has passed.
    pub fn is_the_deadline(&self) -> bool {
        self.at == RungMoment::Percent(100)
    }

    /// How often it fires altogether.
    pub fn times_max(&self) -> u32 {
        match self.repeat_every_minutes {
            None => 1,
            Some(_) => 1 + self.repeat_at_most.unwrap_or(0).min(LADDER_REPEATS_MAX),
        }
    }
}

/// The ladder of every stage that has a deadline and names no ladder of its own: three quarters, nine tenths, the
/// deadline, and half of the time again.
pub fn default_ladder() -> &'static [Rung] {
    static LADDER: LazyLock<Vec<Rung>> = LazyLock::new(|| {
        use Receiver::{Assignee, Division, DivisionHead, ParentDivision, ParentHead};
        let rung = |code: &str, percent: i64, tell: &[Receiver]| Rung {
            code: code.to_owned(),
            at: RungMoment::Percent(percent),
            tell: tell.to_vec(),
            change: None,
            repeat_every_minutes: None,
            repeat_at_most: None,
        };
        vec![
            rung("at-risk", 75, &[Assignee, Division]),
            rung("critical", 90, &[Division, DivisionHead]),
            rung("missed", 100, &[Division, DivisionHead]),
            rung("parent", 150, &[ParentDivision, ParentHead]),
        ]
    });
    &LADDER
}
