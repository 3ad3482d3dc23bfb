//! Those who submit, poll and fetch: ours, bare calls, and FAL's own clients, each in a process of its own.

mod bare;
mod command;
mod ours;

use std::time::Duration;

use tokio::runtime::Builder;

use super::process::say_and_wait;
use crate::shared::Outcome;

/// The name under which the program starts itself as a caller.
pub(crate) const CHILD: &str = "fal-caller-child";

/// The model that everybody asks.
const ENDPOINT: &str = "fal-ai/imagen4/preview/fast";

/// What everybody asks for.
const PROMPT: &str = "a lighthouse at dawn";

/// The pause between two polls, the same for all.
const PAUSE: Duration = Duration::from_millis(5);

/// The jobs that are done before anything is measured: connections stand then, and code is compiled.
const WARM_JOBS: u32 = 30;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Ours,
    Bare,
    Python,
    JavaScript,
}

impl Caller {
    /// Everybody, ours first.
    pub(super) const ALL: [Self; 4] = [Self::Ours, Self::Bare, Self::Python, Self::JavaScript];

    /// Returns the name in tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bare => "bare reqwest",
            Self::Python => "fal-client 1.0.3 (Python)",
            Self::JavaScript => "@fal-ai/client 1.10.1 (JavaScript)",
        }
    }

    /// Returns how many jobs are measured: enough for a figure that chance moves little.
    pub(super) const fn jobs(self) -> u32 {
        match self {
            Self::Ours | Self::Bare => 200,
            Self::Python | Self::JavaScript => 60,
        }
    }
}

/// One of ours in a process of its own: says that it stands, that it is warm, and that it is done.
pub(crate) async fn run_child(arguments: &[String]) -> Outcome {
    let [who, queue, jobs] = arguments else {
        return Err("WHO QUEUE JOBS".into());
    };
    let (who, queue, jobs) = (who.clone(), queue.clone(), jobs.parse()?);
    // One thread, as the official clients have: what threads cost each other would blur the figures.
    let work = move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            if who == Caller::Ours.name() {
                let client = ours::Ours::new(&queue, &command::key()?)?;
                work_off(jobs, async || client.job().await).await
            } else {
                let client = bare::Bare::new(&queue, &command::key()?)?;
                work_off(jobs, async || client.job().await).await
            }
        })
    };
    tokio::task::spawn_blocking(work).await?
}

async fn work_off(jobs: u32, job: impl AsyncFn() -> Outcome) -> Outcome {
    for (word, count) in [("started", WARM_JOBS), ("warm", jobs)] {
        if !say_and_wait(word).await? {
            return Ok(());
        }
        for _ in 0..count {
            job().await?;
        }
    }
    say_and_wait("done").await?;
    Ok(())
}
