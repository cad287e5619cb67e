//! Executes draw effects: an order becomes a PDF.

use axum::response::Response;
use document_rendering::{Language, Template, render};
use http::StatusCode;
use oms_app::change::Along;
use oms_app::documents::{Upload, keep};
use oms_app::effects::{self, Execution, Executor};
use oms_app::ports::ClaimedEffect;
use oms_domain::access::SYSTEM_NAME;
use oms_domain::catalogue;
use oms_domain::decide::Command;
use oms_domain::effect::EffectKind;
use oms_domain::order::Order;
use oms_domain::party;
use oms_domain::time::Instant;
use oms_web::{Backend, Problem, backend, clock, json_answer, nudge};
use serde_json::{Value, json};

struct Drawer<'a> {
    backend: &'a Backend,
    operator: Value,
}

impl Executor for Drawer<'_> {
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, now: Instant) -> Execution {
        let code = effect.payload["template"].as_str().unwrap_or_default();
        let Some(template) = Template::from_code(code) else {
            return Execution::Refused(format!("There is no template {code:?}."));
        };
        let language = match order.party.as_ref().map(|party| party.language).unwrap_or_default() {
            party::Language::En => Language::En,
            party::Language::Ru => Language::Ru,
        };
        let mut data = order.to_api();
        data["operator"] = self.operator.clone();
        data["documentNumber"] = json!(order.number);
        data["drawnAt"] = json!(now);
        data["labels"] = tariff_names(order);
        let rendered = match render(template, language, &data) {
            Ok(rendered) => rendered,
            // The same order draws the same way: repeating does not help.
            Err(error) => return Execution::Refused(error.to_string()),
        };
        let upload = Upload {
            kind: code.to_owned(),
            name: format!("{code}-{}.pdf", order.number),
            media_type: "application/pdf".to_owned(),
            content: &rendered.pdf,
        };
        match keep(self.backend, order, upload, SYSTEM_NAME, now).await {
            Ok(document) => {
                let along = Along { documents: vec![document.clone()], ..Along::default() };
                Execution::Done { command: Box::new(Command::DocumentDrawn { document }), along }
            }
            Err(error) => Execution::Later(error.to_string()),
        }
    }
}

/// The names of the order's tariffs: a contract shows names, not codes.
fn tariff_names(order: &Order) -> Value {
    let named = order.items.iter().filter_map(|item| {
        let tariff = catalogue::tariff(item.service, item.tariff.as_deref()?)?;
        Some((tariff.code.clone(), json!(tariff.name)))
    });
    Value::Object(named.collect())
}

/// `POST /internal/work`: a nudge, or the tick.
pub async fn work() -> Result<Response, Problem> {
    let backend = backend().await?;
    let drawer = Drawer { backend: &backend, operator: operator().await };
    let (tally, next) = effects::run(&backend, &drawer, &[EffectKind::Draw], clock).await?;
    nudge(next);
    let answer =
        json!({ "done": tally.done, "postponed": tally.postponed, "fallout": tally.fallout });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

/// Who the operator is, for the head of every document.
async fn operator() -> Value {
    let mut operator = serde_json::Map::new();
    for (field, variable) in [
        ("name", "operator_name"),
        ("address", "operator_address"),
        ("phone", "operator_phone"),
        ("email", "operator_email"),
        ("taxId", "operator_tax_id"),
    ] {
        let value = spin_sdk::variables::get(variable).await.unwrap_or_default();
        if !value.is_empty() {
            operator.insert(field.to_owned(), json!(value));
        }
    }
    Value::Object(operator)
}
