//! Layers around the ports: retries and traces.
//!
//! From the outside in: `Traced<Retrying<queue>>` gives one span for each call with all its tries;
//! `Retrying<Traced<queue>>` gives one for each try.

mod retrying;
mod traced;

pub use retrying::Retrying;
#[cfg(feature = "http")]
pub(crate) use retrying::{may_ask_again, repeat};
pub use traced::Traced;
