//! The program `oms`.

use std::process::ExitCode;

/// A request crosses the border between host and guest many times, with a small piece of memory each time, on whatever thread is
/// free: a tenth of its time went into the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    oms_cli::main()
}
