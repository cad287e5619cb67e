//! Visits of technicians: booked when a stage is entered, moved, released, done.

use super::amendment::stage_to_redo;
use super::change::Change;
use super::choice::{Chosen, bookings_of_others, choose, free};
use super::{
    Command, Context, require_not_cancelling, require_not_held, require_open, require_right,
};
use crate::event::EventType;
use crate::limits::{SLOT_AHEAD_DAYS_MAX, SLOT_HORIZON_DAYS, SLOTS_TOLD};
use crate::order::{Appointment, AppointmentState, Order, OrderState};
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::scenario::{Stage, Transition};
use crate::time::Instant;
use crate::workforce::{Slot, WorkforceQuery, local_time};
use serde_json::{Value, json};

const DAY_MINUTES: i64 = 24 * 60;

/// What somebody wants of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisitRequest {
    /// None: the first free slot.
    pub slot: Option<AskedSlot>,
    /// Whatever the technician has to do then; without a slot: go on without a visit. Needs the right `slots.override`.
    pub is_override: bool,
    /// How often somebody else was faster; whoever asked for the first free slot then takes one of the next.
    pub rivals: u32,
}

/// A time that was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedSlot {
    pub from: Instant,
    /// None: whoever is free then.
    pub technician: Option<String>,
}

/// What becomes of a booking in the same step as the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookingChange {
    Book {
        id: String,
        technician: String,
        from: Instant,
        to: Instant,
        /// Milliseconds to and from other visits.
        travel_ms: i64,
        is_override: bool,
    },
    Release {
        id: String,
    },
    Done {
        id: String,
    },
}

/// What must be known of the workforce to decide a command. None: nothing.
pub fn workforce_wanted(
    order: &Order,
    command: &Command,
    context: Context<'_>,
) -> Option<WorkforceQuery> {
    let scenario = context.scenario;
    let (division, visit) = match command {
        Command::Transition { transition, visit, .. } => {
            let mut leaving = scenario.transitions_from(&order.stage.code);
            let transition = leaving.find(|found| found.code == *transition)?;
            (division_of(order, transition, context)?, visit)
        }
        Command::Reschedule { visit, .. } => {
            scenario.stage(&order.stage.code)?.visit()?;
            (order.division.code.clone(), visit)
        }
        Command::Amend { amendment, .. } => {
            let stage = stage_to_redo(order, scenario, amendment)?;
            stage.visit()?;
            let change = Change::of(order, context);
            let division = change.division_of_kind(stage.division_kind.as_deref()).ok()?;
            return Some(query(vec![division.code], None, context.now));
        }
        _ => return None,
    };
    let asked =
        visit.slot.as_ref().map(|slot| slot.from).filter(|from| is_in_reach(*from, context.now));
    Some(query(vec![division], asked, context.now))
}

/// What must be known to say what can be done with the order.
pub fn workforce_for_all_transitions(
    order: &Order,
    context: Context<'_>,
) -> Option<WorkforceQuery> {
    let leaving = context.scenario.transitions_from(&order.stage.code);
    let mut divisions: Vec<String> =
        leaving.filter_map(|transition| division_of(order, transition, context)).collect();
    divisions.sort_unstable();
    divisions.dedup();
    (!divisions.is_empty()).then(|| query(divisions, None, context.now))
}

/// Code of the division that would send somebody when the transition is made. None: nobody comes.
fn division_of(order: &Order, transition: &Transition, context: Context<'_>) -> Option<String> {
    let stage = context.scenario.stage(&transition.to)?;
    stage.visit()?;
    let change = Change::new(order.clone(), context);
    let division = change.division_of_kind(stage.division_kind.as_deref()).ok()?;
    Some(division.code)
}

fn query(divisions: Vec<String>, asked: Option<Instant>, now: Instant) -> WorkforceQuery {
    let to = horizon(asked.unwrap_or(now).max(now));
    // The hours booked earlier today count too.
    WorkforceQuery {
        divisions,
        from: now.plus_minutes(-DAY_MINUTES),
        to: to.plus_minutes(DAY_MINUTES),
    }
}

pub(super) fn horizon(from: Instant) -> Instant {
    from.plus_minutes(SLOT_HORIZON_DAYS * DAY_MINUTES)
}

