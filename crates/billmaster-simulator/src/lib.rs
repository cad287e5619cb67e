#![doc = include_str!("../README.md")]

mod api;
mod control;
mod objects;
mod page;
mod problem;

use crate::control::Control;
use crate::objects::Objects;
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How a simulator is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 lets the system pick one; see [`RunningSimulator::address`].
    pub listen: SocketAddr,
    /// The SQLite file of its objects; made when it is not there.
    pub database: PathBuf,
    /// What callers show as bearer token; empty: everybody may call.
    pub token: String,
}

/// A simulator that serves. Dropping it stops it without waiting for answers.
#[derive(Debug)]
pub struct RunningSimulator {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// What the routes share.
pub(crate) struct Simulator {
    pub token: String,
    pub objects: Mutex<Objects>,
    pub control: Mutex<Control>,
}

/// Opens the database and serves.
pub async fn start(options: Options) -> Result<RunningSimulator> {
    let objects = Objects::open(&options.database)
        .with_context(|| format!("the simulator can't open {}", options.database.display()))?;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("the simulator can't listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    let simulator = Arc::new(Simulator {
        token: options.token,
        objects: Mutex::new(objects),
        control: Mutex::new(Control::default()),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let serve = axum::serve(listener, api::routes(simulator)).with_graceful_shutdown(async {
            // Dropped without a word counts as told.
            let _ = stopped.await;
        });
        if let Err(error) = serve.await {
            eprintln!("billmaster-simulator: {error}");
        }
    });
    Ok(RunningSimulator { address, stop: Some(stop), serving })
}

impl RunningSimulator {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting and ends.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // Its end is all that is wanted: it may have ended by itself.
            let _ = stop.send(());
        }
        let grace = std::time::Duration::from_secs(2);
        // Idle keep-alive connections do not hold it up for longer.
        let _ = tokio::time::timeout(grace, &mut self.serving).await;
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
