//! The memory of this process, as the kernel counts it.

use std::fs;

use crate::shared::Outcome;

/// Forgets the peak so far and returns the present use, in bytes.
pub(super) fn begin() -> Outcome<u64> {
    // 5 resets the peak (proc_pid_clear_refs(5)).
    fs::write("/proc/self/clear_refs", "5")?;
    field("VmRSS:")
}

/// Returns the highest use since then, in bytes.
pub(super) fn peak() -> Outcome<u64> {
    field("VmHWM:")
}

fn field(name: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.ok_or("the kernel does not tell")?.parse()?;
    Ok(kibibytes * 1024)
}
