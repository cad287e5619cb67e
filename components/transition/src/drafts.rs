//! An operator's own scenarios: `POST /api/v1/scenarios`, `PUT` and `DELETE …/{code}/versions/{version}`,
//! `POST …/publication` and `…/retirement`.

use crate::scenarios::{entry, number, read_scenario};
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::AppError;
use oms_app::change::Expected;
use oms_app::scenarios::{self, Outcome};
use oms_app::scoped::require_everywhere;
use oms_domain::input::Fault;
use oms_domain::rights::Right;
use oms_web::{
    Parameters, Problem, Session, clock, entity_tag, if_match, json_answer, json_body,
    required_version,
};
use serde_json::{Value, json};

type Place = Path<(String, String)>;

pub async fn create(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    require_everywhere(&session.actor, Right::ScenariosWrite)?;
    let scenario = read_scenario(json_body(&headers, body).await?.value, 0)?;
    let outcome = scenarios::create(&session.backend, &session.actor, scenario, clock()).await?;
    let (code, version) = (&outcome.entry.code, outcome.entry.version);
    let location = format!("/api/v1/scenarios/{code}/versions/{version}");
    Ok(answer(StatusCode::CREATED, &outcome, Some(location)))
}

pub async fn replace(
    session: Session,
    Path((code, version)): Place,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    require_everywhere(&session.actor, Right::ScenariosWrite)?;
    let version = number(&code, &version)?;
    let seen = match required_version(&headers)? {
        Expected::Version(version) => Some(version),
        Expected::Any => None,
    };
    let scenario = read_scenario(json_body(&headers, body).await?.value, version)?;
    if scenario.code != code {
        let fault = Fault {
            pointer: "/code".to_owned(),
            code: "other-code".to_owned(),
            message: format!("This is the address of {code:?}; POST /api/v1/scenarios takes any."),
        };
        return Err(AppError::Invalid(vec![fault]).into());
    }
    let (backend, actor) = (&session.backend, &session.actor);
    let outcome = scenarios::replace(backend, actor, scenario, seen, clock()).await?;
    Ok(answer(StatusCode::OK, &outcome, None))
}

pub async fn delete(
    session: Session,
    Path((code, version)): Place,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let version = number(&code, &version)?;
    let seen = if_match(&headers)?;
    scenarios::delete(&session.backend, &session.actor, &code, version, seen).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn publish(
    session: Session,
    Path((code, version)): Place,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let version = number(&code, &version)?;
    let seen = if_match(&headers)?;
    let (backend, actor) = (&session.backend, &session.actor);
    match scenarios::publish(backend, actor, &code, version, seen, clock()).await {
        Ok(outcome) => Ok(answer(StatusCode::OK, &outcome, None)),
        // Faults of the draft, not of the request: none of them makes the request malformed.
        Err(AppError::Invalid(faults)) => {
            Err(Problem::faults(StatusCode::UNPROCESSABLE_ENTITY, faults))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn retire(
    session: Session,
    Path((code, version)): Place,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let version = number(&code, &version)?;
    let (backend, actor) = (&session.backend, &session.actor);
    let retired = scenarios::retire(backend, actor, &code, version, clock()).await?;
    let outcome = Outcome { entry: retired, warnings: Vec::new() };
    Ok(answer(StatusCode::OK, &outcome, None))
}

fn answer(status: StatusCode, outcome: &Outcome, location: Option<String>) -> Response {
    let mut body = entry(&outcome.entry);
    if let Value::Object(object) = &mut body {
        object.insert("warnings".to_owned(), json!(outcome.warnings));
    }
    let mut headers = vec![(header::ETAG, entity_tag(outcome.entry.revision))];
    headers.extend(location.map(|location| (header::LOCATION, location)));
    json_answer(status, &headers, &body)
}
