//! The adapter for Redis: one server, a master that Sentinels know, or a Cluster (feature `redis`).

mod batch;
mod breaker;
mod cache;
mod calls;
mod check;
mod classify;
#[cfg(feature = "redis-cluster")]
mod cluster;
mod config;
mod dial;
mod facts;
mod in_flight;
mod lane;
mod link;
mod list;
mod lock;
mod nodes;
mod read;
mod report;
mod scripts;
mod sentinel;
mod speech;
mod tls;
mod tracking;
mod url;
mod watch;
mod wire;

pub use cache::RedisCache;
pub use config::{DEFAULT_PORT, DEFAULT_SENTINEL_PORT, RedisSettings, Topology};
pub use facts::ServerFacts;
pub use report::{CheckReport, CheckStep};
pub use tls::RedisTls;
pub use tracking::RedisTracking;