pub(super) fn is_in_reach(from: Instant, now: Instant) -> bool {
    now <= from && from <= now.plus_minutes(SLOT_AHEAD_DAYS_MAX * DAY_MINUTES)
}

/// Books the visit of the stage that the order has come into.
pub(super) fn book(change: &mut Change<'_>, stage: &Stage) -> Result<(), Rejection> {
    let Some(visit) = stage.visit() else { return Ok(()) };
    if is_kept(change) {
        return Ok(());
    }
    if change.is_redo {
        release(change, "another division sends somebody now");
    }
    let Some(workforce) = change.context.workforce else {
        not_booked(change, "No visit was booked: nobody was there to agree on a time.");
        return Ok(());
    };
    if !workforce.is_registered {
        not_booked(change, "No visit was booked: no technicians are registered.");
        return Ok(());
    }
    let request = change.visit.clone();
    if request.is_override {
        require_right(change, Right::SlotsOverride)?;
        if request.slot.is_none() {
            not_booked(change, "No visit was booked: it was decided to go on without one.");
            return Ok(());
        }
    }
    let chosen = choose(change, workforce, visit, &request)?;
    take(change, chosen, EventType::VisitBooked, None);
    Ok(())
}

/// An amendment redoes the stage, and whoever was to come is of the division that still sends somebody: what was agreed with the
/// subscriber holds, since the time between two visits does not depend on where they are.
fn is_kept(change: &Change<'_>) -> bool {
    let is_booked = |appointment: &&Appointment| appointment.state == AppointmentState::Booked;
    let booked = change.order.appointment.as_ref().filter(is_booked).filter(|_| change.is_redo);
    let (Some(booked), Some(workforce)) = (booked, change.context.workforce) else { return false };
    let technicians = workforce.of(&change.order.division.code);
    technicians.iter().any(|technician| technician.code == booked.technician)
}

fn not_booked(change: &mut Change<'_>, summary: &str) {
    change.record(EventType::VisitNotBooked, summary.to_owned(), None, Value::Null);
}

/// Moves the visit, or books one anew.
pub(super) fn reschedule(
    change: &mut Change<'_>,
    request: VisitRequest,
    reason: String,
) -> Result<(), Rejection> {
    require_mover(change)?;
    require_open(&change.order)?;
    require_not_cancelling(&change.order)?;
    require_not_held(&change.order)?;
    let scenario = change.context.scenario;
    let visit = scenario.stage(&change.order.stage.code).and_then(Stage::visit);
    let visit = visit.ok_or_else(|| Rejection::NoVisitHere { stage: change.stage_name() })?;
    let workforce = change.context.workforce.filter(|workforce| workforce.is_registered);
    let workforce = workforce.ok_or(Rejection::TechniciansMissing)?;
    if request.is_override {
        require_right(change, Right::SlotsOverride)?;
    }
    let old = change.order.appointment.clone();
    let old = old.filter(|appointment| appointment.state == AppointmentState::Booked);
    if let (Some(old), Some(asked)) = (&old, &request.slot)
        && old.from == asked.from
        && asked.technician.as_ref().is_none_or(|technician| *technician == old.technician)
    {
        return Ok(());
    }
    let chosen = choose(change, workforce, visit, &request)?;
    let event = match old {
        None => EventType::VisitBooked,
        Some(old) => {
            change.bookings.push(BookingChange::Release { id: old.id });
            EventType::VisitMoved
        }
    };
    take(change, chosen, event, Some(reason));
    Ok(())
}

/// Whoever may bring the order into its stage or on from there may agree on another time. That it is closed is said to
/// whoever could move it before.
fn require_mover(change: &Change<'_>) -> Result<(), Rejection> {
    let stage = &change.order.stage.code;
    let is_closed = change.order.is_closed();
    let around = |transition: &&Transition| {
        is_closed || transition.to == *stage || transition.from.contains(stage)
    };
    let transitions = change.context.scenario.transitions.iter();
    let rights: Vec<Right> =
        transitions.filter(around).filter_map(|transition| transition.right).collect();
    match rights.iter().find(|right| change.context.actor.may(**right)) {
        Some(_) => Ok(()),
        None => require_right(change, rights.first().copied().unwrap_or(Right::OrdersTechnical)),
    }
}

