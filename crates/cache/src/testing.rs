//! Mocks, wrappers that fail and count, a private Redis servers, and the conformance suites (feature `testing`).

mod cluster;
pub mod conformance;
mod counting;
mod failing;
mod folder;
mod scripted;
mod sentinels;
mod server;

pub use cluster::RedisCluster;
pub use counting::CountingCache;
pub use failing::FailingCache;
pub use scripted::ScriptedInvalidations;
pub use sentinels::RedisSentinels;
pub use server::RedisServer;

pub use crate::batch::MockBatch;
pub use crate::cache::MockCache;
pub use crate::lock::MockLock;
pub use crate::near::MockInvalidations;
pub use crate::recent_list::MockRecentList;
