//! `GET /healthz`: the process answers. `GET /readyz`: it can work.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use oms_app::ports::Health;
use oms_web::{Problem, backend, json_answer};
use serde_json::json;

/// The newest migration that the components know.
const SCHEMA_VERSION: i64 = oms_web::SCHEMA_VERSION;

pub async fn process() -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain")], "ok\n").into_response()
}

pub async fn ready() -> Result<Response, Problem> {
    let not_ready = |detail: String| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail)
    };
    match backend().await?.schema_version().await {
        Ok(Some(version)) if version == SCHEMA_VERSION => {
            Ok(json_answer(StatusCode::OK, &[], &json!({ "database": "ok", "schema": version })))
        }
        Ok(Some(version)) if version > SCHEMA_VERSION => Err(not_ready(format!(
            "The database has schema {version}, this program knows {SCHEMA_VERSION}; use a newer program."
        ))),
        Ok(_) => Err(not_ready("The database lacks migrations; run oms migrate.".to_owned())),
        Err(error) => {
            eprintln!("readiness: {error}");
            Err(not_ready(
                "The database is not reachable, or has no schema; run oms doctor.".to_owned(),
            ))
        }
    }
}
