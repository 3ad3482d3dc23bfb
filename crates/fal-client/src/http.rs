//! The HTTP adapters of the ports (feature `http`).

mod classify;
mod config;
mod error_body;
mod exchange;
mod files;
#[cfg(feature = "testing")]
pub(crate) mod fuzz;
mod head;
mod headers;
mod hidden;
#[cfg(feature = "webhook")]
mod keys;
mod origin;
mod platform;
mod queue;
mod runner;
mod sse;
mod tls;
mod watch;

pub use config::FalSettings;
pub use files::{HttpFalFiles, UploadLimits};
#[cfg(feature = "webhook")]
pub use keys::HttpKeySource;
pub use platform::HttpFalPlatform;
pub use queue::HttpFalQueue;
pub use runner::HttpFalRunner;
#[cfg(feature = "simulator")]
pub(crate) use tls::plain_client;
