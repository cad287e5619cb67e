//! The wire format of the gateway: one object can be ensured, found, retired. Faults befall these calls alone.

use crate::Simulator;
use crate::answers::{Answer, Call};
use crate::control::Fate;
use crate::extract::{Address, Body, Caller, IdempotencyKey, Wanted};
use crate::inspection;
use crate::objects::Desired;
use crate::problem::{Problem, silence};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a request body.
const BODY_BYTES_MAX: usize = 64 * 1024;

type Shared = Arc<Simulator>;

pub fn routes(simulator: Shared) -> Router {
    let gateway = Router::new()
        .route("/v1/objects/{kind}/{key}", get(find).put(ensure).delete(retire))
        .method_not_allowed_fallback(method_not_allowed)
        .route_layer(from_fn_with_state(simulator.clone(), faults));
    let own = inspection::routes().method_not_allowed_fallback(method_not_allowed);
    gateway
        .merge(own)
        .fallback(no_such_path)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(simulator)
}

async fn ensure(
    _: Caller,
    Address { kind, external_key }: Address,
    IdempotencyKey(key): IdempotencyKey,
    State(simulator): State<Shared>,
    body: Body,
) -> Result<Response, Problem> {
    let Wanted { parents, attributes } = Wanted::read(&body)?;
    let call = Call::new(key, &json!(["ensure", kind, external_key, parents, attributes]));
    let desired = Desired { kind, external_key, parents, attributes };
    let (refuses, forgets) = {
        let mut control = simulator.control();
        (control.refuse_kinds.contains(&desired.kind), control.forgets())
    };
    let answer = simulator.objects().ensure(&desired, &call, refuses, !forgets)?;
    Ok(finish(&simulator, answer, forgets))
}

async fn retire(
    _: Caller,
    Address { kind, external_key }: Address,
    IdempotencyKey(key): IdempotencyKey,
    State(simulator): State<Shared>,
) -> Result<Response, Problem> {
    let call = Call::new(key, &json!(["retire", kind, external_key]));
    let forgets = simulator.control().forgets();
    let answer = simulator.objects().retire(&kind, &external_key, &call, !forgets)?;
    Ok(finish(&simulator, answer, forgets))
}

async fn find(
    _: Caller,
    Address { kind, external_key }: Address,
    State(simulator): State<Shared>,
) -> Result<Response, Problem> {
    match simulator.objects().find(&kind, &external_key)? {
        Some(object) => Ok(answered(StatusCode::OK, json!(object).to_string())),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("There is no {kind} {external_key:?}."),
        )),
    }
}

/// What befalls a call before its work, and how late its answer goes out.
async fn faults(State(simulator): State<Shared>, request: Request, next: Next) -> Response {
    let (fate, delay_ms) = {
        let mut control = simulator.control();
        (control.next(), control.delay_ms)
    };
    let response = match fate {
        Fate::Works => next.run(request).await,
        Fate::Silence => silence(),
        Fate::Fails(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Problem::new(status, "told-to-fail", "The simulator was told to fail.").into_response()
        }
    };
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    response
}

/// Answers a change, unless this answer is one that shall be lost. What is forgotten is always answered.
fn finish(simulator: &Simulator, answer: Answer, forgets: bool) -> Response {
    if !answer.repeated && !forgets && simulator.control().answer_twice {
        return silence();
    }
    let mut response = answered(answer.status, answer.body);
    if answer.repeated {
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", replayed);
    }
    response
}

/// An answer of JSON; without a body when it is empty.
pub fn answered(status: StatusCode, body: String) -> Response {
    let kind = HeaderValue::from_static("application/json");
    match body.is_empty() {
        true => status.into_response(),
        false => (status, [(header::CONTENT_TYPE, kind)], body).into_response(),
    }
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-path", "There is nothing at this path.")
}

async fn method_not_allowed() -> Problem {
    let detail = "This path does not know this method.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}
