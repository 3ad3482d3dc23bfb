//! Fakes, mocks and the conformance suite (feature `testing`), for the tests of this and of other crates.

pub mod conformance;
mod scripted_queue;
#[cfg(feature = "http")]
mod scripted_server;

pub use scripted_queue::{JobScript, ScriptedFalQueue};
#[cfg(feature = "http")]
pub use scripted_server::{RecordedRequest, Reply, ScriptedServer};

pub use crate::port::MockFalQueue;
