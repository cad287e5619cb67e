//! What was ordered changes while the order is under way.

use crate::AppError;
use crate::change::{Expected, scenario_of, shown_to, there};
use crate::ports::{Orders, RegistrationQuery, Save, SaveError};
use crate::read::{not_found, reference, require};
use crate::register::coverage;
use oms_domain::amendment::Amendment;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Command, Context, Decision};
use oms_domain::limits::STALE_RETRIES_MAX;
use oms_domain::order::Order;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::Query;
use oms_domain::routing::normalise::Place;
use oms_domain::service::{check_named_anew, orders_named_anew};
use oms_domain::time::Instant;
use serde_json::Value;

/// An amendment as it came in.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub actor: &'a Actor,
    /// Id or number of the order.
    pub name: &'a str,
    pub expected: Expected,
    pub document: &'a Value,
    /// Nothing is changed: what would come of it.
    pub dry_run: bool,
    pub now: Instant,
}

/// Amends an order: load, look up who operates the amended address, decide, save. The order may not become what another
/// open order is already, and the services that it newly names must be there.
pub async fn amend<P: Orders>(ports: &P, request: Request<'_>) -> Result<Decision, AppError> {
    require(request.actor, Right::OrdersRead)?;
    require(request.actor, Right::OrdersAmend)?;
    let reference = reference(request.name)?;
    for _ in 0..STALE_RETRIES_MAX {
        let loaded = ports.load(&reference).await?.ok_or_else(|| not_found(request.name))?;
        let actor = there(request.actor, &loaded, request.name)?;
        let scenario = scenario_of(&loaded)?;
        let order = &loaded.order;
        if let Expected::Version(version) = request.expected
            && version != order.version
        {
            return Err(AppError::StaleVersion { current: order.version });
        }
        let amendment =
            Amendment::read(order, request.document, request.now).map_err(AppError::Invalid)?;
        let mut amended = order.clone();
        amendment.apply(&mut amended);
        let duplicate_key = amended.duplicate_key().filter(|_| differs(order, &amended));
        let makers = orders_named_anew(order, &amended.items);
        let mut neighbourhood = loaded.neighbourhood.clone();
        let mut calendars = loaded.calendars.clone();
        let mut covered = None;
        if amendment.moves() || duplicate_key.is_some() || !makers.is_empty() {
            let query = RegistrationQuery {
                idempotency_key: None,
                duplicate_key: duplicate_key.clone(),
                import_key: None,
                place: query(&amended),
                scenario_for: None,
                makers,
            };
            let mut found = ports.registration_context(&query).await?;
            if let Some((id, number)) = found.duplicate.take().filter(|(id, _)| *id != order.id) {
                return Err(AppError::DuplicateOrder { id, number });
            }
            let faults = check_named_anew(order, &amended.items, &found.services);
            if !faults.is_empty() {
                return Err(AppError::Invalid(faults));
            }
            if amendment.moves() {
                let given = std::mem::take(&mut found.calendars);
                let coverage = coverage(found, &query.place);
                // The division that has the order is known as before, also when the order stays with it.
                let others = std::mem::replace(&mut neighbourhood, coverage.neighbourhood.clone());
                neighbourhood.others.push(others);
                calendars = Calendars::around(&coverage.neighbourhood, given).or(&calendars);
                covered = Some(Box::new(coverage));
            }
        }
        let context = Context {
            now: request.now,
            actor: &actor,
            scenario,
            neighbourhood: &neighbourhood,
            calendars: &calendars,
            workforce: None,
        };
        let command = Command::Amend { amendment: Box::new(amendment), coverage: covered };
        let workforce = match decide::workforce_wanted(order, &command, context) {
            Some(query) => Some(ports.workforce(&query).await?),
            None => None,
        };
        let context = Context { workforce: workforce.as_ref(), ..context };
        let decision = decide::decide(order, command, context)?;
        let decision = decision.with_outlook(context, &loaded.medians);
        if request.dry_run || decision.is_empty() {
            return Ok(shown_to(request.actor, decision));
        }
        let save = Save {
            decision: &decision,
            expected_version: order.version,
            duplicate_key,
            import_key: None,
            idempotency: None,
            settlement: None,
            documents: Vec::new(),
            escalations: Vec::new(),
            now: request.now,
        };
        match ports.save(save).await {
            Ok(()) => return Ok(shown_to(request.actor, decision)),
            Err(SaveError::Store(error)) => return Err(error.into()),
            Err(SaveError::Stale) if request.expected != Expected::Any => {
                let current = ports.find(&reference).await?.map_or(0, |order| order.version);
                return Err(AppError::StaleVersion { current });
            }
            // Looking again finds the newer version, or the order that is the same.
            Err(_) => {}
        }
    }
    Err(AppError::Busy)
}

fn differs(before: &Order, after: &Order) -> bool {
    before.duplicate_key() != after.duplicate_key()
}

/// What of an order says where it goes.
pub(crate) fn query(order: &Order) -> Query {
    Query {
        place: Place::of(&order.address).with_phone(order.line_phone.as_deref()),
        services: order.items.iter().map(|item| item.service).collect(),
    }
}
