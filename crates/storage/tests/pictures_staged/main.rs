//! Deletes in stages: what comes back, what is gone, and that no crash leaves anything in between.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

mod crashes;
mod interleavings;
mod outcomes;
mod world;
