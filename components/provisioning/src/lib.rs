//! Provisioning: an order's objects in the billing system are planned, made and retired.
//!
//! Which billing system it is, is not known here: the interface `oms:billing` is implemented by another component, which
//! the manifest names.

mod billing;
mod plan;
mod work;

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
        .route("/internal/work", post(work::work))
        .route("/api/v1/orders/{order}/provisioning", get(plan::show))
}
