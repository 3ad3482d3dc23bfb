//! Lifecycle rules: in memory, against a server that answers by script, and on ministack.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

mod memory;
#[cfg(feature = "minio")]
mod ministack;
#[cfg(feature = "minio")]
#[path = "../minio_faults/scripted.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod scripted;
#[cfg(feature = "minio")]
mod wire;
