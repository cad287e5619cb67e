//! The program `oms`.

use std::process::ExitCode;

fn main() -> ExitCode {
    oms_cli::main()
}
