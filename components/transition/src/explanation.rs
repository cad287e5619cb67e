//! `GET /api/v1/orders/{order}/explanation`

use axum::extract::Path;
use axum::response::Response;
use http::{StatusCode, header};
use oms_app::explain;
use oms_domain::party::Language;
use oms_web::{Parameters, Problem, Session, clock, entity_tag, json_answer};
use serde_json::{Value, json};

pub async fn one(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let language = parameters.choice("language", Language::WORDS).unwrap_or_default();
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let (order, explanation) = explain::explain(backend, actor, &name, language, clock()).await?;
    let mut answer = json!(explanation);
    if let Value::Object(object) = &mut answer {
        object.insert("id".to_owned(), json!(order.id));
        object.insert("number".to_owned(), json!(order.number));
        object.insert("scenario".to_owned(), json!(order.scenario));
    }
    Ok(json_answer(StatusCode::OK, &[(header::ETAG, entity_tag(order.version))], &answer))
}
