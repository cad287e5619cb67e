//! `GET /api/v1/orders`, `/api/v1/orders/{order}` and its history.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::ports::{OrderFilter, OrderPageQuery, OrderSort, StoreError};
use oms_app::read;
use oms_app::reads::Reading;
use oms_domain::event::Event;
use oms_domain::limits::SEARCH_CHARACTERS_MAX;
use oms_domain::order::{Channel, Order, OrderKind, OrderState};
use oms_domain::search::search_terms;
use oms_web::{
    Parameters, Problem, Session, clock, encode_cursor, entity_tag, json_answer, json_text_answer,
    none_match_hits, note_read, note_reads,
};
use serde_json::{Value, json};

/// Totals are counted up to here; more tell nobody anything, and cost.
const TOTAL_MAX: u32 = 100_000;

pub async fn one(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let (order, outlook) = read::order_with_outlook(backend, actor, &name, clock()).await?;
    let tag = entity_tag(order.version);
    if none_match_hits(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    note_read(&session, &order.id, Reading::Order);
    let answer = outlook.answer(&order).map_err(|error| {
        StoreError::Corrupt(format!("order {} can't be written: {error}", order.id))
    })?;
    Ok(json_text_answer(StatusCode::OK, &[(header::ETAG, tag)], answer))
}

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let question = parameters.text("q").unwrap_or_default();
    if question.chars().count() > SEARCH_CHARACTERS_MAX {
        let message = format!("q may have at most {SEARCH_CHARACTERS_MAX} characters.");
        parameters.fault("q", "too-long", message);
    }
    let word = |word: &'static str| Some(word.to_owned());
    let filter = OrderFilter {
        kind: parameters.choice("kind", OrderKind::WORDS).and_then(|kind| word(kind.code())),
        state: parameters.choice("state", OrderState::WORDS).and_then(|state| word(state.code())),
        stage: parameters.text("stage"),
        division: parameters.text("division"),
        assignee: parameters.text("assignee"),
        channel: parameters.choice("channel", Channel::WORDS).and_then(|c| word(c.code())),
        external_id: parameters.text("externalId"),
        created_from: parameters.instant("createdFrom"),
        created_to: parameters.instant("createdTo"),
        overdue_at: parameters.flag("overdue").then(clock),
        terms: search_terms(&question),
        within: None,
    };
    let count = parameters.flag("count");
    let in_full = parameters.flag("identityDocuments");
    let query = OrderPageQuery {
        filter,
        sort: parameters.choice("sort", OrderSort::WORDS).unwrap_or_default(),
        after: parameters.cursor(),
        limit: parameters.limit(),
    };
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let page = match in_full {
        true => read::page_in_full(backend, actor, &query).await?,
        false => read::page(backend, actor, &query).await?,
    };
    let mut answer = json!({
        "items": page.orders.iter().map(Order::to_api).collect::<Vec<Value>>(),
        "nextCursor": page.next.as_ref().map(encode_cursor),
    });
    if count {
        let total = read::count(&session.backend, &session.actor, &query.filter, TOTAL_MAX).await?;
        answer["total"] = json!(total);
    }
    note_reads(&session, page.orders.iter().map(|order| &*order.id), Reading::List);
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

pub async fn history(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let limit = parameters.limit();
    let after = parameters.cursor().map_or(0, |cursor| cursor.value);
    parameters.finish()?;
    let (order, mut events) =
        read::history(&session.backend, &session.actor, &name, after, limit + 1).await?;
    note_read(&session, &order.id, Reading::History);
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let next = events.last().filter(|_| more).map(|event| {
        encode_cursor(&oms_app::ports::Cursor { value: event.sequence, id: String::new() })
    });
    let items: Vec<Value> = events.iter().map(Event::to_api).collect();
    let answer = json!({ "items": items, "nextCursor": next });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}
