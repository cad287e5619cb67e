//! Technicians: the list is read and swapped, free slots are found, and a day's route is told.

use crate::AppError;
use crate::identity::Identity;
use crate::ports::{self, SaveError, StoreError};
use crate::read::require;
use crate::scenario_ports::Scenarios;
use crate::scoped::shown;
use oms_domain::access::{OrderPlace, division_paths};
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, AvailableTransition, Context};
use oms_domain::division::{Division, Neighbourhood};
use oms_domain::input::Fault;
use oms_domain::limits::{STALE_RETRIES_MAX, TECHNICIANS_MAX, VISIT_MINUTES_MAX};
use oms_domain::order::{AppointmentState, Order};
use oms_domain::rights::{Actor, Right};
use oms_domain::scenario;
use oms_domain::time::Instant;
use oms_domain::workforce::{
    Organisation, Slot, SlotQuery, Technician, Workforce, WorkforceQuery, free_slots, read_list,
};
use oms_domain::zone::{date_in, day, zone};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// The list of technicians as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicianList {
    /// Counts the swaps; the ETag.
    pub version: i64,
    pub technicians: Vec<Technician>,
}

/// A visit with the order that it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    pub from: Instant,
    pub to: Instant,
    pub state: AppointmentState,
    pub is_override: bool,
    pub order: Order,
}

/// Technicians and their visits.
pub trait Workforces: Sync {
    /// Technicians of some divisions and those below, and their visits in a time, in one statement. Whoever names no zone
    /// gets that of the home division.
    fn workforce(
        &self,
        query: &WorkforceQuery,
    ) -> impl Future<Output = Result<Workforce, StoreError>> + Send;

    fn technicians(&self) -> impl Future<Output = Result<TechnicianList, StoreError>> + Send;

    /// Swaps the whole list; only if it has the expected version, when one is named.
    fn replace_technicians(
        &self,
        technicians: &[Technician],
        expected_version: Option<i64>,
        now: Instant,
    ) -> impl Future<Output = Result<(), SaveError>> + Send;

