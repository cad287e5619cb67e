#![doc = include_str!("../README.md")]

mod allowed_hosts;
mod app;
mod bindings;
mod code_cache;
mod compile;
mod compose;
mod dependency;
mod dispatch;
mod engine;
mod error;
mod file_limit;
mod handler;
mod headers;
mod limits;
mod manifest;
mod outbound_http;
mod output;
mod postgres;
mod routes;
mod rows;
mod runtime;
mod server;
mod sqlite;
mod state;
mod template;
mod timed_body;
mod tls;
mod variables;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use wasmtime::{Engine, component::Component};
use wasmtime_wasi_http::handler::ProxyHandler;

use crate::{
    app::{App, ComponentConfig},
    code_cache::CodeCache,
    handler::InstanceMaker,
    routes::Routes,
    runtime::{Components, Phase, ServedComponent, Services},
    server::Server,
    sqlite::Database,
};
pub use crate::{
    error::{CallError, HostError},
    limits::Limits,
};

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The `spin.toml`. Paths in it are relative to its directory.
    pub manifest: PathBuf,
    /// Port 0 lets the system pick one; see [`RunningHost::address`].
    pub listen: SocketAddr,
    /// Values for application variables, instead of their defaults.
    pub variables: BTreeMap<String, String>,
    /// The file of the SQLite database `default`.
    pub sqlite_path: PathBuf,
    /// Where compiled code is kept between starts; without it, each start compiles anew.
    pub cache_directory: Option<PathBuf>,
    /// What fills that directory when something is missing there. Without it the process that serves does so itself, and
    /// keeps the memory that it took, more than 1 GiB.
    pub compiler: Option<Program>,
    pub limits: Limits,
}

impl HostOptions {
    /// The options that make this host the nearest to `spin up` in the manifest's directory.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        let manifest = manifest.into();
        let directory = manifest.parent().unwrap_or(Path::new(""));
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            variables: BTreeMap::new(),
            sqlite_path: directory.join(".spin/sqlite_db.db"),
            cache_directory: Some(directory.join(".oms/cache")),
            compiler: None,
            limits: Limits::default(),
            manifest,
        }
    }
}

/// A program to be run; what it says on standard error is seen.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<std::ffi::OsString>,
}

/// An app that serves, until it is stopped. Dropping it stops it without grace.
pub struct RunningHost {
    address: SocketAddr,
    server: Arc<Server>,
    serving: JoinHandle<()>,
}

/// Reads the manifest, compiles its components and serves. `progress` is told what takes long.
pub async fn start(
    options: HostOptions,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<RunningHost, HostError> {
    file_limit::raise();
    let app = App::load(&options.manifest, &options.variables)?;
    let mut faults = Vec::new();
    let routes = Routes::new(&app.routes, &mut faults);
    if !faults.is_empty() {
        return Err(HostError::Configuration(faults));
    }
    let engine = engine::build(&options.limits)?;
    let open_cache = || options.cache_directory.as_deref().map(CodeCache::open).transpose();
    let configs: Vec<Arc<ComponentConfig>> = app.components.into_iter().map(Arc::new).collect();
    let elsewhere = match (open_cache()?, &options.compiler) {
        (Some(cache), Some(compiler)) => {
            compiled_elsewhere(&engine, cache, &configs, compiler).await?
        }
        _ => None,
    };
    let compiled = match elsewhere {
        Some(compiled) => compiled,
        None => compile(&engine, open_cache()?, &configs, progress).await?,
    };
    engine::start_clock(&engine)?;

    let database = Arc::new(open_database(&options.sqlite_path)?);
    let services = Arc::new(Services::new(options.limits.clone(), database));
    let components = Arc::new(serve_components(&engine, &configs, compiled, &services)?);
    let _ = services.components.set(Arc::downgrade(&components));

    let failed = |source| HostError::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let _ = services.address.set(address);
    let server = Arc::new(Server {
        routes,
        components,
        services,
        requests: Semaphore::new(options.limits.requests_max),
        connections: Arc::new(Semaphore::new(options.limits.connections_max)),
    });
    let serving = tokio::spawn(server.clone().serve(listener));
    progress(&format!("{} serves on http://{address}", app.name));
    Ok(RunningHost { address, server, serving })
}

/// Compiles all components of a manifest into the cache, so that the next start needn't.
pub async fn precompile(
    manifest: &Path,
    variables: &BTreeMap<String, String>,
    cache_directory: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), HostError> {
    let app = App::load(manifest, variables)?;
    let engine = engine::build(&Limits::default())?;
    let cache = Some(CodeCache::open(cache_directory)?);
    let configs: Vec<_> = app.components.into_iter().map(Arc::new).collect();
    compile(&engine, cache, &configs, progress).await.map(drop)
}

impl RunningHost {
    /// Where it listens; of use when the options said port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request to a component without the network, as another component would; the tick
    /// reaches its private route this way.
    pub async fn call(
        &self,
        component: &str,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, CallError> {
        if !self.server.components.contains_key(component) {
            return Err(CallError::UnknownComponent(component.to_owned()));
        }
        let request =
            request.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync());
        let response = dispatch::respond_chained(&self.server.components, component, request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| CallError::Failed {
            component: component.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(http::Response::from_parts(head, body.to_bytes()))
    }

    /// Stops accepting, finishes requests and what guests still do after their responses, and ends
    /// what isn't done after the grace period.
    pub async fn stop(self) {
        let services = &self.server.services;
        services.phase.send_replace(Phase::Stopping);
        if tokio::time::timeout(services.limits.grace_period, self.finished()).await.is_err() {
            services.phase.send_replace(Phase::Killing);
            // Guests notice at their next pause, within a tick of the clock.
            let _ = tokio::time::timeout(Duration::from_secs(1), self.finished()).await;
        }
        services.database.close();
    }

    /// Waits until no connection and no instance is left.
    async fn finished(&self) {
        let all = u32::try_from(self.server.services.limits.connections_max).unwrap_or(u32::MAX);
        let _ = self.server.connections.acquire_many(all).await;
        let mut instances = self.server.services.instances.subscribe();
        let _ = instances.wait_for(|count| *count == 0).await;
    }
}

impl Drop for RunningHost {
    fn drop(&mut self) {
        self.serving.abort();
        self.server.services.phase.send_replace(Phase::Killing);
    }
}

fn open_database(path: &Path) -> Result<Database, HostError> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|source| HostError::DatabaseDirectory {
            path: directory.to_owned(),
            source,
        })?;
    }
    Ok(Database::new(path.to_owned()))
}

