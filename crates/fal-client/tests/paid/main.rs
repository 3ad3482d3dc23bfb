//! What is paid, counted by the simulator: never twice, whatever goes wrong, and what is lost is found again.
#![cfg(all(feature = "http", feature = "simulator", feature = "webhook"))]
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

mod lost;
mod once;
mod support;
