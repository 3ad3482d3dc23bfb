//! Deliveries: which are taken, which are not, and what a sender of nonsense can make us do.
#![cfg(all(feature = "webhook", feature = "axum", feature = "http"))]
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

mod axum;
mod http;
mod receiver;
mod support;
mod verify;
