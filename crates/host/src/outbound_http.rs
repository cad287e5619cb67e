//! Outgoing HTTP of guests: only to what was granted; to other components without the network.

mod client;

use std::{future::Future, sync::Arc, time::Duration};

use http::{
    Request, Response, Uri,
    header::HOST,
    uri::{Authority, Scheme},
};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

pub(crate) use self::client::Client;
use crate::{
    allowed_hosts::chained_component, app::ComponentConfig, dispatch, limits::OUTBOUND_TIMEOUT,
    runtime::Services,
};

/// The host under which an app may call itself, for guests whose library wants a host in each URL.
const OWN_HOST: &str = "self.alt";

/// The hooks of one instance.
pub(crate) struct OutboundHttp {
    component: Arc<ComponentConfig>,
    services: Arc<Services>,
}

/// How long each part of an exchange may take.
#[derive(Clone, Copy)]
struct Timeouts {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl OutboundHttp {
    pub fn new(component: Arc<ComponentConfig>, services: Arc<Services>) -> Self {
        Self { component, services }
    }
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        // Tells how the guest got on with the response; a guest that gives up drops the body too.
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let (component, services) = (self.component.clone(), self.services.clone());
        Box::new(async move {
            let response = send(&component, &services, request, options.into()).await?;
            // Faults of the connection show in the body.
            Ok((response, Box::new(async { Ok(()) }) as Box<dyn Future<Output = _> + Send>))
        })
    }
}

async fn send(
    component: &ComponentConfig,
    services: &Services,
    mut request: Request<WasiBody>,
    timeouts: Timeouts,
) -> Result<Response<WasiBody>, Error> {
    if is_to_itself(request.uri()) {
        if !component.allowed_hosts.allows_itself() {
            return Err(Error::HttpRequestDenied);
        }
        let own = services.address.get().ok_or(Error::HttpRequestUriInvalid)?.to_string();
        *request.uri_mut() = with_authority(request.uri(), &own)?;
    } else if !component.allowed_hosts.allows(&request.uri().to_string(), "https") {
        return Err(Error::HttpRequestDenied);
    }
    // Whoever sends it on sets it anew from the URL.
    request.headers_mut().remove(HOST);
    match request.uri().host().and_then(chained_component) {
        Some(name) => {
            let name = name.to_owned();
            send_to_component(services, &name, request).await
        }
        None => services.http.send(request, timeouts).await,
    }
}

/// A URL without a host, or with the host that stands for none.
fn is_to_itself(uri: &Uri) -> bool {
    uri.host().is_none_or(|host| host.is_empty() || host == OWN_HOST)
}

fn with_authority(uri: &Uri, authority: &str) -> Result<Uri, Error> {
    let mut parts = uri.clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority =
        Some(authority.parse::<Authority>().map_err(|_| Error::HttpRequestUriInvalid)?);
    Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)
}

async fn send_to_component(
    services: &Services,
    name: &str,
    request: Request<WasiBody>,
) -> Result<Response<WasiBody>, Error> {
    let components = services.components().ok_or(Error::ConnectionTerminated)?;
    if !components.contains_key(name) {
        return Err(Error::InternalError(Some(format!("unknown component ID {name:?}"))));
    }
    let _permit =
        services.chained_requests.try_acquire().map_err(|_| Error::ConnectionLimitReached)?;
    Ok(dispatch::respond_chained(&components, name, request).await)
}

impl From<Option<RequestOptions>> for Timeouts {
    fn from(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        Self {
            connect: options.connect_timeout.unwrap_or(OUTBOUND_TIMEOUT),
            first_byte: options.first_byte_timeout.unwrap_or(OUTBOUND_TIMEOUT),
            between_bytes: options.between_bytes_timeout.unwrap_or(OUTBOUND_TIMEOUT),
        }
    }
}
