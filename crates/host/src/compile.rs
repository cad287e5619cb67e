//! From `.wasm` files to compiled components: read, composed with dependencies, compiled or taken
//! from the cache, several at once.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::mpsc::UnboundedSender;
use wasmtime::{Engine, component::Component};

use crate::{app::ComponentConfig, code_cache::CodeCache, compose::compose, error::HostError};

/// Takes all `components`, in their order, from the cache; None for each that isn't there. Blocks.
pub(crate) fn find_all(
    engine: &Engine,
    cache: &CodeCache,
    components: &[Arc<ComponentConfig>],
) -> Result<Vec<Option<Component>>, HostError> {
    on_workers(components, |config| Ok(cache.find(engine, &config.id, &binary(config)?)))
}

/// Compiles all `components`, in their order, or takes them from the cache; what is compiled is sent to `progress`. Blocks.
pub(crate) fn compile_all(
    engine: &Engine,
    cache: Option<&CodeCache>,
    components: &[Arc<ComponentConfig>],
    progress: &UnboundedSender<String>,
) -> Result<Vec<Component>, HostError> {
    on_workers(components, |config| {
        let binary = binary(config)?;
        if let Some(found) = cache.and_then(|cache| cache.find(engine, &config.id, &binary)) {
            return Ok(found);
        }
        // Nobody listening means nobody wants to know.
        let _ = progress.send(format!("compiling {}", config.id));
        let compiled = match cache {
            Some(cache) => cache.compile(engine, &config.id, &binary),
            None => Component::from_binary(engine, &binary).map_err(|error| format!("{error:#}")),
        };
        compiled.map_err(|reason| fault(config, reason))
    })
}

/// Does the same for each component, several at once.
///
/// Cranelift spreads each component over all processors, so more than two at once would only raise
/// the peak of memory; two fill the gaps at the ends of each.
fn on_workers<T: Send>(
    components: &[Arc<ComponentConfig>],
    work: impl Fn(&ComponentConfig) -> Result<T, HostError> + Sync,
) -> Result<Vec<T>, HostError> {
    const WORKERS: usize = 2;
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<_>>> = components.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(components.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Relaxed);
                    let (Some(component), Some(slot)) = (components.get(index), done.get(index))
                    else {
                        break;
                    };
                    let result = work(component);
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
        }
    });
    let results =
        done.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
    results
        .map(|result| result.expect("every index below the length was taken by a worker"))
        .collect()
}

/// The component as it is compiled: with its dependencies.
fn binary(config: &ComponentConfig) -> Result<Vec<u8>, HostError> {
    let source = std::fs::read(&config.source).map_err(|error| {
        fault(config, format!("can't read {}: {error}", config.source.display()))
    })?;
    compose(config, source).map_err(|reason| fault(config, reason))
}

fn fault(config: &ComponentConfig, reason: String) -> HostError {
    HostError::Component { component: config.id.clone(), reason }
}
