//! A FAL of one's own on 127.0.0.1, for development and tests: no account, no cost, real pictures.
//!
//! The simulator speaks FAL's queue protocol: submit, status with logs, result, cancel, and the files
//! behind the links.
//! It draws a landscape from each prompt, the same bytes for the same request, as PNG, JPEG or WebP
//! in the sizes of the real models.
//! Words set the scene: *dawn*, *night*, *storm*, *winter*, *desert*; *sea*, *lake*; *lighthouse*,
//! *forest*, *city*, *boat*, *cabin*, *balloon*, *cat*.
//! A prompt with the word *forbidden* is refused, so that a refusal can be seen from the command line.
//!
//! # Example
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use std::time::Duration;
//!
//! use fal_client::simulator::{FalSimulator, Fault, Rule};
//!
//! let simulator = FalSimulator::builder()
//!     .runners(2)
//!     .queue_time(Duration::from_millis(200))
//!     .script([Rule::nth_submit(3, Fault::RefusePrompt)])
//!     .start()
//!     .await?;
//! // Point any FAL client at `queue_url` with `key`.
//! assert_eq!(simulator.queue_url().scheme(), "http");
//! assert!(simulator.key().expose().contains(':'));
//!
//! let control = simulator.control();
//! control.add(Rule::next_submit(Fault::DropAfterAccept));
//! assert_eq!(control.accepted_submits(), 0);
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Models
//!
//! `fal-ai/imagen4/preview`, `fal-ai/imagen4/preview/fast`, `fal-ai/imagen4/preview/ultra`,
//! `fal-ai/nano-banana` and `fal-ai/nano-banana-2`.
//! Imagen 4 is gone upstream; [`FalSimulatorBuilder::retired`] makes it answer as a retired model does.
//! Inputs are checked as the models check them: prompt, `aspect_ratio`, `num_images`, `output_format`,
//! `resolution`, `safety_tolerance`, `seed`, `sync_mode`; other fields are ignored.
//! Without a `seed`, 0 is taken.
//!
//! # Queue
//!
//! Requests wait in one line before all runners, and `queue_position` counts those ahead.
//! All times pass on tokio's clock.
//! A cancelled request leaves the line, or its runner, at once; it then counts as `COMPLETED` with
//! the `error_type` `client_cancelled`, and its result answers 499.
//! What FAL answers there is not documented; this is our choice.
//! An input that is not valid is accepted, completes, and answers 422 on its result, as on FAL.
//!
//! # Faults
//!
//! A [`Rule`] says which submits a [`Fault`] strikes: the next one, the nth, or those whose prompt
//! contains a text.
//! [`Control::accepted_submits`] counts what FAL would have charged, and [`Control::requests`] tells
//! what arrived where, for tests that show that the key went nowhere else.
//!
//! # Not simulated yet
//!
//! Webhooks, the event stream of the status, uploads, start time-outs, priorities, and the
//! synchronous `fal.run`.

mod answer;
mod auth;
mod builder;
mod connection;
mod control;
mod data_url;
mod draw;
mod fault;
mod input;
mod job;
mod media;
mod models;
mod queue;
mod route;
mod runner;
mod state;

use std::sync::Arc;
use std::time::Duration;

use core_config::Secret;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

pub use builder::FalSimulatorBuilder;
pub use control::{Control, Host, RecordedRequest};
pub use fault::{Fault, Rule, Step};

use state::State;

/// The longest time that answers under way are given when the simulator stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// A running simulator; dropping it stops it without waiting for answers under way.
#[derive(Debug)]
pub struct FalSimulator {
    state: Arc<State>,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
    runners: JoinSet<()>,
}

impl FalSimulator {
    /// Returns the settings of a simulator with 2 runners, no queue time and 0.8 s run time.
    pub fn builder() -> FalSimulatorBuilder {
        FalSimulatorBuilder::new()
    }

    /// Returns the origin of the queue, as `http://127.0.0.1:{port}/`.
    pub fn queue_url(&self) -> Url {
        self.state.queue_url.clone()
    }

    /// Returns the origin of the media files, which is never that of the queue.
    pub fn media_url(&self) -> Url {
        self.state.media.base().clone()
    }

    /// Returns the key that the queue accepts, `id:secret`; it is new with each start.
    pub fn key(&self) -> Secret {
        self.state.key.clone()
    }

    /// Returns a handle that adds faults and tells what was asked.
    pub fn control(&self) -> Control {
        Control(Arc::clone(&self.state))
    }

    /// Stops: takes no more connections, lets answers under way finish for at most 2 s, drops all jobs.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops at once.
    pub async fn stop(mut self) {
        self.runners.shutdown().await;
        self.stop.send_replace(true);
        let farewell = async { while self.servers.join_next().await.is_some() {} };
        let slow = tokio::time::timeout(FAREWELL, farewell).await.is_err();
        if slow {
            tracing::debug!("the simulator stopped with answers under way");
        }
        self.servers.shutdown().await;
    }
}
