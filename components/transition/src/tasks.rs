//! `GET /api/v1/orders/{order}/tasks` and `POST …/tasks/{task}/completion`

use crate::commands;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::read;
use oms_domain::decide::Command;
use oms_domain::limits::COMMENT_CHARACTERS_MAX;
use oms_web::{Parameters, Problem, Session, entity_tag, json_answer, json_body};
use serde_json::json;

pub async fn list(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let order = read::order(&session.backend, &session.actor, &name).await?;
    let answer = json!({ "stage": order.stage, "items": order.tasks, "nextCursor": null });
    Ok(json_answer(StatusCode::OK, &[(header::ETAG, entity_tag(order.version))], &answer))
}

/// A task that is done already stays so: the same answer.
pub async fn complete(
    session: Session,
    Path((name, task)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = commands::dry_run(parameters)?;
    let body = json_body(&headers, body).await?;
    let command = commands::read(&body, |reader| {
        let comment = reader.lines("comment", COMMENT_CHARACTERS_MAX);
        Some(Command::CompleteTask { task, comment })
    })?;
    commands::apply(session, &name, &headers, command, dry_run).await
}
