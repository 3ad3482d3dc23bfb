//! The HTTP adapter of [`FalQueue`](crate::FalQueue) (feature `http`).

mod classify;
mod config;
mod error_body;
mod exchange;
mod headers;
mod queue;
mod tls;

pub use config::FalSettings;
pub use queue::HttpFalQueue;
