//! What is counted: every outcome of a read and a load, what could not be read, and nothing of whom it was about.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

#[cfg(feature = "redis")]
mod breaker;
mod outcomes;
mod recorder;
mod values;
