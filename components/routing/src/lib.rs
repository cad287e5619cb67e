//! Routing: the organisation, what it covers, and who operates an address.

mod calendars;
mod coverage;
mod csv_file;
mod divisions;
mod lookup;
mod moves;
mod slots;
mod technicians;
mod trial;

use axum::Router;
use axum::routing::{get, post};
use spin_sdk::http::{IntoResponse, Request};
use std::sync::OnceLock;

static ROUTER: OnceLock<Router> = OnceLock::new();

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    oms_web::serve(&ROUTER, routes, request).await
}

fn routes() -> Router {
    Router::new()
        .route("/api/v1/divisions", get(divisions::list).put(divisions::replace))
        .route("/api/v1/calendars", get(calendars::list).put(calendars::replace))
        .route("/api/v1/coverage", get(coverage::list).put(coverage::replace))
        .route("/api/v1/coverage/check", post(trial::check))
        .route("/api/v1/coverage/preview", post(trial::preview))
        .route("/api/v1/coverage/lookup", get(lookup::lookup))
        .route("/api/v1/coverage/moves", post(moves::all))
        .route("/api/v1/orders/{order}/routing", get(lookup::of_order).post(moves::one))
        .route("/api/v1/technicians", get(technicians::list).put(technicians::replace))
        .route("/api/v1/technicians/{code}/route", get(technicians::route))
        .route("/api/v1/slots", get(slots::list))
}
