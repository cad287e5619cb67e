//! An order is changed: loaded, decided, saved.

use crate::AppError;
use crate::outlook::outlook_of;
use crate::ports::{Escalation, LoadedOrder, OrderReference, Orders, Save, SaveError, Settlement};
use crate::read::{not_found, reference};
use crate::scoped::{shown, viewer};
use oms_domain::decide::{self, AvailableTransition, Command, Context, Decision};
use oms_domain::limits::STALE_RETRIES_MAX;
use oms_domain::order::{Document, Order};
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use oms_domain::scenario::{self, Scenario};
use oms_domain::time::Instant;
use oms_domain::workforce::Workforce;

/// What goes into the same atomic step as the decision.
#[derive(Debug, Clone, Default)]
pub struct Along {
    pub settlement: Option<Settlement>,
    pub documents: Vec<Document>,
    pub escalations: Vec<Escalation>,
}

/// The version that a change must be made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The caller has seen this version (If-Match).
    Version(i64),
    /// Whatever the order is like: a command that does not depend on what the caller saw.
    Any,
}

/// Changes an order by one command.
pub async fn change<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    expected: Expected,
    command: Command,
    now: Instant,
) -> Result<Decision, AppError> {
    let reference = reference(name)?;
    let along = Along::default();
    let (decision, loaded) =
        change_loaded(ports, actor, &reference, expected, command, along, now).await?;
    Ok(shown_to(actor, with_outlook(decision, &loaded, now)))
}

/// Changes an order, and settles an effect or adds documents in the same step.
pub async fn change_along<P: Orders>(
    ports: &P,
    actor: &Actor,
    reference: &OrderReference,
    expected: Expected,
    command: Command,
    along: Along,
    now: Instant,
) -> Result<Decision, AppError> {
    let changed = change_loaded(ports, actor, reference, expected, command, along, now).await?;
    Ok(changed.0)
}

/// The decision with what it was made on.
async fn change_loaded<P: Orders>(
    ports: &P,
    actor: &Actor,
    reference: &OrderReference,
    expected: Expected,
    command: Command,
    along: Along,
    now: Instant,
) -> Result<(Decision, LoadedOrder), AppError> {
    let mut command = command;
    for _ in 0..STALE_RETRIES_MAX {
        let loaded = ports.load(reference).await?.ok_or_else(|| not_found(name_of(reference)))?;
        let workforce = workforce(ports, &loaded, actor, &command, now).await?;
        let seen = (&loaded, workforce.as_ref());
        let decision = decide_on(seen, name_of(reference), actor, expected, command.clone(), now)?;
        if decision.is_empty() && along.settlement.is_none() {
            return Ok((decision, loaded));
        }
        let save = Save {
            decision: &decision,
            expected_version: loaded.order.version,
            duplicate_key: None,
            import_key: None,
            idempotency: None,
            settlement: along.settlement.clone(),
            documents: along.documents.clone(),
            escalations: along.escalations.clone(),
            now,
        };
        match ports.save(save).await {
            Ok(()) => return Ok((decision, loaded)),
            Err(SaveError::Store(error)) => return Err(error.into()),
            // Looking again finds another slot, or that the one asked for is gone.
            Err(SaveError::SlotTaken) => note_rival(&mut command),
            Err(SaveError::Stale) if expected == Expected::Any => {}
            Err(SaveError::Stale) => {
                let current = ports.find(reference).await?.map_or(0, |order| order.version);
                return Err(AppError::StaleVersion { current });
            }
            Err(_) => return Err(AppError::Busy),
        }
    }
    Err(AppError::Busy)
}

/// What a command would do; nothing is changed.
pub async fn dry_run<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    expected: Expected,
    command: Command,
    now: Instant,
) -> Result<Decision, AppError> {
    let loaded = ports.load(&reference(name)?).await?.ok_or_else(|| not_found(name))?;
    let workforce = workforce(ports, &loaded, actor, &command, now).await?;
    let seen = (&loaded, workforce.as_ref());
    let decision = decide_on(seen, name, actor, expected, command, now)?;
    Ok(shown_to(actor, with_outlook(decision, &loaded, now)))
}

