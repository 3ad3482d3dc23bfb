//! The HTTP adapter against a scripted server on loopback.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]
#![cfg(feature = "http")]

mod answers;
mod errors;
mod files;
mod guard;
mod lost;
mod once;
mod platform;
mod runner;
mod support;
mod wait;
mod watch;
