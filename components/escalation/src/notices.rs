//! `GET /api/v1/escalations`: the notices that divisions were given, newest first.

use axum::response::Response;
use http::StatusCode;
use oms_app::escalations::{self, Notice};
use oms_web::{Parameters, Problem, Session, encode_cursor, json_answer};
use serde_json::{Value, json};

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let division = parameters.text("division");
    let order = parameters.text("order");
    let limit = parameters.limit();
    let after = parameters.cursor();
    parameters.finish()?;
    let (notices, next) = escalations::notices(
        &session.backend,
        &session.actor,
        division,
        order.as_deref(),
        after.as_ref(),
        limit,
    )
    .await?;
    let items: Vec<Value> = notices.iter().map(to_api).collect();
    let next = next.as_ref().map(encode_cursor);
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": items, "nextCursor": next })))
}

fn to_api(notice: &Notice) -> Value {
    json!({
        "id": notice.id,
        "order": { "id": notice.order_id, "number": notice.order_number },
        "division": notice.division,
        "email": notice.email,
        "stage": notice.stage,
        "dueAt": notice.due_at,
        "toldAt": notice.told_at,
        "rung": notice.rung["rung"],
        "time": notice.rung["time"],
        "receivers": notice.rung["receivers"],
        "change": notice.rung["change"],
    })
}
