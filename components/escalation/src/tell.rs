//! Executes escalations: those whom a rung names get a notice, once.

use axum::response::Response;
use http::StatusCode;
use oms_app::change::Along;
use oms_app::effects::{self, Execution, Executor, Tally};
use oms_app::ports::ClaimedEffect;
use oms_app::telling::{Telling, telling};
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
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, now: Instant) -> Execution {
        let Telling { told, escalations } = match telling(self.backend, effect, order, now).await {
            Ok(telling) => telling,
            Err(error) => return Execution::Later(error.to_string()),
        };
        let rung = effect.payload["rung"].as_str().map(str::to_owned);
        let along = Along { escalations, ..Along::default() };
        Execution::Done { command: Box::new(Command::Escalated { rung, told }), along }
    }
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
