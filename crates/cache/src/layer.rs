//! Wrappers around the ports.

mod traced;

pub use traced::Traced;
