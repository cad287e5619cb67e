//! Documents: drawn from templates, uploaded, kept by their SHA-256, handed out.
//!
//! A room of its own, because drawing keeps an instance busy and carries fonts and a typesetter with it.

mod draw;
mod files;

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
        .route("/internal/work", post(draw::work))
        .route("/api/v1/orders/{order}/documents", get(files::list).post(files::upload))
        .route("/api/v1/documents/{document}", get(files::download))
        .route(
            "/api/v1/profile/orders/{order}/documents/{document}",
            get(files::download_of_subscriber),
        )
}
