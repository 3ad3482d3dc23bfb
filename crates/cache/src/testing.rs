//! Mocks, wrappers that fail and count, a private Redis server, and the conformance suites (feature `testing`).

pub mod conformance;
mod counting;
mod failing;
mod scripted;
mod server;

pub use counting::CountingCache;
pub use failing::FailingCache;
pub use scripted::ScriptedInvalidations;
pub use server::RedisServer;

pub use crate::cache::MockCache;
pub use crate::lock::MockLock;
pub use crate::near::MockInvalidations;
pub use crate::recent_list::MockRecentList;
