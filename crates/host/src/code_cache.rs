//! Compiled code between starts: a file for each component, mapped into memory. Only what runs is then read from the disk,
//! and pages of code belong to the system's cache instead of to the process.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use crate::error::HostError;

/// Versions of a component that are kept: the present one, and those of branches and programs beside it.
const VERSIONS_KEPT: usize = 3;

/// The end of the names of compiled components.
const COMPILED: &str = "cwasm";

/// A file that is being written is not as old as this, unless its writer was killed.
const WRITING_TIME_MAX: Duration = Duration::from_secs(60 * 60);

/// A directory of compiled components. It is trusted as the program itself: whoever may write there can make the host run
/// any code.
pub(crate) struct CodeCache {
    directory: PathBuf,
}

impl CodeCache {
    /// Opens the directory, and makes it where it is missing.
    pub fn open(directory: &Path) -> Result<Self, HostError> {
        std::fs::create_dir_all(directory).map_err(|error| unusable(directory, &error))?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// The compiled component, if it is there. `id` is its name in the manifest.
    pub fn find(&self, engine: &Engine, id: &str, binary: &[u8]) -> Option<Component> {
        let path = self.directory.join(file_name(engine, id, binary));
        // What this engine can't use is compiled anew.
        path.exists().then(|| load(engine, &path).ok())?
    }

    /// Compiles a component into the cache.
    pub fn compile(&self, engine: &Engine, id: &str, binary: &[u8]) -> Result<Component, String> {
        let path = self.directory.join(file_name(engine, id, binary));
        let code = engine.precompile_component(binary).map_err(|error| format!("{error:#}"))?;
        self.store(&path, &code).map_err(|error| unusable(&self.directory, &error).to_string())?;
        self.forget_old(id, &path);
        load(engine, &path).map_err(|error| format!("{error:#}"))
    }

    /// Writes under another name first: the file is there as a whole or not at all, and one that is mapped never changes.
    fn store(&self, path: &Path, code: &[u8]) -> std::io::Result<()> {
        let writing = path.with_extension(format!("{}.writing", uuid::Uuid::new_v4().simple()));
        let written = std::fs::File::create(&writing).and_then(|mut file| {
            std::io::Write::write_all(&mut file, code)?;
            file.sync_all()
        });
        let stored = written.and_then(|()| std::fs::rename(&writing, path));
        if stored.is_err() {
            // The disk may be full; a part is of no use.
            let _ = std::fs::remove_file(&writing);
        }
        stored
    }

    /// Removes all but the newest versions of a component, and what killed writers have left. What can't be removed costs
    /// room and nothing else.
    fn forget_old(&self, id: &str, newest: &Path) {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return };
        let mut compiled = Vec::new();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_of_this = name.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'));
            let Some(modified) = path.metadata().and_then(|data| data.modified()).ok() else {
                continue;
            };
            if is_of_this && name.ends_with(COMPILED) && path != newest {
                compiled.push((modified, path));
            } else if is_of_this && path != newest && is_older(modified, WRITING_TIME_MAX) {
                let _ = std::fs::remove_file(path);
            }
        }
        compiled.sort();
        let too_many = (compiled.len() + 1).saturating_sub(VERSIONS_KEPT);
        for (_, path) in compiled.drain(..too_many) {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn is_older(modified: SystemTime, age: Duration) -> bool {
    modified.elapsed().is_ok_and(|elapsed| elapsed > age)
}

/// Named by what the code was made of: the component and all of the engine that code depends on.
fn file_name(engine: &Engine, id: &str, binary: &[u8]) -> String {
    let mut environment = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut environment);
    let digest: String = Sha256::digest(binary).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{id}.{digest}.{:016x}.{COMPILED}", environment.finish())
}

fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was written by `store` with what `precompile_component` made, is renamed into place as a whole and
    // never written again. That it comes from this version of the engine with these settings is checked by the engine.
    #[expect(
        unsafe_code,
        reason = "compiled code is believed, and this is the one place where that is done"
    )]
    unsafe {
        Component::deserialize_file(engine, path)
    }
}

fn unusable(directory: &Path, error: &std::io::Error) -> HostError {
    HostError::Engine(format!("can't use the cache directory {}: {error}", directory.display()))
}
