//! How a job is watched, taken up again, given up, and cancelled.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

mod following;
mod support;
mod unreadable;
mod waiting;
