//! Cores that do not sleep, so that nobody pays for waking them.
//!
//! Whoever waits for an answer on an idle virtual machine waits for the host to give the core back, which takes
//! longer than the call, and which of the contestants it hits is chance. So a process of the lowest priority keeps
//! each core busy: it makes way at once for whoever has work (`man 7 sched`, `SCHED_IDLE`).

use std::hint::spin_loop;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Outcome;

/// The name under which the program starts itself to keep the cores awake.
pub(crate) const CHILD: &str = "stay-awake-child";

/// Keeps the cores awake until it is dropped.
#[derive(Debug)]
pub(crate) struct Awake(Child);

impl Awake {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// When `chrt` of util-linux, which sets the priority, cannot be run.
    pub(crate) fn start() -> Outcome<Self> {
        let child = Command::new("chrt")
            .args(["--idle", "0"])
            .arg(std::env::current_exe()?)
            .arg(CHILD)
            .stdin(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        // The end of its input ends it too, should this fail.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Keeps every core busy until the input ends, which it does with the process that started this one.
pub(crate) fn run_child() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let spinners: Vec<_> = (0..cores)
        .map(|_| {
            thread::spawn(|| {
                while !IS_OVER.load(Ordering::Relaxed) {
                    spin_loop();
                }
            })
        })
        .collect();
    let _ = std::io::stdin().read(&mut [0]);
    IS_OVER.store(true, Ordering::Relaxed);
    for spinner in spinners {
        let _ = spinner.join();
    }
}
