//! Open orders go where the stored coverage sends them, one of them or all; first as a preview. Each is decided and saved on
//! its own: what can't be moved stays as it is and is told.

use crate::AppError;
use crate::amend::query;
use crate::change::{scenario_of, shown_to, there};
use crate::coverage::{Move, RoutedOrder, RoutedOrders, Tree};
use crate::ports::{Cursor, Orders, Organisation, RegistrationQuery, Save, SaveError};
use crate::read::{not_found, reference, require};
use crate::register::coverage;
use crate::scoped::require_everywhere;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Command, Context, Decision};
use oms_domain::limits::{
    COVERAGE_ORDERS_LOOKED_AT_MAX, COVERAGE_ORDERS_READ_AT_ONCE, STALE_RETRIES_MAX,
};
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::PreparedRules;
use oms_domain::scenario::LocalText;
use oms_domain::time::Instant;

/// Finds the division of one order anew, by the coverage that is stored now.
pub async fn one<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    dry_run: bool,
    now: Instant,
) -> Result<Decision, AppError> {
    require(actor, Right::OrdersRead)?;
    require(actor, Right::OrdersAssign)?;
    let reference = reference(name)?;
    for _ in 0..STALE_RETRIES_MAX {
        let loaded = ports.load(&reference).await?.ok_or_else(|| not_found(name))?;
        let actor_here = there(actor, &loaded, name)?;
        let scenario = scenario_of(&loaded)?;
        let order = &loaded.order;
        let query = RegistrationQuery {
            idempotency_key: None,
            duplicate_key: None,
            import_key: None,
            place: query(order),
            scenario_for: None,
            makers: Vec::new(),
        };
        let mut found = ports.registration_context(&query).await?;
        let given = std::mem::take(&mut found.calendars);
        let coverage = coverage(found, &query.place);
        let calendars = Calendars::around(&coverage.neighbourhood, given);
        let neighbourhood = coverage.neighbourhood.clone();
        let context = Context {
            now,
            actor: &actor_here,
            scenario,
            neighbourhood: &neighbourhood,
            calendars: &calendars,
            workforce: None,
        };
        let command = Command::Reroute { coverage: Box::new(coverage) };
        let decision = decide::decide(order, command, context)?;
        let decision = decision.with_outlook(context, &loaded.medians);
        if dry_run || decision.is_empty() {
            return Ok(shown_to(actor, decision));
        }
        let save = Save {
            decision: &decision,
            expected_version: order.version,
            duplicate_key: None,
            import_key: None,
            idempotency: None,
            settlement: None,
            documents: Vec::new(),
            escalations: Vec::new(),
            now,
        };
        match ports.save(save).await {
            Ok(()) => return Ok(shown_to(actor, decision)),
            Err(SaveError::Store(error)) => return Err(error.into()),
            // Looking again finds the newer version.
            Err(_) => {}
        }
    }
    Err(AppError::Busy)
}

/// An order that stays where it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staying {
    pub order: Move,
    pub code: &'static str,
    pub messages: LocalText,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub moved: Vec<Move>,
    pub stay: Vec<Staying>,
    /// There may be more orders behind this one.
    pub next: Option<Cursor>,
}

/// Moves the open orders that the stored coverage gives to another division, or says what moving them would do: at most
/// `limit` orders, and then from where `next` says.
pub async fn all<P: Orders + Organisation + RoutedOrders>(
    ports: &P,
    actor: &Actor,
    dry_run: bool,
    after: Option<Cursor>,
    limit: u32,
    now: Instant,
) -> Result<Report, AppError> {
    require_everywhere(actor, Right::OrganisationWrite)?;
    require_everywhere(actor, Right::OrdersRead)?;
    require_everywhere(actor, Right::OrdersAssign)?;
    let (rules, divisions) = (ports.coverage().await?, ports.divisions().await?);
    let prepared = PreparedRules::new(&rules);
    let mut tree = Tree::new(&divisions);
    let mut report = Report::default();
    let mut after = after;
    let (mut looked_at, mut handled) = (0, 0);
    while looked_at < COVERAGE_ORDERS_LOOKED_AT_MAX {
        let part = ports.open(after.as_ref(), COVERAGE_ORDERS_READ_AT_ONCE).await?;
        if part.is_empty() {
            return Ok(report);
        }
        looked_at += part.len();
        for order in part {
            after = Some(order.cursor());
            let Some(moved) = tree.moved(&order, &prepared) else { continue };
            handle(ports, actor, (order, moved), dry_run, &mut report, now).await?;
            handled += 1;
            if handled >= limit {
                report.next = after;
                return Ok(report);
            }
        }
    }
    report.next = after;
    Ok(report)
}

async fn handle<P: Orders>(
    ports: &P,
    actor: &Actor,
    (order, moved): (RoutedOrder, Move),
    dry_run: bool,
    report: &mut Report,
    now: Instant,
) -> Result<(), AppError> {
    match one(ports, actor, &order.id, dry_run, now).await {
        // It was escalated, or somebody else has moved it meanwhile.
        Ok(decision) if decision.is_empty() => {}
        Ok(decision) => {
            let (to, routing) = (decision.order.division, decision.order.routing);
            let (covering_to, reason) = (routing.covering, routing.reason);
            report.moved.push(Move { to, covering_to, reason, ..moved });
        }
        Err(AppError::Rejected(rejection)) => {
            let (code, messages) = (rejection.code(), rejection.sentences());
            report.stay.push(Staying { order: moved, code, messages });
        }
        Err(error @ AppError::Busy) => {
            let ru = "Заявку сейчас меняют другие; повторите.".to_owned();
            let messages = LocalText { en: error.to_string(), ru };
            report.stay.push(Staying { order: moved, code: "busy", messages });
        }
        // It has vanished from the reader's sight meanwhile.
        Err(AppError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
