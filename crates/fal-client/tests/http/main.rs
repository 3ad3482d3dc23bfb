//! The HTTP adapter against a scripted server on loopback.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]
#![cfg(feature = "http")]

mod answers;
mod errors;
mod guard;
mod once;
mod support;
