//! The HTTP client: kept connections, TLS, and a time limit for each step.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response, Uri, uri::Scheme};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower_service::Service;
use wasmtime_wasi_http::{Error, WasiBody};

use super::Timeouts;
use crate::{
    limits::{OUTBOUND_IDLE_PER_HOST_MAX, OUTBOUND_IDLE_TIMEOUT, OUTBOUND_TIMEOUT},
    timed_body::timed,
    tls,
};

type Inner = hyper_util::client::legacy::Client<Connector, WasiBody>;

/// Shared by all components; connections are kept by scheme, host and port.
pub(crate) struct Client(Result<Inner, String>);

impl Default for Client {
    fn default() -> Self {
        Self(tls::connector(None).map(|tls| {
            hyper_util::client::legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(OUTBOUND_IDLE_TIMEOUT)
                .pool_max_idle_per_host(OUTBOUND_IDLE_PER_HOST_MAX)
                .build(Connector { tls })
        }))
    }
}

tokio::task_local! {
    /// How long connecting may take: the client has no other way to hand it to the connector.
    static CONNECT_TIMEOUT: Duration;
}

impl Client {
    pub(super) async fn send(
        &self,
        request: Request<WasiBody>,
        timeouts: Timeouts,
    ) -> Result<Response<WasiBody>, Error> {
        let client =
            self.0.as_ref().map_err(|reason| Error::InternalError(Some(reason.clone())))?;
        let sending = CONNECT_TIMEOUT.scope(timeouts.connect, client.request(request));
        let response = timeout(timeouts.first_byte, sending)
            .await
            .map_err(|_| Error::ConnectionReadTimeout)?
            .map_err(|error| reason(&error))?;
        Ok(response.map(|body| timed(body, timeouts.between_bytes)))
    }
}

/// What the guest is told. Causes that only a person can use go to the host's error output.
fn reason(error: &hyper_util::client::legacy::Error) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(found) = cause {
        if let Some(connecting) = found.downcast_ref::<ConnectError>() {
            return connecting.into();
        }
        cause = found.source();
    }
    Error::HttpProtocolError
}

/// Why there is no connection.
#[derive(Debug)]
enum ConnectError {
    Name(io::Error),
    Refused(io::Error),
    Timeout,
    Tls(io::Error),
    Uri,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) | Self::Refused(error) | Self::Tls(error) => error.fmt(f),
            Self::Timeout => f.write_str("connecting took too long"),
            Self::Uri => f.write_str("the URL has no usable host"),
        }
    }
}

impl StdError for ConnectError {}

impl From<&ConnectError> for Error {
    fn from(error: &ConnectError) -> Self {
        match error {
            ConnectError::Name(_) => Self::DnsError {
                rcode: Some("address not available".to_owned()),
                info_code: Some(0),
            },
            ConnectError::Refused(_) => Self::ConnectionRefused,
            ConnectError::Timeout => Self::ConnectionTimeout,
            ConnectError::Tls(_) => Self::TlsProtocolError,
            ConnectError::Uri => Self::HttpRequestUriInvalid,
        }
    }
}

/// Opens connections, with TLS where the URL says so.
#[derive(Clone)]
struct Connector {
    tls: TlsConnector,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // Read here, because the future may go on in a task of the client.
        let limit = CONNECT_TIMEOUT.try_with(|limit| *limit).unwrap_or(OUTBOUND_TIMEOUT);
        let tls = (uri.scheme() == Some(&Scheme::HTTPS)).then(|| self.tls.clone());
        Box::pin(async move {
            let connecting = timeout(limit, connect(&uri, tls));
            connecting.await.map_err(|_| ConnectError::Timeout)?.map(TokioIo::new)
        })
    }
}

async fn connect(uri: &Uri, tls: Option<TlsConnector>) -> Result<Stream, ConnectError> {
    // Square brackets belong to IPv6 addresses in a URL only.
    let host = uri.host().ok_or(ConnectError::Uri)?.trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
    let addresses: Vec<_> =
        tokio::net::lookup_host((host, port)).await.map_err(ConnectError::Name)?.collect();
    let stream = TcpStream::connect(&*addresses).await.map_err(ConnectError::Refused)?;
    // Small requests must not wait for the acknowledgement of what was sent before.
    stream.set_nodelay(true).map_err(ConnectError::Refused)?;
    let Some(tls) = tls else { return Ok(Stream::Plain(stream)) };
    let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectError::Uri)?;
    let stream = tls.connect(name, stream).await.map_err(ConnectError::Tls)?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// A connection to a server.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
