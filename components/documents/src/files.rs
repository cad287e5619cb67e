//! `GET` and `POST /api/v1/orders/{order}/documents`, `GET /api/v1/documents/{document}`, and the documents of a
//! subscriber's own orders.

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use oms_app::documents::{self, Upload};
use oms_app::reads::Reading;
use oms_app::{profile, read};
use oms_domain::limits::UPLOAD_BYTES_MAX;
use oms_domain::order::Document;
use oms_domain::rights::Right;
use oms_web::{
    Backend, Parameters, Problem, Session, SubscriberSession, clock, json_answer, none_match_hits,
    note_read, read_body, require_right,
};
use serde_json::json;

/// What may be uploaded: what people scan, photograph and write. Nothing that a browser would run.
const MEDIA_TYPES: [&str; 5] = [
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/plain",
    "application/vnd.oasis.opendocument.text",
];

pub async fn list(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    require_right(&session.actor, Right::OrdersRead)?;
    let order =
        read::order_for(&session.backend, &session.actor, &name, Right::DocumentsRead).await?;
    let items: Vec<_> = order.documents.iter().map(to_api).collect();
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": items, "nextCursor": null })))
}

/// The body is the file; `?kind=` and `?name=` say what it is.
pub async fn upload(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let kind = parameters.text("kind").unwrap_or_else(|| "other".to_owned());
    let file_name = parameters.text("name").unwrap_or_else(|| "document".to_owned());
    parameters.finish()?;
    let media_type = oms_web::media_type(&headers);
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        let detail = format!("Send Content-Type: one of {}.", MEDIA_TYPES.join(", "));
        let title = "The type of the file is not supported";
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            title,
            detail,
        ));
    }
    let bytes = read_body(&headers, body, UPLOAD_BYTES_MAX).await?;
    if bytes.is_empty() {
        return Err(Problem::bad_request("empty-body", "The file is empty."));
    }
    let upload = Upload { kind, name: file_name, media_type, content: &bytes };
    let uploaded =
        documents::upload(&session.backend, &session.actor, &name, upload, clock()).await?;
    let (_, document) = uploaded;
    let location = format!("/api/v1/documents/{}", document.id);
    Ok(json_answer(StatusCode::CREATED, &[(header::LOCATION, location)], &to_api(&document)))
}

pub async fn download(
    session: Session,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let (document, order_id) = documents::describe(&session.backend, &session.actor, &id).await?;
    let tag = entity_tag(&document);
    if none_match_hits(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    note_read(&session, &order_id, Reading::Document);
    // The bytes of a document never change, and are nobody else's business.
    file(&session.backend, &document, "private, max-age=31536000, immutable").await
}

/// A document of a subscriber's own order.
pub async fn download_of_subscriber(
    session: SubscriberSession,
    Path((name, id)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let document = profile::document(&session.backend, &session.subscriber, &name, &id).await?;
    let tag = entity_tag(&document);
    if none_match_hits(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    // The next person at this computer may be somebody else.
    file(&session.backend, &document, "no-store").await
}

fn entity_tag(document: &Document) -> String {
    format!("\"{}\"", document.sha256)
}

async fn file(
    backend: &Backend,
    document: &Document,
    cache: &'static str,
) -> Result<Response, Problem> {
    let content = documents::content(backend, document).await?;
    let mut response = (StatusCode::OK, content).into_response();
    let ascii: String = document
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' })
        .collect();
    let fields = [
        (header::CONTENT_TYPE, document.media_type.clone()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{ascii}\"")),
        (header::ETAG, entity_tag(document)),
        (header::CACHE_CONTROL, cache.to_owned()),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

fn to_api(document: &Document) -> serde_json::Value {
    let mut value = json!(document);
    value["href"] = json!(format!("/api/v1/documents/{}", document.id));
    value
}