fn with_outlook(decision: Decision, loaded: &LoadedOrder, now: Instant) -> Decision {
    let outlook = Some(outlook_of(loaded, &decision.order, now));
    Decision { outlook, ..decision }
}

/// What a caller sees of the order that they have changed.
pub(crate) fn shown_to(actor: &Actor, decision: Decision) -> Decision {
    let order = shown(decision.order, viewer(actor).as_ref().unwrap_or(actor));
    Decision { order, ..decision }
}

/// What this caller can do with the order now, and for what not: why not.
pub async fn available<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    now: Instant,
) -> Result<(Order, Vec<AvailableTransition>), AppError> {
    crate::read::require(actor, Right::OrdersRead)?;
    let loaded = ports.load(&reference(name)?).await?.ok_or_else(|| not_found(name))?;
    let actor = there(actor, &loaded, name)?;
    let scenario = scenario_of(&loaded)?;
    let neighbourhood = &loaded.neighbourhood;
    let calendars = &loaded.calendars;
    let context =
        Context { now, actor: &actor, scenario, neighbourhood, calendars, workforce: None };
    let workforce = match decide::workforce_for_all_transitions(&loaded.order, context) {
        Some(query) => Some(ports.workforce(&query).await?),
        None => None,
    };
    let context = Context { workforce: workforce.as_ref(), ..context };
    let transitions = decide::available(&loaded.order, context);
    Ok((loaded.order, transitions))
}

/// What the decision must know of the technicians; nothing is read for a command that books no visit.
async fn workforce<P: Orders>(
    ports: &P,
    loaded: &LoadedOrder,
    actor: &Actor,
    command: &Command,
    now: Instant,
) -> Result<Option<Workforce>, AppError> {
    let scenario = scenario_of(loaded)?;
    let neighbourhood = &loaded.neighbourhood;
    let calendars = &loaded.calendars;
    let context = Context { now, actor, scenario, neighbourhood, calendars, workforce: None };
    match decide::workforce_wanted(&loaded.order, command, context) {
        Some(query) => Ok(Some(ports.workforce(&query).await?)),
        None => Ok(None),
    }
}

fn note_rival(command: &mut Command) {
    if let Command::Transition { visit, .. } | Command::Reschedule { visit, .. } = command {
        visit.rivals += 1;
    }
}

fn decide_on(
    (loaded, workforce): (&LoadedOrder, Option<&Workforce>),
    name: &str,
    actor: &Actor,
    expected: Expected,
    command: Command,
    now: Instant,
) -> Result<Decision, AppError> {
    there(actor, loaded, name)?;
    let actor = loaded.doer(actor, &command);
    if let Expected::Version(version) = expected
        && version != loaded.order.version
    {
        return Err(AppError::StaleVersion { current: loaded.order.version });
    }
    let scenario = scenario_of(loaded)?;
    let neighbourhood = &loaded.neighbourhood;
    let calendars = &loaded.calendars;
    let context = Context { now, actor: &actor, scenario, neighbourhood, calendars, workforce };
    Ok(decide::decide(&loaded.order, command, context)?)
}

/// The caller as far as this order is concerned. One that they do not see is not found, in the words for one that there is
/// not: by the name that they gave.
pub(crate) fn there(actor: &Actor, loaded: &LoadedOrder, name: &str) -> Result<Actor, AppError> {
    loaded.places().insider(actor).ok_or_else(|| not_found(name))
}

/// The scenario that a loaded order began with, or was moved to.
pub fn scenario_of(loaded: &LoadedOrder) -> Result<&Scenario, AppError> {
    let reference = &loaded.order.scenario;
    let built_in = || scenario::find(&reference.code, reference.version);
    loaded.individual_scenario.as_deref().or_else(built_in).ok_or_else(|| {
        let (code, version) = (reference.code.clone(), reference.version);
        AppError::Rejected(Rejection::ScenarioUnknown { code, version })
    })
}

fn name_of(reference: &OrderReference) -> &str {
    match reference {
        OrderReference::Id(text) | OrderReference::Number(text) => text,
    }
}
