//! Running orders are moved to another scenario, first as a preview. Each order is decided and saved on its own: what
//! does not fit stays as it is and is told.

use crate::AppError;
use crate::change::{Expected, change, dry_run};
use crate::ports::{Cursor, Orders, StoreError};
use crate::scenario_ports::Scenarios;
use crate::scenarios;
use crate::scoped::require_everywhere;
use oms_domain::decide::{Command, Decision};
use oms_domain::event::EventType;
use oms_domain::input::Fault;
use oms_domain::limits::{MIGRATION_ORDERS_LOOKED_AT_MAX, MIGRATION_ORDERS_READ_AT_ONCE};
use oms_domain::order::{CurrentStage, ScenarioReference};
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use oms_domain::scenario::{LocalText, Scenario, ScenarioState};
use oms_domain::time::Instant;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

/// An open order, and the scenario that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningOrder {
    pub id: String,
    pub number: String,
    pub stage: CurrentStage,
    pub scenario: ScenarioReference,
    /// Where the list of running orders goes on behind this one.
    pub cursor: Cursor,
}

/// Open orders, a part at a time.
pub trait RunningOrders: Sync {
    fn running(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<RunningOrder>, StoreError>> + Send;
}

/// Which orders are moved, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The scenario that they go on by.
    pub to: ScenarioReference,
    /// The code of the one that they are in.
    pub from_code: String,
    /// Its versions; None: all.
    pub from_versions: Option<Vec<u32>>,
    /// Which stage of the new scenario a stage of the old one is; without an entry: the one with the same code.
    pub stages: BTreeMap<String, String>,
    /// Nothing is changed.
    pub dry_run: bool,
    pub after: Option<Cursor>,
    /// Orders of this request; the next goes on behind them.
    pub limit: u32,
}

/// An order that was moved, or would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    pub id: String,
    pub number: String,
    pub from: CurrentStage,
    pub to: CurrentStage,
    /// What is different for the people who work on it.
    pub losses: Value,
}

/// An order that stays where it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staying {
    pub id: String,
    pub number: String,
    pub stage: CurrentStage,
    pub code: &'static str,
    pub messages: LocalText,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    pub moved: Vec<Moved>,
    pub stay: Vec<Staying>,
    /// There may be more orders behind this one.
    pub next: Option<Cursor>,
}

/// Moves running orders, or says what moving them would do. Those that the caller does not see are passed over.
pub async fn migrate<P: Orders + Scenarios + RunningOrders>(
    ports: &P,
    actor: &Actor,
    request: &Request,
    now: Instant,
) -> Result<Report, AppError> {
    require_everywhere(actor, Right::ScenariosWrite)?;
    let to = Arc::new(target(ports, actor, request).await?);
    let mut report = Report::default();
    let mut after = request.after.clone();
    let (mut looked_at, mut handled) = (0, 0);
    while looked_at < MIGRATION_ORDERS_LOOKED_AT_MAX {
        let part = ports.running(after.as_ref(), MIGRATION_ORDERS_READ_AT_ONCE).await?;
        if part.is_empty() {
            return Ok(report);
        }
        looked_at += part.len();
        for order in part {
            after = Some(order.cursor.clone());
            if !is_meant(request, &order.scenario) {
                continue;
            }
            one(ports, actor, request, &to, order, &mut report, now).await?;
            handled += 1;
            if handled >= request.limit {
                report.next = after;
                return Ok(report);
            }
        }
    }
    report.next = after;
    Ok(report)
}

fn is_meant(request: &Request, scenario: &ScenarioReference) -> bool {
    let of_version = |versions: &Vec<u32>| versions.contains(&scenario.version);
    scenario.code == request.from_code
        && *scenario != request.to
        && request.from_versions.as_ref().is_none_or(of_version)
}

/// The scenario that orders go on by: one that new orders could take.
async fn target<P: Scenarios>(
    ports: &P,
    actor: &Actor,
    request: &Request,
) -> Result<Scenario, AppError> {
    let ScenarioReference { code, version } = &request.to;
    let found = scenarios::one(ports, actor, code, *version).await?;
    if let Some(entry) = found.entry.filter(|it| it.state != ScenarioState::Published) {
        let (code, state) = (code.clone(), entry.state.code());
        return Err(Rejection::ScenarioNotPublished { code, version: *version, state }.into());
    }
    let unknown = request.stages.iter().filter(|(_, to)| found.scenario.stage(to).is_none());
    let faults: Vec<Fault> = unknown
        .map(|(from, to)| Fault {
            pointer: format!("/stages/{}", from.replace('~', "~0").replace('/', "~1")),
            code: "unknown-stage".to_owned(),
            message: format!("Scenario {code} version {version} has no stage {to:?}."),
        })
        .collect();
    match faults.is_empty() {
        true => Ok(found.scenario),
        false => Err(AppError::Invalid(faults)),
    }
}

async fn one<P: Orders>(
    ports: &P,
    actor: &Actor,
    request: &Request,
    to: &Arc<Scenario>,
    order: RunningOrder,
    report: &mut Report,
    now: Instant,
) -> Result<(), AppError> {
    let command = Command::MigrateScenario { to: to.clone(), stages: request.stages.clone() };
    // Whatever the order is like by now, the rules say whether it fits.
    let outcome = match request.dry_run {
        true => dry_run(ports, actor, &order.id, Expected::Any, command, now).await,
        false => change(ports, actor, &order.id, Expected::Any, command, now).await,
    };
    let RunningOrder { id, number, stage, .. } = order;
    match outcome {
        Ok(decision) => {
            let losses = losses(&decision);
            let to = decision.order.stage;
            report.moved.extend(losses.map(|losses| Moved { id, number, from: stage, to, losses }));
        }
        Err(AppError::Rejected(rejection)) => {
            let (code, messages) = (rejection.code(), rejection.sentences());
            report.stay.push(Staying { id, number, stage, code, messages });
        }
        Err(error @ AppError::Busy) => {
            let ru = "Заявку сейчас меняют другие; повторите.".to_owned();
            let messages = LocalText { en: error.to_string(), ru };
            report.stay.push(Staying { id, number, stage, code: "busy", messages });
        }
        // It is gone, or the caller does not see it: what was moved before must be told all the same.
        Err(AppError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// None: somebody else has moved it meanwhile.
fn losses(decision: &Decision) -> Option<Value> {
    let moved = |event: &&oms_domain::event::Event| event.event_type == EventType::ScenarioMigrated;
    decision.events.iter().find(moved).map(|event| event.data["losses"].clone())
}
