//! Layers around a [`FalQueue`](crate::FalQueue): retries and traces.
//!
//! From the outside in: `Traced<Retrying<queue>>` gives one span for each call with all its tries;
//! `Retrying<Traced<queue>>` gives one for each try.

mod retrying;
mod traced;

pub use retrying::Retrying;
pub use traced::Traced;