fn take(change: &mut Change<'_>, chosen: Chosen<'_>, event: EventType, reason: Option<String>) {
    let Chosen { technician, from, to, is_override } = chosen;
    let verb = if event == EventType::VisitMoved { "now comes" } else { "comes" };
    let over = if is_override { ", over what there is to do" } else { "" };
    let summary = format!("{} {verb} on {}{over}.", technician.name, local_time(technician, from));
    let data = json!({
        "technician": technician.code, "from": from, "to": to, "override": is_override,
    });
    let sequence = change.record(event, summary, reason, data);
    let id = format!("{}.{sequence}", change.order.id);
    change.bookings.push(BookingChange::Book {
        id: id.clone(),
        technician: technician.code.clone(),
        from,
        to,
        travel_ms: technician.travel_buffer_minutes * 60_000,
        is_override,
    });
    change.order.appointment = Some(Appointment {
        id,
        technician: technician.code.clone(),
        technician_name: technician.name.clone(),
        from,
        to,
        is_override,
        state: AppointmentState::Booked,
    });
}

/// Gives the time back to the technician.
pub(super) fn release(change: &mut Change<'_>, why: &str) {
    give_back(change, why, false);
}

fn give_back(change: &mut Change<'_>, why: &str, is_done: bool) {
    let is_booked = |it: &Appointment| it.state == AppointmentState::Booked;
    let Some(old) = change.order.appointment.take_if(|it| is_booked(it)) else { return };
    change.bookings.push(BookingChange::Release { id: old.id });
    let summary = format!("{} does not come: {why}.", old.technician_name);
    let mut data = json!({ "technician": old.technician, "from": old.from, "to": old.to });
    if is_done {
        data["workDone"] = json!(true);
    }
    change.record(EventType::VisitReleased, summary, None, data);
}

/// The order leaves its stage. Onward the work of the visit is done, and a visit that has not begun is not needed any more; back, or to an end without success, it is released. When
/// an amendment has the stage done again, [`book`] decides. A scenario names its stages in the order in which they are passed.
pub(super) fn leave(change: &mut Change<'_>, next: &Stage) {
    if change.is_redo {
        return;
    }
    let scenario = change.context.scenario;
    let onward = scenario.place(&next.code) > scenario.place(&change.order.stage.code)
        && (next.state.is_open() || next.state == OrderState::Completed);
    if !onward {
        release(change, "the order left the stage without it");
        return;
    }
    let Some(appointment) = change.order.appointment.as_mut() else { return };
    if appointment.state == AppointmentState::Done {
        return;
    }
    // Nobody has to come any more at a time that is still to come: it is given back.
    if appointment.from > change.context.now {
        give_back(change, "the work was done before", true);
        return;
    }
    appointment.state = AppointmentState::Done;
    let (id, name) = (appointment.id.clone(), appointment.technician_name.clone());
    let data = json!({ "technician": appointment.technician, "from": appointment.from });
    change.bookings.push(BookingChange::Done { id });
    change.record(EventType::VisitDone, format!("The visit of {name} is done."), None, data);
}

/// The next free slots for the visit that a transition leads to; an obstacle when there are none.
pub(super) fn outlook(
    change: &Change<'_>,
    transition: &Transition,
) -> Result<Vec<Slot>, Rejection> {
    let context = change.context;
    let Some(stage) = context.scenario.stage(&transition.to) else { return Ok(Vec::new()) };
    let Some(visit) = stage.visit() else { return Ok(Vec::new()) };
    let workforce = context.workforce.filter(|workforce| workforce.is_registered);
    let Some(workforce) = workforce else { return Ok(Vec::new()) };
    let division = change.division_of_kind(stage.division_kind.as_deref())?;
    let others = bookings_of_others(change, workforce);
    let technicians = workforce.of(&division.code);
    let slots = free(technicians, &others, visit, context.now, change, SLOTS_TOLD);
    match slots.is_empty() {
        false => Ok(slots),
        true => Err(Rejection::NoFreeSlot {
            division: division.name,
            skill: visit.skill.map(str::to_owned),
            asked: None,
            next: slots,
        }),
    }
}
