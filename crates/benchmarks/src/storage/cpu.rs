//! The CPU time of clients and of servers, told apart by the names of their threads.

use std::fs;

use crate::shared::Outcome;

/// How the threads of a server are named.
pub(super) const SERVER_THREAD: &str = "server";

/// CPU time in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct CpuTime {
    pub(super) clients: u64,
    pub(super) servers: u64,
}

impl CpuTime {
    /// Returns what the threads of this process that live now have used so far.
    pub(super) fn so_far() -> Outcome<Self> {
        let mut sum = Self {
            clients: 0,
            servers: 0,
        };
        for thread in fs::read_dir("/proc/self/task")? {
            let thread = thread?.path();
            // A thread that has just ended is no part of a trial.
            let (Ok(name), Ok(stat)) = (
                fs::read_to_string(thread.join("comm")),
                fs::read_to_string(thread.join("schedstat")),
            ) else {
                continue;
            };
            let used = stat.split_whitespace().next().unwrap_or_default();
            let used: u64 = used.parse()?;
            if name.trim() == SERVER_THREAD {
                sum.servers += used;
            } else {
                sum.clients += used;
            }
        }
        Ok(sum)
    }

    /// Returns what was used since `earlier`.
    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            clients: self.clients.saturating_sub(earlier.clients),
            servers: self.servers.saturating_sub(earlier.servers),
        }
    }
}
