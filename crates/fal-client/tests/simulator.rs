//! The simulator as a plain HTTP client sees it.
#![cfg(all(feature = "simulator", feature = "http"))]

#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/input.rs"]
mod input;
#[path = "simulator/media.rs"]
mod media;
#[path = "simulator/pictures.rs"]
mod pictures;
#[path = "simulator/queue.rs"]
mod queue;
#[path = "simulator/support.rs"]
mod support;
