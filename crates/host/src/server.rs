//! The HTTP listener: connections, routes, limits, and the way to a graceful end.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc};

use http::{
    Request, Response, StatusCode, Uri,
    header::HOST,
    uri::{Authority, Scheme},
};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use wasmtime_wasi_http::WasiBody;

use crate::{
    dispatch, headers,
    limits::{REQUEST_BODY_PAUSE_MAX, REQUEST_HEAD_BYTES_MAX, REQUEST_HEAD_TIMEOUT},
    routes::Routes,
    runtime::{Components, Phase, Services},
    timed_body::timed,
};

const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

/// Everything that a connection needs.
pub(crate) struct Server {
    pub routes: Routes,
    pub components: Arc<Components>,
    pub services: Arc<Services>,
    pub requests: Semaphore,
    pub connections: Arc<Semaphore>,
}

impl Server {
    /// Accepts connections until the host stops. Connections go on by themselves until they have
    /// answered what they began.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut phase = self.services.phase.subscribe();
        loop {
            let Ok(permit) = self.connections.clone().acquire_owned().await else { return };
            let stopped = phase.wait_for(|phase| *phase != Phase::Serving);
            let accepted = tokio::select! {
                _ = stopped => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, client)) => {
                    tokio::spawn(self.clone().serve_connection(stream, client, permit));
                }
                // Out of file handles, most likely: those in use will be given back.
                Err(error) => {
                    eprintln!("can't accept a connection: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn serve_connection(
        self: Arc<Self>,
        stream: TcpStream,
        client: SocketAddr,
        _permit: OwnedSemaphorePermit,
    ) {
        // Without it a small body can wait 40 ms for the client's acknowledgement of the head.
        let _ = stream.set_nodelay(true);
        let mut stopping = self.services.phase.subscribe();
        let mut killing = stopping.clone();
        let service = service_fn(|request| {
            let server = self.clone();
            async move { Ok::<_, Infallible>(server.answer(request, client).await) }
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REQUEST_HEAD_TIMEOUT)
                .max_buf_size(REQUEST_HEAD_BYTES_MAX)
                .serve_connection(TokioIo::new(stream), service)
        );
        // How a connection ends is the client's business: it may hang up at any time.
        let mut is_stopping = false;
        loop {
            tokio::select! {
                // First, so that the end of a guest is never taken for its answer: it is ended after this is said.
                biased;
                _ = killing.wait_for(|phase| *phase == Phase::Killing) => return,
                _ = stopping.wait_for(|phase| *phase != Phase::Serving), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = &mut connection => return,
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Response<WasiBody> {
        let Ok(_permit) = self.requests.acquire().await else {
            return dispatch::empty(StatusCode::SERVICE_UNAVAILABLE);
        };
        let mut request = request.map(|body| timed(body, REQUEST_BODY_PAUSE_MAX));
        headers::strip(request.headers_mut());
        let path = request.uri().path().to_owned();
        if let Some(page) = path.strip_prefix(WELL_KNOWN_PREFIX) {
            return well_known(page);
        }
        let Some(matched) = self.routes.find(&path) else {
            return dispatch::empty(StatusCode::NOT_FOUND);
        };
        let Some(uri) = absolute_uri(&request) else {
            return dispatch::empty(StatusCode::BAD_REQUEST);
        };
        *request.uri_mut() = uri;
        dispatch::respond(&self.components, request, &matched, client).await
    }
}

fn well_known(page: &str) -> Response<WasiBody> {
    match page {
        "health" => Response::new(Full::from("OK").map_err(|never| match never {}).boxed_unsync()),
        _ => dispatch::empty(StatusCode::NOT_FOUND),
    }
}

/// Scheme, host and path, from the request line and the `Host` header; none when they disagree or
/// both are missing.
fn absolute_uri(request: &Request<WasiBody>) -> Option<Uri> {
    let mut parts = request.uri().clone().into_parts();
    let from_header = match request.headers().get(HOST) {
        Some(host) => Some(host.to_str().ok()?.parse::<Authority>().ok()?),
        None => None,
    };
    parts.authority = match (from_header, parts.authority) {
        (Some(header), Some(line)) if header != line => return None,
        (Some(header), _) => Some(header),
        (None, line) => Some(line?),
    };
    parts.scheme = Some(Scheme::HTTP);
    Uri::from_parts(parts).ok()
}
