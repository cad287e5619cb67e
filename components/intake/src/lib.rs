use axum::{Router, routing::get};
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;
use tower_service::Service;

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let mut app: Router = Router::new().route("/healthz", get(|| async { "ok" }));
    app.call(request).await
}