    /// Codes of technicians with visits that begin after this.
    fn booked_technicians(
        &self,
        after: Instant,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    fn technician(
        &self,
        code: &str,
    ) -> impl Future<Output = Result<Option<Technician>, StoreError>> + Send;

    /// Visits of a technician that begin in a time, the first one first.
    fn visits(
        &self,
        technician: &str,
        from: Instant,
        to: Instant,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Visit>, StoreError>> + Send;
}

/// The technicians of the divisions that the caller's right reaches.
pub async fn list<P: Workforces + ports::Organisation>(
    ports: &P,
    actor: &Actor,
) -> Result<TechnicianList, AppError> {
    let right = Right::TechniciansRead;
    require(actor, right)?;
    let mut list = ports.technicians().await?;
    if !actor.may_in(right, None) {
        let read = among(&ports.divisions().await?, |path| actor.may_in(right, path));
        list.technicians.retain(|technician| read.contains(&technician.home_division));
    }
    Ok(list)
}

/// Codes of the divisions of which this holds, by their paths.
fn among(divisions: &[Division], holds: impl Fn(Option<&str>) -> bool) -> BTreeSet<String> {
    let paths = division_paths(divisions);
    let held = divisions.iter().zip(paths).filter(|(_, path)| holds(Some(path)));
    held.map(|(division, _)| division.code.clone()).collect()
}

/// Checks a list and swaps it at once, or changes nothing. Answers what was swapped as it is then. A caller whose right
/// reaches a part of the organisation swaps the technicians of that part: those of other divisions stay, whether they are
/// left out or sent as they are.
pub async fn replace<P: Workforces + ports::Organisation>(
    ports: &P,
    actor: &Actor,
    document: &Value,
    expected_version: Option<i64>,
    now: Instant,
) -> Result<TechnicianList, AppError> {
    let right = Right::TechniciansWrite;
    require(actor, right)?;
    let divisions = ports.divisions().await?;
    let own = among(&divisions, |path| actor.may_all_in(right, path));
    let is_partial = !actor.may_all_in(right, None);
    if is_partial && own.is_empty() {
        return Err(AppError::RightMissing(right));
    }
    let divisions: BTreeSet<String> = divisions.into_iter().map(|division| division.code).collect();
    let is_of_others = |it: &Technician| is_partial && !own.contains(&it.home_division);
    for _ in 0..STALE_RETRIES_MAX {
        let mut others = TechnicianList { version: 0, technicians: Vec::new() };
        let mut version = expected_version;
        if is_partial {
            others = ports.technicians().await?;
            others.technicians.retain(is_of_others);
            version = expected_version.or(Some(others.version));
        }
        let mut booked = ports.booked_technicians(now).await?;
        booked.retain(|code| others.technicians.iter().all(|other| other.code != *code));
        let organisation = Organisation { divisions: &divisions, booked: &booked };
        let sent = read_list(document, organisation).map_err(AppError::Invalid)?;
        let technicians = beside(others.technicians, sent, is_of_others)?;
        match ports.replace_technicians(&technicians, version, now).await {
            Ok(()) => {
                let mut list = ports.technicians().await?;
                list.technicians.retain(|technician| !is_of_others(technician));
                return Ok(list);
            }
            // Others were swapped meanwhile, of which this caller has said nothing.
            Err(SaveError::Stale) if expected_version.is_none() => {}
            Err(SaveError::Stale) => {
                let current = ports.technicians().await?.version;
                return Err(AppError::StaleList { current });
            }
            Err(SaveError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(AppError::Busy),
        }
    }
    Err(AppError::Busy)
}

/// What was sent, beside the technicians of others as they are. Nobody moves one from there or there, nor takes the code of
/// one.
fn beside(
    others: Vec<Technician>,
    sent: Vec<Technician>,
    is_of_others: impl Fn(&Technician) -> bool,
) -> Result<Vec<Technician>, AppError> {
    let mut own = Vec::with_capacity(sent.len());
    for technician in sent {
        match others.iter().find(|other| other.code == technician.code) {
            Some(other) if *other == technician => {}
            None if !is_of_others(&technician) => own.push(technician),
            _ => return Err(AppError::RightMissing(Right::TechniciansWrite)),
        }
    }
    let mut all = others;
    all.append(&mut own);
    if all.len() > TECHNICIANS_MAX {
        let message = format!("At most {TECHNICIANS_MAX} technicians, with those of others.");
        let code = "too-many".to_owned();
        return Err(AppError::Invalid(vec![Fault { pointer: String::new(), code, message }]));
    }
    Ok(all)
}

/// Where and when somebody wants a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotsWanted {
    pub division: String,
    pub skill: Option<String>,
    pub duration_minutes: i64,
    pub from: Instant,
    pub to: Instant,
    pub limit: usize,
}

/// Free slots of a division and those below it, for whoever may read its technicians.
pub async fn slots<P: Workforces + Identity + ports::Organisation>(
    ports: &P,
    actor: &Actor,
    wanted: &SlotsWanted,
    now: Instant,
) -> Result<Vec<Slot>, AppError> {
    require(actor, Right::TechniciansRead)?;
    if !reads_of(ports, actor, &wanted.division).await? {
        return Err(AppError::RightMissing(Right::TechniciansRead));
    }
    let longest = i64::from(VISIT_MINUTES_MAX);
    let query = WorkforceQuery {
        divisions: vec![wanted.division.clone()],
        // The hours of the whole first day count, and what reaches into the last.
        from: wanted.from.max(now).plus_minutes(-24 * 60),
        to: wanted.to.plus_minutes(longest),
    };
    let workforce = ports.workforce(&query).await?;
    let technicians = workforce.of(&wanted.division);
    if technicians.is_empty() && ports.division(&wanted.division).await?.is_none() {
        let shown: String = wanted.division.chars().take(64).collect();
        return Err(AppError::NotFound { what: format!("Division {shown:?}") });
    }
    let query = SlotQuery {
        skill: wanted.skill.as_deref(),
        duration_minutes: wanted.duration_minutes,
        from: wanted.from,
        to: wanted.to,
        now,
        limit: wanted.limit,
    };
    Ok(free_slots(technicians, &workforce.bookings, &query))
}

/// A technician's day.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub technician: Technician,
    pub date: chrono::NaiveDate,
    /// With what this caller can do with the order on the spot.
    pub visits: Vec<(Visit, Vec<AvailableTransition>)>,
}

/// Nobody makes more visits in a day.
const ROUTE_VISITS_MAX: u32 = 100;

/// The visits of one day in the technician's zone; None: of today. A caller whose rights reach less sees those of their own
/// orders, and no technician of another division.
pub async fn route<P: Workforces + Identity + Scenarios>(
    ports: &P,
    actor: &Actor,
    code: &str,
    date: Option<chrono::NaiveDate>,
    now: Instant,
) -> Result<Route, AppError> {
    require(actor, Right::TechniciansRead)?;
    require(actor, Right::OrdersRead)?;
    let not_found = || {
        let shown: String = code.chars().take(64).collect();
        AppError::NotFound { what: format!("Technician {shown:?}") }
    };
    let technician = ports.technician(code).await?.ok_or_else(not_found)?;
    if !reads_of(ports, actor, &technician.home_division).await? {
        return Err(not_found());
    }
    let zone = zone(technician.timezone.as_deref());
    let date = date.unwrap_or_else(|| date_in(zone, now));
    let (from, to) = day(zone, date);
    let visits = ports.visits(code, from, to, ROUTE_VISITS_MAX).await?;
    let mut route = Route { technician, date, visits: Vec::new() };
    let mut paths: BTreeMap<String, Option<String>> = BTreeMap::new();
    for visit in visits {
        let division = &visit.order.division.code;
        if !paths.contains_key(division) {
            paths.insert(division.clone(), ports.division_path(division).await?);
        }
        let division_path = paths.get(division).cloned().flatten();
        let place = OrderPlace { division_path, kind: visit.order.kind };
        if actor.sees(&place) {
            let actor = actor.at(&place);
            let transitions = transitions(ports, &visit.order, &actor, now).await?;
            let order = shown(visit.order, &actor);
            route.visits.push((Visit { order, ..visit }, transitions));
        }
    }
    Ok(route)
}

/// Whether the caller may read the technicians of a division; one that is not there is read by whoever may read all.
async fn reads_of<P: Identity>(ports: &P, actor: &Actor, division: &str) -> Result<bool, AppError> {
    let right = Right::TechniciansRead;
    if actor.may_in(right, None) {
        return Ok(true);
    }
    let path = ports.division_path(division).await?;
    Ok(actor.may_in(right, path.as_deref()))
}

async fn transitions<P: Scenarios>(
    ports: &P,
    order: &Order,
    actor: &Actor,
    now: Instant,
) -> Result<Vec<AvailableTransition>, AppError> {
    let (code, version) = (&order.scenario.code, order.scenario.version);
    let individual = match scenario::find(code, version) {
        Some(_) => None,
        None => ports.published_scenario(code, version).await?,
    };
    let Some(scenario) = individual.as_deref().or_else(|| scenario::find(code, version)) else {
        return Ok(Vec::new());
    };
    let neighbourhood = &Neighbourhood::default();
    let calendars = Calendars::round_the_clock();
    let context = Context { now, actor, scenario, neighbourhood, calendars, workforce: None };
    let mut transitions = decide::available(order, context);
    transitions.retain(|transition| transition.allowed);
    Ok(transitions)
}
