//! `GET /api/v1/audit`: every change of the administration, newest first.
//! `GET /api/v1/orders/{order}/reads`: who read the personal data of an order.

use axum::extract::Path;
use axum::response::Response;
use oms_app::{reads, staff};
use oms_web::{Parameters, Problem, Session, list_answer};

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let limit = parameters.limit();
    let before = parameters.cursor().map(|cursor| cursor.id);
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let found = staff::audit(backend, actor, before.as_deref(), limit + 1).await?;
    Ok(list_answer(found, limit, |entry| entry.id.clone()))
}

pub async fn of_order(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let limit = parameters.limit();
    let before = parameters.cursor().map(|cursor| cursor.id);
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let found = reads::list(backend, actor, &name, before.as_deref(), limit + 1).await?;
    Ok(list_answer(found, limit, |read| read.id.clone()))
}
