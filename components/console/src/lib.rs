//! The console: what the staff sees in a browser.

mod login;
mod page;
mod show;

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
        .route("/", get(show::orders))
        .route("/orders/{order}", get(show::order))
        .route("/login", get(login::form).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/assets/console.css", get(page::style))
}
