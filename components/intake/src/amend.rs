//! `PATCH /api/v1/orders/{order}`: what was ordered changes.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::amend::{self, Request};
use oms_web::{
    Parameters, Problem, Session, changed, clock, json_answer, json_body, preview, required_version,
};

pub async fn amend(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = parameters.flag("dryRun");
    parameters.finish()?;
    let expected = required_version(&headers)?;
    let body = json_body(&headers, body).await?;
    let request = Request {
        actor: &session.actor,
        name: &name,
        expected,
        document: &body.value,
        dry_run,
        now: clock(),
    };
    let decision = amend::amend(&session.backend, request).await?;
    Ok(match dry_run {
        true => json_answer(StatusCode::OK, &[], &preview(&decision)),
        false => changed(&session, &decision),
    })
}
