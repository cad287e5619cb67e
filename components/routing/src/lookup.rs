//! `GET /api/v1/coverage/lookup` and `GET /api/v1/orders/{order}/routing`

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use oms_app::{organisation, read};
use oms_domain::address::Address;
use oms_domain::catalogue::Service;
use oms_domain::rejection::Rejection;
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{Coverage, Query};
use oms_web::{Parameters, Problem, Session, json_answer};
use serde_json::{Value, json};

pub async fn lookup(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let services = parameters.choices("service", Service::WORDS);
    let address = Address {
        country: parameters.text("country").unwrap_or_default(),
        region: parameters.text("region"),
        city: parameters.text("city"),
        street: parameters.text("street"),
        house: parameters.text("house"),
        flat: None,
        postcode: parameters.text("postcode"),
    };
    let line_phone = parameters.text("linePhone");
    let division_kind = parameters.text("divisionKind");
    parameters.finish()?;
    let query = Query { place: Place::of(&address).with_phone(line_phone.as_deref()), services };
    let (coverage, each) =
        organisation::lookup_each(&session.backend, &session.actor, query).await?;
    let kind = division_kind.as_deref();
    let mut answer = shown(&coverage, kind)?;
    if each.len() > 1 {
        let one = |(service, coverage): &(Service, Coverage)| {
            let mut one = shown(coverage, kind)?;
            one["service"] = json!(service);
            Ok(one)
        };
        answer["services"] = each.iter().map(one).collect::<Result<Vec<Value>, Problem>>()?.into();
    }
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

fn shown(coverage: &Coverage, kind: Option<&str>) -> Result<Value, Problem> {
    let found = coverage.division_for(kind);
    let (division, decision) =
        found.ok_or(oms_app::AppError::Rejected(Rejection::OrganisationMissing))?;
    Ok(json!({
        "division": division,
        "rule": decision.rule,
        "beaten": decision.beaten,
        "unmatched": decision.unmatched,
        "reason": decision.reason,
    }))
}

pub async fn of_order(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let order = read::order(&session.backend, &session.actor, &name).await?;
    let mut answer = json!(order.routing);
    answer["division"] = json!(order.division);
    Ok(json_answer(StatusCode::OK, &[], &answer))
}
