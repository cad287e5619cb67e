//! `GET` and `PUT /api/v1/technicians`, and a technician's route of a day.

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::reads::Reading;
use oms_app::workforce::{self, TechnicianList, Visit};
use oms_domain::decide::AvailableTransition;
use oms_domain::limits::TECHNICIANS_BODY_BYTES_MAX;
use oms_web::{
    Parameters, Problem, Session, clock, entity_tag, if_match, json_answer, json_body_up_to,
    none_match_hits, note_reads,
};
use serde_json::{Value, json};

pub async fn list(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let list = workforce::list(&session.backend, &session.actor).await?;
    let tag = entity_tag(list.version);
    if none_match_hits(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(shown(&list))
}

pub async fn replace(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let expected = if_match(&headers)?;
    let document = json_body_up_to(&headers, body, TECHNICIANS_BODY_BYTES_MAX).await?;
    let (backend, actor) = (&session.backend, &session.actor);
    let list = workforce::replace(backend, actor, &document.value, expected, clock()).await?;
    Ok(shown(&list))
}

fn shown(list: &TechnicianList) -> Response {
    let answer = json!({ "items": list.technicians, "nextCursor": null });
    json_answer(StatusCode::OK, &[(header::ETAG, entity_tag(list.version))], &answer)
}

pub async fn route(
    session: Session,
    Path(code): Path<String>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let date = parameters.date("date");
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let route = workforce::route(backend, actor, &code, date, clock()).await?;
    note_reads(&session, route.visits.iter().map(|(visit, _)| &*visit.order.id), Reading::Route);
    let visits: Vec<Value> = route.visits.iter().map(stop).collect();
    let answer = json!({
        "technician": { "code": route.technician.code, "name": route.technician.name },
        "date": route.date,
        "timezone": route.technician.timezone,
        "items": visits,
        "nextCursor": null,
    });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

fn stop((visit, transitions): &(Visit, Vec<AvailableTransition>)) -> Value {
    let order = &visit.order;
    let party = order.party.as_ref();
    let transitions: Vec<Value> = transitions
        .iter()
        .map(|it| json!({ "transition": it.transition, "name": it.name, "to": it.to }))
        .collect();
    json!({
        "from": visit.from,
        "to": visit.to,
        "state": visit.state,
        "override": visit.is_override,
        "order": { "id": order.id, "number": order.number, "kind": order.kind, "stage": order.stage },
        "address": order.address,
        "party": party.map(|party| json!({ "name": party.display_name(), "phone": party.phone })),
        "transitions": transitions,
    })
}
