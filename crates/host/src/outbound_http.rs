//! Outgoing HTTP of guests: what was granted, to other components in-process, to the rest by network.
use std::{future::Future, sync::Arc};

use http::Request;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::{app::ComponentConfig, runtime::Services};

#[derive(Default)]
pub(crate) struct Client;

/// The hooks of one instance.
pub(crate) struct OutboundHttp {
    _component: Arc<ComponentConfig>,
    _services: Arc<Services>,
}

impl OutboundHttp {
    pub fn new(component: Arc<ComponentConfig>, services: Arc<Services>) -> Self {
        Self { _component: component, _services: services }
    }
}

type Sent =
    Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _fut: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(async move { Err(Error::HttpRequestDenied) })
    }
}
