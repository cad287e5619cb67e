//! The list of orders, and one order.

use crate::page::{page, problem};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::ports::{Effects, OrderFilter, OrderPageQuery, OrderSort, Organisation};
use oms_app::read;
use oms_app::reads::Reading;
use oms_app::scenario_ports::known;
use oms_domain::limits::{PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use oms_domain::search::search_terms;
use oms_domain::zone::WallClock;
use oms_pages::{Page, Surroundings, WorkRow, order_page, orders_page};
use oms_web::{
    Parameters, Problem, Session, clock, encode_cursor, language, note_read, note_reads,
};

pub async fn orders(
    session: Result<Session, Problem>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let language = language(&headers);
    match list(session, parameters, language).await {
        Ok(response) => response,
        Err(error) => refused(&error, language),
    }
}

async fn list(
    session: Result<Session, Problem>,
    mut parameters: Parameters,
    language: oms_domain::party::Language,
) -> Result<Response, Problem> {
    let session = session?;
    let question = parameters.text("q").unwrap_or_default();
    let query = OrderPageQuery {
        filter: OrderFilter { terms: search_terms(&question), ..OrderFilter::default() },
        sort: OrderSort::NewestFirst,
        after: parameters.cursor(),
        limit: PAGE_ENTRIES_DEFAULT,
    };
    parameters.finish()?;
    let found = read::page(&session.backend, &session.actor, &query).await?;
    note_reads(&session, found.orders.iter().map(|order| &*order.id), Reading::List);
    let next = found.next.as_ref().map(|cursor| {
        let question: String = question.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("/?q={question}&cursor={}", encode_cursor(cursor))
    });
    let model = orders_page(&session.actor.name, &question, &found.orders, next, language, clock());
    Ok(page(StatusCode::OK, Page::Orders, language, &model))
}

pub async fn order(
    session: Result<Session, Problem>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = language(&headers);
    match one(session, &name, language).await {
        Ok(response) => response,
        Err(error) => refused(&error, language),
    }
}

async fn one(
    session: Result<Session, Problem>,
    name: &str,
    language: oms_domain::party::Language,
) -> Result<Response, Problem> {
    let session = session?;
    let (backend, actor) = (&session.backend, &session.actor);
    let (order, outlook) = read::order_with_outlook(backend, actor, name, clock()).await?;
    note_read(&session, &order.id, Reading::Order);
    let scenario = known(backend, &order.scenario).await?;
    let division = backend.division(&order.division.code).await?;
    let around = Surroundings {
        scenario: scenario.as_deref(),
        clock: division.map_or(WallClock::UTC, |division| WallClock::of(&division.timezone)),
        language,
        now: clock(),
        outlook: Some(&outlook),
    };
    let (_, history) = read::history(backend, actor, name, 0, PAGE_ENTRIES_MAX).await?;
    let effects = backend.effects(None, Some(&order.id), None, PAGE_ENTRIES_MAX).await?;
    let work = effects
        .into_iter()
        .map(|effect| {
            let kind = effect.kind.code();
            let next = effect.next_attempt_at;
            WorkRow::new(kind, effect.state, effect.attempts, next, effect.last_error, around.clock)
        })
        .collect();
    let model = order_page(&actor.name, &order, &history, work, around);
    Ok(page(StatusCode::OK, Page::Order, language, &model))
}

/// Whoever is not logged in goes to the log-in; others see what is wrong.
fn refused(error: &Problem, language: oms_domain::party::Language) -> Response {
    match error.status() {
        StatusCode::UNAUTHORIZED => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, "/login")]).into_response()
        }
        _ => problem(error, language),
    }
}
