//! The simulator as a plain HTTP client sees it.
#![cfg(feature = "simulator")]
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows unwrap inside #[test] functions only, and these are called by them"
)]

#[path = "simulator/answers.rs"]
mod answers;
#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/input.rs"]
mod input;
#[path = "simulator/keys.rs"]
mod keys;
#[path = "simulator/media.rs"]
mod media;
#[path = "simulator/outcomes.rs"]
mod outcomes;
#[path = "simulator/pictures.rs"]
mod pictures;
#[path = "simulator/platform.rs"]
mod platform;
#[path = "simulator/queue.rs"]
mod queue;
#[path = "simulator/remote.rs"]
mod remote;
#[path = "simulator/run.rs"]
mod run;
#[path = "simulator/stream.rs"]
mod stream;
#[path = "simulator/support.rs"]
mod support;
#[path = "simulator/uploads.rs"]
mod uploads;
#[path = "simulator/webhooks.rs"]
mod webhooks;
#[path = "simulator/wishes.rs"]
mod wishes;
