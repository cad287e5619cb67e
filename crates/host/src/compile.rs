//! From `.wasm` files to compiled components: read, composed with dependencies, compiled or taken
//! from the cache, several at once.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::mpsc::UnboundedSender;
use wasmtime::{Engine, component::Component};

use crate::{app::ComponentConfig, code_cache::CodeCache, compose::compose, error::HostError};

/// Compiles all `components`, in their order, or takes them from the cache; what is compiled is sent to `progress`. Blocks.
///
/// Cranelift spreads each component over all processors, so more than two at once would only raise
/// the peak of memory; two fill the gaps at the ends of each.
pub(crate) fn compile_all(
    engine: &Engine,
    cache: Option<&CodeCache>,
    components: &[&ComponentConfig],
    progress: &UnboundedSender<String>,
) -> Result<Vec<Component>, HostError> {
    const WORKERS: usize = 2;
    let next = AtomicUsize::new(0);
    let compiled: Vec<Mutex<Option<_>>> = components.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(components.len()) {
            scope.spawn(|| {
                while let Some(component) = components.get(next.fetch_add(1, Relaxed)) {
                    let index =
                        components.iter().position(|other| std::ptr::eq(*other, *component));
                    let result = compile(engine, cache, component, progress);
                    if let Some(slot) = index.and_then(|index| compiled.get(index)) {
                        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                    }
                }
            });
        }
    });
    let results =
        compiled.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
    results
        .map(|result| result.expect("every index below the length was taken by a worker"))
        .collect()
}

fn compile(
    engine: &Engine,
    cache: Option<&CodeCache>,
    config: &ComponentConfig,
    progress: &UnboundedSender<String>,
) -> Result<Component, HostError> {
    let fault = |reason: String| HostError::Component { component: config.id.clone(), reason };
    let source = std::fs::read(&config.source)
        .map_err(|error| fault(format!("can't read {}: {error}", config.source.display())))?;
    let composed = compose(config, source).map_err(fault)?;
    let compiling = || {
        // Nobody listening means nobody wants to know.
        let _ = progress.send(format!("compiling {}", config.id));
    };
    match cache {
        Some(cache) => cache.component(engine, &config.id, &composed, compiling).map_err(fault),
        None => {
            compiling();
            Component::from_binary(engine, &composed).map_err(|error| fault(format!("{error:#}")))
        }
    }
}
