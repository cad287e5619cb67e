//! `GET /api/v1/scenarios`, one version of one, and `POST /api/v1/scenarios/check`.

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::AppError;
use oms_app::ports::{Cursor, Organisation};
use oms_app::scenario_ports::{ScenarioEntry, Signature};
use oms_app::scenarios::{self, Found};
use oms_domain::input::Fault;
use oms_domain::party::Language;
use oms_domain::rights::Right;
use oms_domain::scenario::{self, Scenario, ScenarioState};
use oms_web::{
    Parameters, Problem, Session, encode_cursor, entity_tag, json_answer, json_body, require_right,
};
use serde_json::{Value, json};

/// What a scenario looks like, for editors.
const SCHEMA: &str = include_str!("../../../docs/scenario.schema.json");

pub async fn schema(session: Session, parameters: Parameters) -> Result<Response, Problem> {
    parameters.finish()?;
    require_right(&session.actor, Right::ScenariosRead)?;
    let kind = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok((kind, SCHEMA).into_response())
}

/// Built-in and individual versions together, by code and number.
pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let state = parameters.choice("state", ScenarioState::WORDS);
    let (limit, after) = (parameters.limit(), parameters.cursor());
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let individual = scenarios::list(backend, actor, state, after.as_ref(), limit + 1).await?;
    let is_next = |code: &str, version: u32| {
        let place =
            |cursor: &Cursor| (code, i64::from(version)) > (cursor.id.as_str(), cursor.value);
        after.as_ref().is_none_or(place)
    };
    let built_in = scenario::built_in().filter(|it| is_next(&it.code, it.version));
    let built_in = built_in.filter(|_| state.is_none_or(|it| it == ScenarioState::Published));
    let mut items: Vec<(String, u32, Value)> = built_in
        .map(|it| (it.code.clone(), it.version, built_in_entry(it)))
        .chain(individual.iter().map(|it| (it.code.clone(), it.version, entry(it))))
        .collect();
    items.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|(code, version, _)| {
        encode_cursor(&Cursor { value: i64::from(*version), id: code.clone() })
    });
    let items: Vec<Value> = items.into_iter().map(|(_, _, item)| item).collect();
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": items, "nextCursor": next })))
}

fn built_in_entry(scenario: &Scenario) -> Value {
    json!({
        "code": scenario.code,
        "version": scenario.version,
        "name": scenario.name,
        "orderKind": scenario.order_kind,
        "partyType": scenario.party_type,
        "state": ScenarioState::Published,
        "builtIn": true,
    })
}

/// What lists show of an individual version.
pub fn entry(entry: &ScenarioEntry) -> Value {
    let signed = |signature: &Signature| json!({ "at": signature.at, "by": signature.by });
    json!({
        "code": entry.code,
        "version": entry.version,
        "name": entry.name,
        "orderKind": entry.order_kind,
        "partyType": entry.party_type,
        "state": entry.state,
        "builtIn": false,
        "created": signed(&entry.created),
        "changed": signed(&entry.changed),
        "published": entry.published.as_ref().map(signed),
        "retired": entry.retired.as_ref().map(signed),
    })
}

/// The scenario as it can be sent back; what lists show of it is in the headers or the list.
pub async fn one(
    session: Session,
    Path((code, version)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let found = find(&session, &code, &version).await?;
    let revision = found.entry.map_or(1, |entry| entry.revision);
    let tag = [(header::ETAG, entity_tag(revision))];
    Ok(json_answer(StatusCode::OK, &tag, &json!(found.scenario)))
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
    let scenario = find(&session, &code, &version).await?.scenario;
    let (media_type, picture) = match mermaid.unwrap_or(false) {
        true => ("text/plain; charset=utf-8", scenario::mermaid(&scenario, language)),
        false => ("image/svg+xml", scenario::svg(&scenario, language)),
    };
    Ok(([(header::CONTENT_TYPE, media_type)], picture).into_response())
}

async fn find(session: &Session, code: &str, version: &str) -> Result<Found, Problem> {
    require_right(&session.actor, Right::ScenariosRead)?;
    let version = number(code, version)?;
    Ok(scenarios::one(&session.backend, &session.actor, code, version).await?)
}

/// The number of a version in a path; what is none is not found.
pub fn number(code: &str, version: &str) -> Result<u32, Problem> {
    version.parse().map_err(|_| {
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
    let scenario = read_scenario(json_body(&headers, body).await?.value, 1)?;
    let faults = scenario::check(&scenario);
    let divisions = session.backend.divisions().await?;
    let warnings = scenario::check_organisation(&scenario, &divisions);
    let answer = json!({ "faults": faults, "warnings": warnings });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

/// Reads a scenario. The product counts the versions: what the document says of its own is not looked at.
pub fn read_scenario(mut document: Value, version: u32) -> Result<Scenario, Problem> {
    if let Value::Object(object) = &mut document {
        object.insert("version".to_owned(), json!(version));
    }
    let scenario = serde_json::from_value(document).map_err(|error| {
        let fault = Fault {
            pointer: String::new(),
            code: "not-a-scenario".to_owned(),
            message: format!("This is not a scenario: {error}."),
        };
        AppError::Invalid(vec![fault])
    })?;
    Ok(scenario)
}
