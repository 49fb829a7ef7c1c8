//! Entry point of `qingshou`.

use std::process::ExitCode;

fn main() -> ExitCode {
    daemon::cli::main()
}
