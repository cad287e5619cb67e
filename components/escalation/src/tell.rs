//! Executes escalations: those whom a rung names get a notice, once.

use axum::response::Response;
use http::StatusCode;
use oms_app::change::Along;
use oms_app::effects::{self, Execution, Executor, Tally};
use oms_app::identity::Identity;
use oms_app::ports::{ClaimedEffect, Escalation, Organisation, StoreError};
use oms_domain::decide::{Command, Told};
use oms_domain::effect::EffectKind;
use oms_domain::order::Order;
use oms_domain::party::is_email;
use oms_domain::time::Instant;
use oms_web::{Backend, Problem, backend, clock, json_answer};
use serde::Deserialize;
use serde_json::{Value, json};

pub const COMPONENT: &str = "escalation";
/// Batches in one call; what is left waits for the next.
const BATCHES_MAX: u32 = 64;

struct Teller<'a> {
    backend: &'a Backend,
}

impl Executor for Teller<'_> {
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, _now: Instant) -> Execution {
        let payload = &effect.payload;
        let mut told = Vec::new();
        let mut escalations = Vec::new();
        for receiver in receivers(payload, order) {
            let Some(code) = receiver.code.clone() else {
                let email = match self.email_of(&receiver).await {
                    Ok(email) => email,
                    Err(error) => return Execution::Later(error.to_string()),
                };
                told.push(Told { to: receiver.to, name: receiver.name, email });
                continue;
            };
            let division = match self.backend.division(&code).await {
                Ok(division) => division,
                Err(error) => return Execution::Later(error.to_string()),
            };
            // A division that was removed meanwhile still gets its notice under its code.
            let email = division.as_ref().and_then(|division| division.email.clone());
            let name = division.map_or(receiver.name, |division| division.name);
            told.push(Told { to: receiver.to, name, email: email.clone() });
            let id = match escalations.len() {
                0 => effect.id.clone(),
                place => format!("{}/{}", effect.id, place + 1),
            };
            escalations.push(Escalation {
                id,
                division: code,
                email,
                stage: payload["stage"].as_str().unwrap_or_default().to_owned(),
                due_at: payload["dueAt"].as_str().and_then(Instant::parse),
            });
        }
        let rung = payload["rung"].as_str().map(str::to_owned);
        let along = Along { escalations, ..Along::default() };
        Execution::Done { command: Box::new(Command::Escalated { rung, told }), along }
    }
}

impl Teller<'_> {
    /// Where a watcher gets mail: the address that the scenario names, or that of the login. One who has left, or has no
    /// address, is named all the same.
    async fn email_of(&self, receiver: &Receiver) -> Result<Option<String>, StoreError> {
        if receiver.to != Receiver::WATCHER {
            return Ok(None);
        }
        if is_email(&receiver.name) {
            return Ok(Some(receiver.name.clone()));
        }
        let member = self.backend.staff_member(&receiver.name).await?;
        Ok(member.filter(|member| member.active).and_then(|member| member.email))
    }
}

/// Who is to be told. A person is told along with the division that has the order, so that a notice is always listed.
#[derive(Deserialize)]
struct Receiver {
    to: String,
    /// Code of the division; None: a person.
    code: Option<String>,
    name: String,
}

impl Receiver {
    const WATCHER: &str = "watcher";
}

fn receivers(payload: &Value, order: &Order) -> Vec<Receiver> {
    let listed = Vec::<Receiver>::deserialize(&payload["receivers"]).unwrap_or_default();
    let has_division = listed.iter().any(|receiver| receiver.code.is_some());
    let code = payload["division"].as_str().unwrap_or(&order.division.code).to_owned();
    let own = Receiver { to: "division".to_owned(), name: code.clone(), code: Some(code) };
    listed.into_iter().chain(Some(own).filter(|_| !has_division)).collect()
}

/// Tells of all deadlines that wait.
pub async fn tell(backend: &Backend) -> Result<Tally, Problem> {
    let mut total = Tally::default();
    for _ in 0..BATCHES_MAX {
        let teller = Teller { backend };
        let (tally, _) = effects::run(backend, &teller, &[EffectKind::Escalate], clock).await?;
        total.done += tally.done;
        total.postponed += tally.postponed;
        total.fallout += tally.fallout;
        if tally.done == 0 {
            break;
        }
    }
    Ok(total)
}

/// `POST /internal/work`: a nudge.
pub async fn work() -> Result<Response, Problem> {
    let tally = tell(&backend().await?).await?;
    Ok(json_answer(StatusCode::OK, &[], &json!({ "done": tally.done })))
}
