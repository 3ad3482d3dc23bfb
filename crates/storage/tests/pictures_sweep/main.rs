//! Sweeps: what they find, what they leave alone, how they stop and go on, and what they need.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

mod acting;
mod finding;
mod large;
mod scene;
mod stopping;
mod usage;
