//! Passes the question in the query on to its dependency.

use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};

wit_bindgen::generate!({ world: "asker", path: "../wit", generate_all });

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let question = request.uri().query().unwrap_or_default().replace('+', " ");
    test::answers::answers::ask(question).await
}
