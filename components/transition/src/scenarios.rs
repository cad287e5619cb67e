//! `GET /api/v1/scenarios`, one version of one, and `POST /api/v1/scenarios/check`.

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::AppError;
use oms_domain::input::Fault;
use oms_domain::party::Language;
use oms_domain::rights::Right;
use oms_domain::scenario::{self, Scenario};
use oms_web::{Parameters, Problem, Session, json_answer, json_body, require_right};
use serde_json::json;

pub async fn list(session: Session, parameters: Parameters) -> Result<Response, Problem> {
    parameters.finish()?;
    require_right(&session.actor, Right::ScenariosRead)?;
    let items: Vec<_> = scenario::built_in()
        .iter()
        .map(|scenario| {
            json!({
                "code": scenario.code,
                "version": scenario.version,
                "name": scenario.name,
                "orderKind": scenario.order_kind,
                "partyType": scenario.party_type,
            })
        })
        .collect();
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": items, "nextCursor": null })))
}

pub async fn one(
    session: Session,
    Path((code, version)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    require_right(&session.actor, Right::ScenariosRead)?;
    Ok(json_answer(StatusCode::OK, &[], &json!(find(&code, &version)?)))
}

/// The scenario as a picture: SVG, or with `?format=mermaid` a text that other programs draw.
pub async fn diagram(
    session: Session,
    Path((code, version)): Path<(String, String)>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let mermaid = parameters.choice("format", &[("svg", false), ("mermaid", true)]);
    let language = parameters.choice("language", Language::WORDS).unwrap_or_default();
    parameters.finish()?;
    require_right(&session.actor, Right::ScenariosRead)?;
    let scenario = find(&code, &version)?;
    let (media_type, picture) = match mermaid.unwrap_or(false) {
        true => ("text/plain; charset=utf-8", scenario::mermaid(scenario, language)),
        false => ("image/svg+xml", scenario::svg(scenario, language)),
    };
    Ok(([(header::CONTENT_TYPE, media_type)], picture).into_response())
}

fn find(code: &str, version: &str) -> Result<&'static Scenario, Problem> {
    let found = version.parse().ok().and_then(|version| scenario::find(code, version));
    found.ok_or_else(|| {
        Problem::not_found(format!("Scenario {code:.64} version {version:.16} was not found."))
    })
}

/// Everything that is wrong with a scenario; nothing is stored.
pub async fn check(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    require_right(&session.actor, Right::ScenariosRead)?;
    let body = json_body(&headers, body).await?;
    let scenario: Scenario = serde_json::from_value(body.value).map_err(|error| {
        let fault = Fault {
            pointer: String::new(),
            code: "not-a-scenario".to_owned(),
            message: format!("This is not a scenario: {error}."),
        };
        AppError::Invalid(vec![fault])
    })?;
    let faults = scenario::check(&scenario);
    Ok(json_answer(StatusCode::OK, &[], &json!({ "faults": faults })))
}
