//! Recorded answers, replayed byte for byte: the client reads them, and the simulator sends the same.
//!
//! The recordings stand in `wire`, apart from both, so that the two cannot agree on a mistake. Their shapes, names and
//! words are those of FAL's documentation, of the sources of its own clients, and of answers that others published;
//! ids, times and pictures stand for any.
#![cfg(all(
    feature = "http",
    feature = "simulator",
    feature = "testing",
    feature = "webhook"
))]
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

mod asker;
mod beside;
mod queue;
mod recorded;
mod shape;
mod shapes;
mod shapes_beside;
