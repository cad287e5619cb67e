//! One HTTP call to the gateway, bounded in time and size.

use crate::wire::{ANSWER_BYTES_MAX, Failure, header_key};
use bytes::{Bytes, BytesMut};
use futures::future::{Either, select};
use http::{Method, StatusCode, header};
use http_body_util::BodyExt;
use spin_sdk::http::FullBody;
use std::pin::pin;
use std::time::Duration;

/// How long the gateway may take for an answer. All objects of a usual order fit into the lease of an effect.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(6);

pub struct Call<'a> {
    pub method: Method,
    pub url: String,
    pub token: &'a str,
    pub idempotency_key: Option<&'a str>,
    pub body: Option<String>,
}

/// Sends a call; whatever comes back in time is an answer.
pub async fn send(call: Call<'_>) -> Result<(StatusCode, Bytes), Failure> {
    let answer = pin!(answer(call));
    let timeout = pin!(spin_sdk::time::sleep(ANSWER_TIME_MAX));
    match select(answer, timeout).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => {
            let seconds = ANSWER_TIME_MAX.as_secs();
            Err(Failure::Unavailable(format!("the gateway did not answer within {seconds} s")))
        }
    }
}

async fn answer(call: Call<'_>) -> Result<(StatusCode, Bytes), Failure> {
    let mut request = http::Request::builder().method(call.method).uri(&call.url);
    if !call.token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", call.token));
    }
    if let Some(key) = call.idempotency_key {
        request = request.header("idempotency-key", header_key(key));
    }
    if call.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = FullBody::new(Bytes::from(call.body.unwrap_or_default()));
    let request = request.body(body).map_err(|error| {
        Failure::Misconfigured(format!("the gateway can't be called at {}: {error}", call.url))
    })?;
    let unreachable = |error: &dyn std::fmt::Display| {
        Failure::Unavailable(format!("the gateway is not reached: {error}"))
    };
    let response = spin_sdk::http::send(request).await.map_err(|error| unreachable(&error))?;
    let (head, mut body) = response.into_parts();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreachable(&error))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > ANSWER_BYTES_MAX {
                let message = "the gateway's answer is too long".to_owned();
                return Err(Failure::Unavailable(message));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok((head.status, bytes.freeze()))
}
