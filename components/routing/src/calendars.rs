//! `GET` and `PUT /api/v1/calendars`: when divisions work; the whole set, checked, swapped at once.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::calendars::{self, CalendarVersion};
use oms_web::{
    Parameters, Problem, Session, entity_tag, if_match, json_answer, json_body, none_match_hits,
};

pub async fn list(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let found = calendars::calendars(&session.backend, &session.actor).await?;
    let tag = entity_tag(found.version);
    if none_match_hits(&headers, &tag) {
        let answer = (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]);
        return Ok(axum::response::IntoResponse::into_response(answer));
    }
    Ok(answer(&found))
}

pub async fn replace(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let expected = if_match(&headers)?;
    let (backend, actor) = (&session.backend, &session.actor);
    Ok(answer(&calendars::replace_calendars(backend, actor, &body.value, expected).await?))
}

fn answer(found: &CalendarVersion) -> Response {
    let tag = [(header::ETAG, entity_tag(found.version))];
    json_answer(StatusCode::OK, &tag, &found.set.to_json())
}
