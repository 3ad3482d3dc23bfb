//! The adapter for one Redis server (feature `redis`).

mod breaker;
mod cache;
mod calls;
mod classify;
mod config;
mod lanes;
mod list;
mod lock;
mod read;
mod scripts;
mod tracking;
mod url;

pub use cache::RedisCache;
pub use config::{DEFAULT_PORT, RedisSettings};
pub use tracking::RedisTracking;
