//! Entry point of `qingshou`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A row of a list, a step and a script make many small pieces of memory: with the
/// allocator of the C library they were a fifth of an import's time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    daemon::cli::main()
}
