//! Escalation: the tick, what it finds overdue, and the outbox as people see it.

mod effects;
mod notices;
mod tell;
mod tick;

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
        .route("/internal/tick", post(tick::tick))
        .route("/internal/work", post(tell::work))
        .route("/api/v1/escalations", get(notices::list))
        .route("/api/v1/effects", get(effects::list))
        .route("/api/v1/effects/{effect}/retry", post(effects::retry))
        .route("/api/v1/effects/{effect}/completion", post(effects::complete))
        .route("/api/v1/effects/{effect}/failure", post(effects::give_up))
}
