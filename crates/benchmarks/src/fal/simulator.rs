//! The local FAL in a process of its own, so that its CPU is nobody else's.

use std::time::Duration;

use fal_client::simulator::{FalSimulator, Fault, Rule};
use tokio::process::Command;

use super::process::{Process, say_and_wait};
use crate::shared::Outcome;

/// The name under which the program starts itself as the simulator.
pub(crate) const CHILD: &str = "fal-simulator-child";

/// A simulator in another process.
#[derive(Debug)]
pub(super) struct Simulator {
    process: Process,
    /// The origin of its queue, with a slash at the end.
    pub(super) queue: String,
    /// Its key, which is good for this process alone.
    pub(super) key: String,
}

impl Simulator {
    /// Starts one.
    pub(super) async fn start() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = Process::start(command.arg(CHILD))?;
        let line = process.line().await?;
        let (queue, key) = line.split_once(' ').ok_or("the simulator says nothing")?;
        let (queue, key) = (queue.to_owned(), key.to_owned());
        Ok(Self {
            process,
            queue,
            key,
        })
    }

    /// Returns how many requests have come so far.
    pub(super) async fn requests(&mut self) -> Outcome<u32> {
        Ok(self.process.go_on().await?.parse()?)
    }
}

/// Runs the simulator until the other side goes away.
///
/// Its jobs end at once and draw nothing: what a job costs FAL is no matter of the clients.
pub(crate) async fn run_child() -> Outcome {
    let nothing = Rule::prompt_contains("", Fault::FewerImages(0));
    let builder = FalSimulator::builder().run_time(Duration::ZERO);
    let simulator = builder.script([nothing]).start().await?;
    let mut word = format!("{} {}", simulator.queue_url(), simulator.key().expose());
    while say_and_wait(&word).await? {
        word = simulator.control().requests().len().to_string();
    }
    simulator.stop().await;
    Ok(())
}
