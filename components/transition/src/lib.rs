//! Transition: orders are moved along their scenarios, held, cancelled, assigned, commented on.

mod commands;
mod drafts;
mod explanation;
mod migration;
mod scenarios;
mod tasks;
mod transitions;

use axum::Router;
use axum::routing::{get, post, put};
use spin_sdk::http::{IntoResponse, Request};
use std::sync::OnceLock;

static ROUTER: OnceLock<Router> = OnceLock::new();

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    oms_web::serve(&ROUTER, routes, request).await
}

fn routes() -> Router {
    Router::new()
        .route("/api/v1/orders/{order}/transitions", get(transitions::list).post(transitions::make))
        .route("/api/v1/orders/{order}/hold", post(commands::hold).delete(commands::resume))
        .route("/api/v1/orders/{order}/cancellation", post(commands::cancel))
        .route(
            "/api/v1/orders/{order}/cancellation/acceptance",
            post(commands::accept_cancellation),
        )
        .route("/api/v1/orders/{order}/cancellation/refusal", post(commands::refuse_cancellation))
        .route("/api/v1/orders/{order}/assignee", put(commands::assign))
        .route("/api/v1/orders/{order}/appointment", put(commands::reschedule))
        .route("/api/v1/orders/{order}/comments", post(commands::comment))
        .route("/api/v1/orders/{order}/escalation/answer", post(commands::answer_escalation))
        .route("/api/v1/orders/{order}/tasks", get(tasks::list))
        .route("/api/v1/orders/{order}/tasks/{task}/completion", post(tasks::complete))
        .route("/api/v1/orders/{order}/explanation", get(explanation::one))
        .route("/api/v1/scenarios", get(scenarios::list).post(drafts::create))
        .route("/api/v1/scenarios/schema", get(scenarios::schema))
        .route("/api/v1/scenarios/check", post(scenarios::check))
        .route(
            "/api/v1/scenarios/{code}/versions/{version}",
            get(scenarios::one).put(drafts::replace).delete(drafts::delete),
        )
        .route("/api/v1/scenarios/{code}/versions/{version}/publication", post(drafts::publish))
        .route("/api/v1/scenarios/{code}/versions/{version}/retirement", post(drafts::retire))
        .route("/api/v1/scenarios/{code}/versions/{version}/migration", post(migration::migrate))
        .route("/api/v1/scenarios/{code}/versions/{version}/diagram", get(scenarios::diagram))
}
