//! The crate's own adapters and layers against the simulator.
#![cfg(feature = "simulator")]
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows unwrap inside #[test] functions only, and these are called by them"
)]

mod beside;
mod queue;
mod support;
mod webhooks;
