//! Identity: people log in, subscribers get in by one-time codes; staff, roles, grants and tokens are administered; the audit
//! is read. A room of its own, because hashing a password keeps its instance from everybody else.

mod access;
mod access_code;
mod audit;
mod session;
mod staff;
mod tokens;

use axum::Router;
use axum::routing::{delete, get, patch, post};
use spin_sdk::http::{IntoResponse, Request};
use std::sync::OnceLock;

static ROUTER: OnceLock<Router> = OnceLock::new();

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    oms_web::serve(&ROUTER, routes, request).await
}

fn routes() -> Router {
    Router::new()
        .route("/api/v1/session", post(session::begin).delete(session::end))
        .route("/api/v1/staff", get(staff::list).post(staff::add))
        .route("/api/v1/staff/{login}", patch(staff::amend))
        .route("/api/v1/roles", get(access::roles).post(access::add_role))
        .route("/api/v1/grants", get(access::grants).post(access::give))
        .route("/api/v1/grants/{grant}", delete(access::take))
        .route("/api/v1/tokens", get(tokens::list).post(tokens::add))
        .route("/api/v1/tokens/{token}", delete(tokens::revoke))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/orders/{order}/access-code", post(access_code::issue))
        .route("/api/v1/orders/{order}/reads", get(audit::of_order))
}
