//! A new order is registered.

use crate::AppError;
use crate::hash::sha256_hex;
use crate::ports::{
    NewIdempotencyKey, Orders, RegistrationContext, RegistrationQuery, Save, SaveError,
};
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Context, Decision};
use oms_domain::division::{DivisionReference, Neighbourhood};
use oms_domain::limits::STALE_RETRIES_MAX;
use oms_domain::number::order_number;
use oms_domain::order::Order;
use oms_domain::projection::Outlook;
use oms_domain::registration::Registration;
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{
    Coverage, Query, Selection, ServiceDivision, divisions_by_service, select,
};
use oms_domain::scenario::{self, Scenario};
use oms_domain::service::{Namer, check_named, orders_named};
use oms_domain::time::Instant;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A registration as it came in.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub actor: &'a Actor,
    pub document: &'a Value,
    /// The bytes of the body, by which a repeated request is recognised.
    pub body: &'a [u8],
    pub idempotency_key: Option<&'a str>,
    pub now: Instant,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Registered {
        order: Box<Order>,
        /// When it will probably be completed.
        outlook: Box<Outlook>,
        effects_of: Vec<&'static str>,
    },
    /// The same key and body came before: the answer of then.
    Replayed { response: Value },
}

/// Registers an order: one statement looks everything up, one saves. Two requests with one Idempotency-Key at the same
/// time make one order: the second save breaks the key's uniqueness and is answered as a repetition.
pub async fn register<P: Orders>(ports: &P, request: Request<'_>) -> Result<Outcome, AppError> {
    if !request.actor.may(Right::OrdersRegister) {
        return Err(AppError::RightMissing(Right::OrdersRegister));
    }
    let registration =
        Registration::read(request.document, request.now).map_err(AppError::Invalid)?;
    if registration.imported.is_some() && !request.actor.may(Right::OrdersImport) {
        return Err(AppError::RightMissing(Right::OrdersImport));
    }
    let body_sha256 = sha256_hex(request.body);
    let import_key =
        registration.imported.as_ref().map(|import| format!("{}|{}", import.source, import.key));
    let query = RegistrationQuery {
        // Keys of different callers never meet.
        idempotency_key: request.idempotency_key.map(|key| format!("{}|{key}", request.actor.name)),
        duplicate_key: duplicate_key(&registration),
        import_key: import_key.clone(),
        place: Query {
            place: Place::of(&registration.address).with_phone(registration.line_phone.as_deref()),
            services: registration.services(),
        },
        scenario_for: Some((registration.kind, registration.party_type())),
        makers: orders_named(&registration.items),
    };
    let namer = Namer::of(registration.channel, registration.party.as_ref());
    for _ in 0..STALE_RETRIES_MAX {
        let mut found = ports.registration_context(&query).await?;
        if let Some(replay) = &found.replay {
            return match replay.body_sha256 == body_sha256 {
                true => Ok(Outcome::Replayed { response: read_response(&replay.response)? }),
                false => Err(AppError::IdempotencyMismatch),
            };
        }
        if let Some((id, number)) = found.imported.clone().or(found.duplicate.clone()) {
            return Err(AppError::DuplicateOrder { id, number });
        }
        let faults = check_named(&registration.items, &found.services, &namer);
        if !faults.is_empty() {
            return Err(AppError::Invalid(faults));
        }
        let given = std::mem::take(&mut found.calendars);
        let mut medians = std::mem::take(&mut found.medians);
        let individual = found.individual_scenario.clone();
        let scenario = scenario_for(&registration, individual.as_deref())?;
        let coverage = coverage(found, &query.place);
        let calendars = Calendars::around(&coverage.neighbourhood, given);
        let id = Uuid::now_v7();
        let number = order_number(request.now, id.as_u64_pair().1);
        let context = Context {
            now: request.now,
            actor: request.actor,
            scenario,
            neighbourhood: &coverage.neighbourhood,
            workforce: None,
            calendars: &calendars,
        };
        let decision =
            decide::register(registration.clone(), id.to_string(), number, &coverage, context)?;
        let medians = medians.remove(&scenario.code).unwrap_or_default();
        let decision = decision.with_outlook(context, &medians);
        let idempotency = query.idempotency_key.clone().map(|key| NewIdempotencyKey {
            key,
            body_sha256: body_sha256.clone(),
            response: decision.order_to_api().to_string(),
        });
        let save = Save {
            decision: &decision,
            expected_version: 0,
            duplicate_key: query.duplicate_key.clone().filter(|_| decision.order.is_open()),
            import_key: import_key.clone(),
            idempotency,
            settlement: None,
            documents: Vec::new(),
            escalations: Vec::new(),
            now: request.now,
        };
        match ports.save(save).await {
            Ok(()) => return Ok(registered(decision)),
            // Somebody was faster, or the number is taken: looking again finds the answer, or draws another number.
            Err(SaveError::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Err(AppError::Busy)
}

/// The operator's own scenario goes before the built-in one.
fn scenario_for<'a>(
    registration: &Registration,
    individual: Option<&'a Scenario>,
) -> Result<&'a Scenario, AppError> {
    let built_in = || scenario::for_order(registration.kind, registration.party_type());
    individual.or_else(built_in).ok_or_else(|| {
        let code = registration.kind.code().to_owned();
        AppError::Rejected(Rejection::ScenarioUnknown { code, version: 0 })
    })
}

fn registered(decision: Decision) -> Outcome {
    let effects_of = decision.effects.iter().map(|effect| effect.kind.executor()).collect();
    let outlook = Box::new(decision.outlook.unwrap_or_default());
    Outcome::Registered { order: Box::new(decision.order), outlook, effects_of }
}

fn read_response(text: &str) -> Result<Value, AppError> {
    let corrupt = |error: serde_json::Error| crate::ports::StoreError::Corrupt(error.to_string());
    serde_json::from_str(text).map_err(corrupt).map_err(AppError::from)
}

/// The winner among the candidates, and what lies around its division; around the root when no rule matches.
pub fn coverage(found: RegistrationContext, query: &Query) -> Coverage {
    let by_service = services(&found, query);
    let selection = select(found.candidates, query);
    let start = selection.rule.as_ref().map(|rule| rule.division_code.clone()).or(found.root);
    let mut around: BTreeMap<String, Neighbourhood> = BTreeMap::new();
    for neighbourhood in found.neighbourhoods {
        around
            .extend(neighbourhood.start().map(|it| it.code.clone()).map(|it| (it, neighbourhood)));
    }
    let mut neighbourhood = start.and_then(|start| around.remove(&start)).unwrap_or_default();
    let others = by_service.iter().filter_map(|one| around.remove(&one.division.code));
    neighbourhood.others = others.collect();
    let Selection { rule, beaten } = selection;
    Coverage { rule, beaten, neighbourhood, by_service }
}

/// Who operates the address for each service; nobody is named when it is the same division for all.
fn services(found: &RegistrationContext, query: &Query) -> Vec<ServiceDivision> {
    if query.services.len() < 2 {
        return Vec::new();
    }
    let named = |code: &str| {
        let starts = found.neighbourhoods.iter().filter_map(|around| around.start());
        let start = starts.into_iter().find(|start| start.code == code)?;
        Some(DivisionReference { code: start.code.clone(), name: start.name.clone() })
    };
    let divisions: Vec<ServiceDivision> = divisions_by_service(&found.candidates, query)
        .into_iter()
        .filter_map(|(service, Selection { rule, .. })| {
            let code = rule.as_ref().map(|rule| &rule.division_code).or(found.root.as_ref())?;
            Some(ServiceDivision { service, division: named(code)?, rule })
        })
        .collect();
    let is_one = divisions.windows(2).all(|pair| pair[0].division == pair[1].division);
    if is_one { Vec::new() } else { divisions }
}

fn duplicate_key(registration: &Registration) -> Option<String> {
    // An imported order is told by its key there; two complaints about one line are two complaints.
    if registration.allow_duplicate || registration.imported.is_some() {
        return None;
    }
    let party = registration.party.as_ref()?.identity_key();
    let services = registration.services();
    let services: Vec<&str> = services.iter().map(|service| service.code()).collect();
    let place = Place::of(&registration.address);
    Some(format!("{}|{}|{}|{party}", registration.kind.code(), services.join("+"), place.key()))
}
