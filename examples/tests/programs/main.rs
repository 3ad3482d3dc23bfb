//! The example programs as a person meets them.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod check;
mod fal_simulator;
mod generate;
mod support;
mod with_servers;
