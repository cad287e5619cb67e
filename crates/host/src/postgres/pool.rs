//! Pools of connections: for each component its own, by address, as in Spin.

use std::{
    collections::HashMap,
    error::Error,
    future::Future,
    io,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{
    NoTls,
    config::{Config, SslMode},
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    limits::{
        POSTGRES_CONNECT_TIMEOUT, POSTGRES_IDLE_TIMEOUT, POSTGRES_POOL_SIZE, POSTGRES_POOLS_MAX,
        POSTGRES_WAIT_MAX,
    },
    tls,
};

/// The pools of each component, the one used last first.
#[derive(Default)]
pub(crate) struct Pools(Mutex<HashMap<String, Vec<Entry>>>);

struct Entry {
    address: String,
    ca_root: Option<String>,
    pool: Pool,
}

impl Pools {
    /// A connection for `component`; the error is for the guest.
    pub async fn connect(
        &self,
        component: &str,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Object, String> {
        let pool = self.pool(component, address, ca_root)?;
        pool.get().await.map_err(|error| with_causes(&error))
    }

    fn pool(&self, component: &str, address: &str, ca_root: Option<&str>) -> Result<Pool, String> {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = match pools.get_mut(component) {
            Some(entries) => entries,
            None => pools.entry(component.to_owned()).or_default(),
        };
        let found = entries
            .iter()
            .position(|entry| entry.address == address && entry.ca_root.as_deref() == ca_root);
        match found {
            Some(index) => entries[..=index].rotate_right(1),
            None => {
                let pool = build(address, ca_root)?;
                let (address, ca_root) = (address.to_owned(), ca_root.map(str::to_owned));
                entries.insert(0, Entry { address, ca_root, pool });
                entries.truncate(POSTGRES_POOLS_MAX);
            }
        }
        Ok(entries[0].pool.clone())
    }
}

fn build(address: &str, ca_root: Option<&str>) -> Result<Pool, String> {
    let config: Config = address.parse().map_err(|error| with_causes(&error))?;
    // Resets the settings of a session, and leaves an open transaction alone.
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Clean };
    let manager = if config.get_ssl_mode() == SslMode::Disable {
        Manager::from_config(config, NoTls, recycling)
    } else {
        Manager::from_config(config, Tls { connector: tls::connector(ca_root)? }, recycling)
    };
    let pool = Pool::builder(manager)
        .max_size(POSTGRES_POOL_SIZE)
        .wait_timeout(Some(POSTGRES_WAIT_MAX))
        .create_timeout(Some(POSTGRES_CONNECT_TIMEOUT))
        .recycle_timeout(Some(POSTGRES_CONNECT_TIMEOUT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| error.to_string())?;
    tokio::spawn(close_idle(pool.weak()));
    Ok(pool)
}

/// Gives connections back to the server that nobody has needed for a while.
async fn close_idle(pool: deadpool_postgres::WeakPool) {
    loop {
        tokio::time::sleep(POSTGRES_IDLE_TIMEOUT / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.retain(|_, metrics| metrics.last_used() < POSTGRES_IDLE_TIMEOUT);
    }
}

/// An error with all of its causes; the password isn't among them.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors repeat their cause in their own text.
        let reason = error.to_string();
        if !text.ends_with(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = error.source();
    }
    text
}

/// TLS for connections to PostgreSQL.
#[derive(Clone)]
struct Tls {
    connector: TlsConnector,
}

struct TlsTo {
    connector: TlsConnector,
    server: ServerName<'static>,
}

/// A connection under TLS.
struct Encrypted<S>(Box<TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type TlsConnect = TlsTo;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<TlsTo, Self::Error> {
        let server = ServerName::try_from(domain.to_owned())?;
        Ok(TlsTo { connector: self.connector.clone(), server })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for TlsTo {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.connector.connect(self.server, stream);
        Box::pin(async move { connecting.await.map(|stream| Encrypted(Box::new(stream))) })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> tokio_postgres::tls::TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
