//! A FAL of one's own on 127.0.0.1, for development and tests: no account, no cost, real pictures.
//!
//! The simulator speaks FAL's protocol: the queue with logs, the stream of states, results and cancels, direct
//! runs, uploads, tokens, signed webhooks, the listing of requests, and the files behind links.
//! `docs/SIMULATOR.md` says how clients in other languages are pointed at it.
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
//! Requests wait in one line before all runners, those of low priority behind all others, and `queue_position`
//! counts those ahead.
//! Times pass on tokio's clock, or stand until [`Control::advance`] moves them, when
//! [`virtual_time`](FalSimulatorBuilder::virtual_time) is asked for.
//! A cancelled request leaves the line, or its runner, at once; it then counts as `COMPLETED` with
//! the `error_type` `client_cancelled`, and its result answers 499.
//! What FAL answers there is not documented; this is our choice.
//! An input that is not valid is accepted, completes, and answers 422 on its result, as on FAL.
//! A request that no runner takes within its limit to start completes with `request_timeout`, and its result answers
//! 504 with `X-Fal-Request-Timeout-Type: user`.
//!
//! # Webhooks
//!
//! They go to addresses on loopback alone, signed with a key that is new with each start.
//! A delivery that is not taken comes again, up to 31 times; a redirect is a refusal for good.
//!
//! # Faults
//!
//! A [`Rule`] says which submits a [`Fault`] strikes: the next one, the nth, each, or those whose prompt
//! contains a text; [`script_from_json`] reads rules that are data.
//! [`Control::accepted_submits`] counts what FAL would have charged, and [`Control::requests`] tells
//! what arrived where, for tests that show that the key went nowhere else.
//!
//! # Not simulated
//!
//! Realtime, HTTP over web sockets, the catalogue and the prices of the platform, rules of access for single users,
//! ranges of files, and TLS.

mod answer;
mod asked;
mod auth;
mod builder;
mod config;
mod connection;
mod control;
mod data_url;
mod draw;
mod fault;
#[cfg(feature = "testing")]
pub(crate) mod fuzz;
mod input;
mod job;
mod line;
mod media;
mod models;
mod platform;
mod proxy;
mod queue;
mod remote;
mod route;
mod run;
mod runner;
mod server;
mod spoil;
mod state;
mod stream;
mod submit;
mod time;
mod tokens;
mod uploads;
mod webhook;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use core_config::Secret;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

pub use builder::FalSimulatorBuilder;
pub use control::{Control, Host, RecordedDelivery, RecordedRequest};
pub use fault::{Fault, Rule, ScriptError, Step, script_from_json};

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
        self.state.base.clone()
    }

    /// Returns the address of direct runs, `{queue}run/`.
    pub fn run_url(&self) -> Url {
        self.below("run/")
    }

    /// Returns the address of uploads, tokens and the keys of webhooks, which is that of the queue.
    pub fn rest_url(&self) -> Url {
        self.state.base.clone()
    }

    /// Returns the address of the platform, `{queue}v1/`.
    pub fn platform_url(&self) -> Url {
        self.below("v1/")
    }

    /// Returns the origin of the media files, which is never that of the queue.
    pub fn media_url(&self) -> Url {
        self.state.media.base().clone()
    }

    /// Returns the key that the queue accepts, `id:secret`; it is new with each start.
    pub fn key(&self) -> Secret {
        self.state.key.clone()
    }

    /// Returns the account that webhooks are for.
    pub fn user_id(&self) -> &'static str {
        webhook::USER_ID
    }

    fn below(&self, path: &str) -> Url {
        let mut url = self.state.base.clone();
        url.set_path(path);
        url
    }

    /// Returns a handle that adds faults and tells what was asked.
    pub fn control(&self) -> Control {
        Control(Arc::clone(&self.state))
    }

    /// Stops: takes no more connections, ends streams, lets other answers under way finish for at most 2 s, drops
    /// all jobs.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops at once.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.runners.shutdown().await;
        let farewell = async { while self.servers.join_next().await.is_some() {} };
        let slow = tokio::time::timeout(FAREWELL, farewell).await.is_err();
        if slow {
            tracing::debug!("the simulator stopped with answers under way");
        }
        self.servers.shutdown().await;
    }
}
