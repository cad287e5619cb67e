//! The native ceiling: the same use cases and statements on the same database, as a native axum + sqlx program without
//! components. What it answers faster than the product is what the sandbox costs.

use anyhow::Result;
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query as AxumQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use oms_app::AppError;
use oms_app::change::{self, Expected};
use oms_app::ports::{OrderFilter, OrderPageQuery, StoreError};
use oms_app::register::{self, Outcome};
use oms_app::{organisation, read, tokens};
use oms_domain::address::Address;
use oms_domain::decide::Command;
use oms_domain::order::Order;
use oms_domain::rights::Actor;
use oms_domain::routing::Query;
use oms_domain::routing::normalise::Place;
use oms_domain::search::search_terms;
use oms_store::native::NativeDatabase;
use oms_store::{Database, DatabaseError, Dialect, Row, Store, Value};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Connections of its pool: as many as the product uses at 16 callers.
const CONNECTIONS_MAX: u32 = 16;

/// A database that counts the statements it is asked.
#[derive(Debug, Clone)]
pub struct CountingDatabase {
    inner: NativeDatabase,
    statements: Arc<AtomicU64>,
}

impl Database for CountingDatabase {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn query(
        &self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, DatabaseError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.inner.query(statement, parameters).await
    }

    async fn execute(&self, statement: &str, parameters: Vec<Value>) -> Result<(), DatabaseError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.inner.execute(statement, parameters).await
    }
}

type Ports = Store<CountingDatabase>;

/// The server, until it is dropped.
pub struct Ceiling {
    pub url: String,
    statements: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Ceiling {
    pub async fn start(database_url: &str) -> Result<Ceiling> {
        let inner = NativeDatabase::open(database_url, CONNECTIONS_MAX).await?;
        let statements = Arc::new(AtomicU64::new(0));
        let store = Store::new(CountingDatabase { inner, statements: statements.clone() });
        let routes = Router::new()
            .route("/api/v1/orders", get(search).post(register_order))
            .route("/api/v1/coverage/lookup", get(lookup))
            .route("/api/v1/orders/{order}", get(one))
            .route("/api/v1/orders/{order}/transitions", post(transition))
            .with_state(store);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            use axum::serve::ListenerExt;
            let listener = listener.tap_io(|stream| {
                if let Err(error) = stream.set_nodelay(true) {
                    eprintln!("ceiling: {error}");
                }
            });
            if let Err(error) = axum::serve(listener, routes).await {
                eprintln!("ceiling: {error}");
            }
        });
        Ok(Ceiling { url, statements, serving })
    }

    /// Statements since the last call.
    pub fn take_statements(&self) -> u64 {
        self.statements.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Refusal {
        let status = match error {
            AppError::StaleVersion { .. } => StatusCode::PRECONDITION_FAILED,
            AppError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        };
        Refusal(status, error.to_string())
    }
}

async fn caller(ports: &Ports, headers: &HeaderMap) -> Result<Actor, Refusal> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = header.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    let actor =
        tokens::authenticate(ports, token, crate::app::now()).await.map_err(Refusal::from)?;
    actor.ok_or_else(|| Refusal(StatusCode::UNAUTHORIZED, "unknown token".to_owned()))
}

async fn register_order(
    State(ports): State<Ports>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let actor = caller(&ports, &headers).await?;
    let document = serde_json::from_slice(&body)
        .map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))?;
    let request = register::Request {
        actor: &actor,
        document: &document,
        body: &body,
        idempotency_key: None,
        now: crate::app::now(),
    };
    match register::register(&ports, request).await? {
        Outcome::Registered { order, outlook, .. } => {
            let mut answer = order.to_api();
            outlook.add_to(&mut answer);
            Ok((StatusCode::CREATED, Json(answer)).into_response())
        }
        Outcome::Replayed { response } => Ok((StatusCode::CREATED, Json(response)).into_response()),
    }
}

async fn one(
    State(ports): State<Ports>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let actor = caller(&ports, &headers).await?;
    let (order, outlook) =
        read::order_with_outlook(&ports, &actor, &name, crate::app::now()).await?;
    let answer = outlook.answer(&order).map_err(|error| {
        AppError::from(StoreError::Corrupt(format!("order {} can't be written: {error}", order.id)))
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}

async fn search(
    State(ports): State<Ports>,
    AxumQuery(parameters): AxumQuery<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let actor = caller(&ports, &headers).await?;
    let question = parameters.get("q").map(String::as_str).unwrap_or_default();
    let query = OrderPageQuery {
        filter: OrderFilter { terms: search_terms(question), ..OrderFilter::default() },
        sort: Default::default(),
        after: None,
        limit: oms_domain::limits::PAGE_ENTRIES_DEFAULT,
    };
    let page = read::page(&ports, &actor, &query).await?;
    let items: Vec<_> = page.orders.iter().map(Order::to_api).collect();
    Ok(Json(json!({ "items": items, "nextCursor": page.next.map(|cursor| cursor.id) }))
        .into_response())
}

async fn lookup(
    State(ports): State<Ports>,
    AxumQuery(parameters): AxumQuery<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let actor = caller(&ports, &headers).await?;
    let address = Address {
        country: parameters.get("country").cloned().unwrap_or_default(),
        city: parameters.get("city").cloned(),
        street: parameters.get("street").cloned(),
        house: parameters.get("house").cloned(),
        ..Address::default()
    };
    let query = Query { place: Place::of(&address), services: Default::default() };
    let (coverage, _) = organisation::lookup_each(&ports, &actor, query).await?;
    let found = coverage.division_for(None);
    let (division, decision) =
        found.ok_or_else(|| Refusal(StatusCode::CONFLICT, "no organisation".to_owned()))?;
    Ok(Json(json!({ "division": division, "rule": decision.rule, "beaten": decision.beaten, "reason": decision.reason }))
        .into_response())
}

async fn transition(
    State(ports): State<Ports>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let actor = caller(&ports, &headers).await?;
    let document: serde_json::Value = serde_json::from_slice(&body)
        .map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))?;
    let command = Command::Transition {
        transition: document["transition"].as_str().unwrap_or_default().to_owned(),
        fields: Default::default(),
        comment: document["comment"].as_str().map(str::to_owned),
        visit: Default::default(),
    };
    let tag = headers.get("if-match").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let version = tag.trim_start_matches("\"v").trim_end_matches('"').parse().unwrap_or(0);
    let expected = Expected::Version(version);
    let decision =
        change::change(&ports, &actor, &name, expected, command, crate::app::now()).await?;
    Ok(Json(decision.order_to_api()).into_response())
}
