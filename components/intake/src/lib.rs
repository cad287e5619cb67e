//! Intake: new orders are registered; orders are read, found and amended; subscribers read their own.

mod amend;
mod find;
mod health;
mod profile;
mod register;

use axum::Router;
use axum::routing::get;
use spin_sdk::http::{IntoResponse, Request};
use std::sync::OnceLock;

static ROUTER: OnceLock<Router> = OnceLock::new();

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    oms_web::serve(&ROUTER, routes, request).await
}

fn routes() -> Router {
    Router::new()
        .route("/api/v1/orders", get(find::list).post(register::register))
        .route("/api/v1/orders/{order}", get(find::one).patch(amend::amend))
        .route("/api/v1/orders/{order}/history", get(find::history))
        .route("/api/v1/profile/orders", get(profile::list))
        .route("/api/v1/profile/orders/{order}", get(profile::one))
        .route("/healthz", get(health::process))
        .route("/readyz", get(health::ready))
}
