//! The number of files and connections that the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits::OPEN_FILES_WANTED;

/// Systems start programs with room for 1,024 open files, for the sake of very old programs; each
/// connection of a client and each of a guest to a database is one. Where the system allows no
/// more, the host serves within what it has.
pub(crate) fn raise() {
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(OPEN_FILES_WANTED, |most| most.min(OPEN_FILES_WANTED));
    if now.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: now.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            eprintln!("can't open more than {:?} files at once: {error}", now.current);
        }
    }
}
