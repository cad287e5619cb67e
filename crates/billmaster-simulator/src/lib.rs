#![doc = include_str!("../README.md")]

mod answers;
mod api;
mod control;
mod extract;
mod inspection;
mod journal;
mod objects;
mod page;
mod problem;
mod serve;

use crate::control::Control;
use crate::objects::Objects;
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a stop waits for calls that run.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

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
    token: String,
    objects: Mutex<Objects>,
    control: Mutex<Control>,
}

/// Opens the database and serves.
///
/// # Errors
/// The database can't be opened, or the address can't be listened on.
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
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(serve::serve(listener, api::routes(simulator), stopped));
    Ok(RunningSimulator { address, stop: Some(stop), serving })
}

impl RunningSimulator {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, finishes the calls that run unless that takes too long, and ends.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // Its end is all that is wanted: it may have ended by itself.
            let _ = stop.send(());
        }
        // What is not finished by then is ended by the drop.
        let _ = tokio::time::timeout(STOP_TIME_MAX, &mut self.serving).await;
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Simulator {
    fn objects(&self) -> MutexGuard<'_, Objects> {
        // A panic in between rolled its transaction back.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
