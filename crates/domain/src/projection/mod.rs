//! When an order will probably be completed, and whether what was promised is at risk.
//!
//! The order goes the usual way through its scenario ([`way`]). Each stage on it takes the working time that it took the
//! orders before ([`Medians`]), or its deadline while too few have been through it; the stage that the order is in takes
//! what is left of that. Working time counts by the calendar of the division that the stage asks for.

mod measured;
mod way;

pub use measured::{Median, Medians, median, working_ms_in_stage};
pub use way::usual_way;

use crate::calendar::{Calendar, Calendars};
use crate::division::Neighbourhood;
use crate::order::{AppointmentState, Order};
use crate::party::Language;
use crate::scenario::{Scenario, Stage};
use crate::time::Instant;
use serde::Serialize;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

/// What a projection depends on besides the order.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub now: Instant,
    pub scenario: &'a Scenario,
    /// Of the order's scenario.
    pub medians: &'a Medians,
    /// Around the division that operates the order's address.
    pub neighbourhood: &'a Neighbourhood,
    pub calendars: &'a Calendars,
}

/// What the working time of a stage was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// The median of the orders before.
    Measured,
    /// Its deadline: too few orders have left it lately.
    Deadline,
    /// The booked visit of a technician, which ends later than the time of the stage.
    Visit,
    /// It has neither: it counts nothing.
    None,
}

/// A stage that is still ahead, the present one first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectedStage {
    pub stage: String,
    pub name: String,
    pub basis: Basis,
    /// What the whole stage takes, in minutes of working time.
    pub working_minutes: i64,
    /// How many orders it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u32>,
    /// When it will probably be left.
    pub until: Instant,
}

/// When an order will probably be completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Projection {
    pub at: Instant,
    pub stages: Vec<ProjectedStage>,
}

/// How an order looks against what was promised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// None: nobody can tell.
    pub projection: Option<Projection>,
    /// The day of it, YYYY-MM-DD, where the division is that has the last stage.
    pub projected_date: Option<String>,
    /// The order is open, and is projected to be completed after the promised day, or that day has passed.
    pub promise_at_risk: bool,
}

impl Outlook {
    /// The answer about an order that says so.
    pub fn answer(&self, order: &Order) -> Result<String, serde_json::Error> {
        let date = to_raw_value(&self.projected_date)?;
        let is_at_risk = to_raw_value(&self.promise_at_risk)?;
        let projection = to_raw_value(&self.projection)?;
        order.to_api_text(&[
            ("projectedDate", &date),
            ("promiseAtRisk", &is_at_risk),
            ("projection", &projection),
        ])
    }

    /// Says so in an order's answer.
    pub fn add_to(&self, answer: &mut Value) {
        answer["projectedDate"] = json!(self.projected_date);
        answer["promiseAtRisk"] = json!(self.promise_at_risk);
        answer["projection"] = json!(self.projection);
    }
}

/// How the order looks now.
pub fn outlook(order: &Order, known: Known<'_>) -> Outlook {
    let projection = project(order, known);
    // Days are those of the wall clock of whoever completes the order.
    let last = projection.as_ref().and_then(|projection| projection.stages.last());
    let last = last.and_then(|last| known.scenario.stage(&last.stage));
    let calendar = match last {
        Some(stage) if stage.code != order.stage.code => calendar_of(order, stage, known),
        _ => known.calendars.of(&order.division.code),
    };
    let date = |at: Instant| calendar.date_of(at).to_string();
    let projected_date = projection.as_ref().map(|projection| date(projection.at));
    let is_after = |promised: &String| {
        projected_date.as_ref().is_some_and(|projected| projected > promised)
            || date(known.now) > *promised
    };
    let promise_at_risk = order.is_open() && order.promised_date.as_ref().is_some_and(is_after);
    Outlook { projection, projected_date, promise_at_risk }
}

/// When the order will probably be completed. None: it is closed, is being cancelled, is on hold without an end, or no way
/// leads from its stage to a completed end.
pub fn project(order: &Order, known: Known<'_>) -> Option<Projection> {
    if order.is_closed() || order.cancellation.is_some() {
        return None;
    }
    let begin = match &order.hold {
        None => known.now,
        Some(hold) => hold.until?.max(known.now),
    };
    let way = usual_way(known.scenario, &order.stage.code)?;
    let mut at = begin;
    let mut stages = Vec::with_capacity(way.len());
    for (place, stage) in way.into_iter().enumerate() {
        let is_present = place == 0;
        let calendar = match is_present {
            true => known.calendars.of(&order.division.code),
            false => calendar_of(order, stage, known),
        };
        let (mut basis, working_minutes, samples) = expected(stage, known.medians);
        let whole = working_minutes.saturating_mul(60_000);
        let used = match is_present {
            true => working_ms_in_stage(order, stage, calendar, begin),
            false => 0,
        };
        let mut until = calendar.plus_working_ms(at, whole.saturating_sub(used).max(0));
        if let Some(end) = visit_ends(order).filter(|end| is_present && *end > until) {
            (basis, until) = (Basis::Visit, end);
        }
        at = until;
        let (code, name) = (stage.code.clone(), stage.name.get(Language::En).to_owned());
        stages.push(ProjectedStage { stage: code, name, basis, working_minutes, samples, until });
    }
    Some(Projection { at, stages })
}

/// What a whole stage takes, in minutes of working time, and on how many orders that was measured.
fn expected(stage: &Stage, medians: &Medians) -> (Basis, i64, Option<u32>) {
    match (medians.of(&stage.code), stage.deadline_minutes) {
        (Some(median), _) => (Basis::Measured, median.working_minutes, Some(median.samples)),
        (None, Some(minutes)) => (Basis::Deadline, minutes, None),
        (None, None) => (Basis::None, 0, None),
    }
}

fn visit_ends(order: &Order) -> Option<Instant> {
    let appointment = order.appointment.as_ref()?;
    (appointment.state == AppointmentState::Booked).then_some(appointment.to)
}

/// By which a stage ahead counts: that of the division that the order will be routed to.
fn calendar_of<'a>(order: &Order, stage: &Stage, known: Known<'a>) -> &'a Calendar {
    let nearest = match &stage.division_kind {
        Some(kind) if order.routing.rule.is_some() => known.neighbourhood.nearest(kind),
        _ => None,
    };
    let division = nearest.or_else(|| known.neighbourhood.start());
    known.calendars.of(division.map_or(&order.division.code, |division| &division.code))
}
