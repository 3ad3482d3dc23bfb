//! The services over fakes: from a prompt to stored pictures, and back.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod fal;
mod gallery;
mod generate;
mod journal;
mod library;
mod midnight;
mod outcomes;
mod overlap;
mod world;
