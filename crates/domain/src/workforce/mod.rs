//! Technicians: what they can do, when they work, and when they are free for a visit.
//!
//! The working hours are local times of a place; everything that is compared is an instant. Two visits of one technician
//! never meet, and there is time to travel between them.

mod agenda;
mod hours;
mod list;
mod slots;

pub use hours::WorkingPattern;
pub use list::{Organisation, read_list};
pub use slots::{Slot, SlotQuery, free_at, free_slots, least_booked, least_booked_at, local_time};

use crate::calendar::Interval;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Somebody who visits subscribers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Technician {
    pub code: String,
    pub name: String,
    /// Code of the division that sends this technician out; divisions above may do so too.
    pub home_division: String,
    /// Words in small letters, such as `internet`, `telephony`, `fibre`; an operator has words of its own.
    pub skills: Vec<String>,
    /// IANA name of the zone of the working hours; None: that of the home division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    pub working_pattern: WorkingPattern,
    /// Days with hours of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shifts: Vec<Shift>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
    /// Minutes that must lie between two visits.
    #[serde(default)]
    pub travel_buffer_minutes: i64,
}

/// The hours of one day, instead of those of the pattern. Without hours: a day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shift {
    /// `YYYY-MM-DD`, in the technician's zone.
    pub date: chrono::NaiveDate,
    pub hours: Vec<Interval>,
}

/// A time in which the technician is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Absence {
    pub from: Instant,
    pub to: Instant,
    pub reason: String,
}

/// A visit of a technician for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booking {
    pub technician: String,
    pub order_id: String,
    pub from: Instant,
    pub to: Instant,
}

impl Technician {
    /// Whether this technician can do what is asked for; None asks for nothing.
    pub fn has_skill(&self, skill: Option<&str>) -> bool {
        skill.is_none_or(|skill| self.skills.iter().any(|own| own.eq_ignore_ascii_case(skill)))
    }
}

/// What a decision about a visit looks at: technicians and what they have to do in the time in question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workforce {
    /// The operator has technicians at all. One that has none works without visits.
    pub is_registered: bool,
    /// By the code of a division: the technicians whose home is there or below.
    pub technicians: BTreeMap<String, Vec<Technician>>,
    pub bookings: Vec<Booking>,
}

/// Which part of the workforce a decision looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkforceQuery {
    /// Codes of the divisions that could send somebody.
    pub divisions: Vec<String>,
    /// Visits in this time.
    pub from: Instant,
    pub to: Instant,
}

impl Workforce {
    /// The technicians that a division can send out.
    pub fn of(&self, division: &str) -> &[Technician] {
        self.technicians.get(division).map(Vec::as_slice).unwrap_or_default()
    }
}
