//! Fakes, mocks and the conformance suite (feature `testing`), for the tests of this and of other crates.

pub mod conformance;
pub mod fuzz;
mod scripted_queue;
#[cfg(feature = "http")]
mod scripted_server;

pub use scripted_queue::{JobScript, ScriptedFalQueue};
#[cfg(feature = "http")]
pub use scripted_server::{RecordedRequest, Reply, ScriptedServer};

#[cfg(feature = "webhook")]
pub use crate::webhook::{MockKeySource, MockReplayGuard};
pub use crate::{
    files::MockFalFiles, platform::MockFalPlatform, port::MockFalQueue, runner::MockFalRunner,
};
