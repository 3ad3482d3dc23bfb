//! The allocator keeps what it has, so that no contestant pays for what the one before it gave back.
//!
//! glibc returns freed memory to the system and takes it again page by page; how often depends on what lies
//! where, and on a virtual machine a page costs microseconds. So the program runs once more with limits under
//! which it returns nothing. They are for everyone alike.

use std::io;
use std::process::{Command, ExitStatus};

use core_config::{Environment, TextSource as _};

/// Where glibc looks for its limits (`man 3 mallopt`); they are read once, at the start of a process.
pub(crate) const TUNABLES: &str = "GLIBC_TUNABLES";

/// 256 MiB at the top of a heap, and blocks of up to 32 MiB, its own ceiling, within a heap.
const KEEPS: &str = "glibc.malloc.trim_threshold=268435456:glibc.malloc.mmap_threshold=33554432";

/// Runs this program again with such an allocator, or returns `None` when limits are set already.
pub(crate) fn run_again() -> Option<io::Result<ExitStatus>> {
    if Environment.get(TUNABLES).is_some() {
        return None;
    }
    let again = || {
        let program = std::env::current_exe()?;
        Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(TUNABLES, KEEPS)
            .status()
    };
    Some(again())
}
