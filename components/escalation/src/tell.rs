//! Executes escalations: the responsible division gets a notice, once.

use axum::response::Response;
use http::StatusCode;
use oms_app::change::Along;
use oms_app::effects::{self, Execution, Executor, Tally};
use oms_app::ports::{ClaimedEffect, Escalation, Organisation};
use oms_domain::decide::Command;
use oms_domain::effect::EffectKind;
use oms_domain::order::Order;
use oms_domain::time::Instant;
use oms_web::{Backend, Problem, backend, clock, json_answer};
use serde_json::json;

pub const COMPONENT: &str = "escalation";
/// Batches in one call; what is left waits for the next.
const BATCHES_MAX: u32 = 64;

struct Teller<'a> {
    backend: &'a Backend,
}

impl Executor for Teller<'_> {
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, _now: Instant) -> Execution {
        let code = effect.payload["division"].as_str().unwrap_or(&order.division.code).to_owned();
        let division = match self.backend.division(&code).await {
            Ok(division) => division,
            Err(error) => return Execution::Later(error.to_string()),
        };
        // A division that was removed meanwhile still gets its notice under its code.
        let email = division.as_ref().and_then(|division| division.email.clone());
        let name = division.map_or(code.clone(), |division| division.name);
        let escalation = Escalation {
            id: effect.id.clone(),
            division: code,
            email: email.clone(),
            stage: effect.payload["stage"].as_str().unwrap_or_default().to_owned(),
            due_at: effect.payload["dueAt"].as_str().and_then(Instant::parse),
        };
        let along = Along { escalation: Some(escalation), ..Along::default() };
        Execution::Done { command: Box::new(Command::Escalated { division: name, email }), along }
    }
}

/// Tells of all missed deadlines that wait.
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
