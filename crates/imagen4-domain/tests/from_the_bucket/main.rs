//! Records that come from the buckets: rebuilt after a loss, or imported from an earlier program.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod import;
mod rebuild;
mod warm;
