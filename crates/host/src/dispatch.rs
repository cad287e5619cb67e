//! From a request and the component that it is for to a response, wherever the request came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use tokio::time::Instant;
use wasmtime::PoolConcurrencyLimitError;
use wasmtime_wasi_http::{WasiBody, handler::InstantiationError};

use crate::{
    headers,
    limits::{INSTANCE_WAIT_MAX, INSTANCE_WAIT_STEP},
    routes::{Route, RouteMatch},
    runtime::{Components, ServedComponent},
};

/// The client address of requests between components, as in Spin.
const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Sends a request that came in from outside to the component of its route. A component that fails
/// is an empty 500; what happened is on the host's error output.
pub(crate) async fn respond(
    components: &Components,
    mut request: Request<WasiBody>,
    matched: &RouteMatch<'_>,
    client: SocketAddr,
) -> Response<WasiBody> {
    let name = &matched.route.component;
    let Some(component) = components.get(name) else {
        eprintln!("[{name}] isn't served");
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let uri = request.uri().clone();
    headers::describe(request.headers_mut(), &uri, matched, client);
    match handle(component, request).await {
        Ok(response) => response,
        Err(error) => {
            eprintln!("[{name}] failed to answer {}: {error:#}", uri.path());
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Sends a request to a component by name, private or not.
pub(crate) async fn respond_chained(
    components: &Components,
    component: &str,
    request: Request<WasiBody>,
) -> Response<WasiBody> {
    let route = Route::chained(component);
    let path_info = request.uri().path().to_owned();
    let matched = RouteMatch { route: &route, parameters: Vec::new(), path_info };
    respond(components, request, &matched, CHAINED_CLIENT).await
}

pub(crate) fn empty(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// Waits a little when all instances of the host are in use, instead of failing at once.
async fn handle(
    component: &ServedComponent,
    mut request: Request<WasiBody>,
) -> wasmtime::Result<Response<WasiBody>> {
    let deadline = Instant::now() + INSTANCE_WAIT_MAX;
    loop {
        let error = match component.handler.handle((), request).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let failed = error.downcast::<InstantiationError<()>>()?;
        if !failed.error.is::<PoolConcurrencyLimitError>() || Instant::now() >= deadline {
            return Err(wasmtime::format_err!("{:#}", failed.error));
        }
        request = failed.request.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        tokio::time::sleep(INSTANCE_WAIT_STEP).await;
    }
}
