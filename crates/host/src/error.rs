//! What can go wrong before the host serves. Faults of requests are answers, not errors.

use std::{net::SocketAddr, path::PathBuf};

/// Why the host didn't start.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("can't read the manifest {}: {source}", path.display())]
    ManifestUnreadable { path: PathBuf, source: std::io::Error },
    /// All faults of manifest and options together, so that one round of corrections is enough.
    #[error("the app can't run on the embedded host:{}", as_list(.0))]
    Configuration(Vec<String>),
    #[error("component {component}: {reason}")]
    Component { component: String, reason: String },
    #[error("can't prepare the database directory {}: {source}", path.display())]
    DatabaseDirectory { path: PathBuf, source: std::io::Error },
    #[error("can't set up the WebAssembly engine: {0}")]
    Engine(String),
    #[error("can't listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// Why an in-process call of a component got no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("there is no component {0} with an HTTP trigger")]
    UnknownComponent(String),
    #[error("component {component} failed: {reason}")]
    Failed { component: String, reason: String },
}

fn as_list(faults: &[String]) -> String {
    faults.iter().map(|fault| format!("\n  - {fault}")).collect()
}
