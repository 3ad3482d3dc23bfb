#![doc = include_str!("../README.md")]

mod duration;
mod problem;
mod reader;
mod secret;
mod source;

pub use duration::{DurationError, parse_duration};
pub use problem::{Problem, Problems};
pub use reader::Reader;
pub use secret::Secret;
pub use source::{Environment, MapSource, Origin, Text, TextSource};
