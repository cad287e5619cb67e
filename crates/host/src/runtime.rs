//! What a running app consists of: its components, and what their instances share.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, OnceLock, Weak},
};

use tokio::sync::{Semaphore, watch};
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::{
    handler::InstanceMaker,
    limits::{CHAINED_REQUESTS_MAX, Limits},
    outbound_http::Client,
    postgres::Pools,
    sqlite::SharedDatabase,
};

/// How far the host is on its way from start to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    Serving,
    /// No new requests from outside; instances end when they have nothing left to do.
    Stopping,
    /// The grace period is over; instances end at once.
    Killing,
}

/// What all instances share.
pub(crate) struct Services {
    pub limits: Limits,
    pub database: SharedDatabase,
    pub postgres: Pools,
    pub http: Client,
    pub phase: watch::Sender<Phase>,
    /// The number of instances that haven't ended.
    pub instances: watch::Sender<usize>,
    pub chained_requests: Semaphore,
    /// Set once, when the app runs. Weak, because components hold the services.
    pub components: OnceLock<Weak<Components>>,
    pub address: OnceLock<SocketAddr>,
}

/// The components that answer HTTP, by name.
pub(crate) type Components = HashMap<String, ServedComponent>;

pub(crate) struct ServedComponent {
    pub handler: ProxyHandler<InstanceMaker>,
}

impl Services {
    pub fn new(limits: Limits, database: SharedDatabase) -> Self {
        Self {
            limits,
            database,
            postgres: Pools::default(),
            http: Client::default(),
            phase: watch::Sender::new(Phase::Serving),
            instances: watch::Sender::new(0),
            chained_requests: Semaphore::new(CHAINED_REQUESTS_MAX),
            components: OnceLock::new(),
            address: OnceLock::new(),
        }
    }

    pub fn components(&self) -> Option<Arc<Components>> {
        self.components.get()?.upgrade()
    }
}

/// Counts an instance for as long as it lives.
pub(crate) struct LiveInstance(Arc<Services>);

impl LiveInstance {
    pub fn new(services: &Arc<Services>) -> Self {
        services.instances.send_modify(|count| *count += 1);
        Self(services.clone())
    }
}

impl Drop for LiveInstance {
    fn drop(&mut self) {
        self.0.instances.send_modify(|count| *count -= 1);
    }
}
