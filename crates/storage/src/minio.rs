//! The adapter for MinIO and any other S3 server.
//!
//! It has two planes.
//! The control plane (buckets, listing, bulk delete, beginning a multipart upload) is the `minio` crate,
//! each call under a time limit and signed by us, since the crate has no limits and its signer knows
//! neither the server's time nor new keys.
//! The data plane (put, get, head and delete of one object, parts of an upload) is our own signer with
//! one HTTP client: it streams, keeps time limits, hashes nothing that is hashed already and reports what
//! the server really answered.
//!
//! The `minio` crate takes proxies from the environment and brings its own root certificates; the data
//! plane uses no proxy and trusts what the platform trusts.

mod classify;
mod config;
mod control_plane;
mod data_plane;
mod headers;
mod incoming;
mod lifecycle;
mod listing;
mod multipart;
mod outgoing;
mod server_clock;
mod signing;
mod store;

pub use config::{ConditionalPut, DigestCheck, MinioSettings};
pub use store::MinioStore;