/// Compiles away from the threads that serve, and passes on what happens.
async fn compile(
    engine: &Engine,
    cache: Option<CodeCache>,
    configs: &[Arc<ComponentConfig>],
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Component>, HostError> {
    let (sender, mut messages) = mpsc::unbounded_channel();
    let (engine, configs) = (engine.clone(), configs.to_vec());
    let compiling = tokio::task::spawn_blocking(move || {
        compile::compile_all(&engine, cache.as_ref(), &configs, &sender)
    });
    while let Some(message) = messages.recv().await {
        progress(&message);
    }
    compiling.await.map_err(|error| HostError::Engine(format!("compiling failed: {error}")))?
}

/// All components from the cache, if they are there; else they are compiled into it by another process, whose memory ends
/// with it. None: that process did not do it.
async fn compiled_elsewhere(
    engine: &Engine,
    cache: CodeCache,
    configs: &[Arc<ComponentConfig>],
    compiler: &Program,
) -> Result<Option<Vec<Component>>, HostError> {
    let cache = Arc::new(cache);
    if let Some(found) = compiled_before(engine, &cache, configs).await? {
        return Ok(Some(found));
    }
    let mut command = tokio::process::Command::new(&compiler.path);
    command.args(&compiler.arguments).stdout(std::process::Stdio::null()).kill_on_drop(true);
    match command.status().await {
        Ok(status) if status.success() => compiled_before(engine, &cache, configs).await,
        // Whatever went wrong there is tried here, and told if it goes wrong again.
        _ => Ok(None),
    }
}

/// All components from the cache. None: one of them is not there.
async fn compiled_before(
    engine: &Engine,
    cache: &Arc<CodeCache>,
    configs: &[Arc<ComponentConfig>],
) -> Result<Option<Vec<Component>>, HostError> {
    let (engine, cache, configs) = (engine.clone(), cache.clone(), configs.to_vec());
    let finding =
        tokio::task::spawn_blocking(move || compile::find_all(&engine, &cache, &configs)).await;
    let found =
        finding.map_err(|error| HostError::Engine(format!("the cache can't be read: {error}")))?;
    Ok(found?.into_iter().collect())
}

fn serve_components(
    engine: &Engine,
    configs: &[Arc<ComponentConfig>],
    compiled: Vec<Component>,
    services: &Arc<Services>,
) -> Result<Components, HostError> {
    let linker = state::linker(engine).map_err(|error| HostError::Engine(format!("{error:#}")))?;
    let serve = |(config, component): (&Arc<ComponentConfig>, Component)| {
        let maker = linker.instantiate_pre(&component).and_then(|pre| {
            InstanceMaker::new(engine.clone(), config.clone(), services.clone(), pre)
        });
        let maker = maker.map_err(|error| HostError::Component {
            component: config.id.clone(),
            reason: format!("{error:#}"),
        })?;
        Ok((config.id.clone(), ServedComponent { handler: ProxyHandler::new(maker) }))
    };
    configs.iter().zip(compiled).map(serve).collect()
}
