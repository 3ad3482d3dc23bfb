#![doc = include_str!("../README.md")]

mod assembly;
mod check;
mod error;
mod fal;
mod parts;
mod profile;
mod services;
mod settings;
mod store;

pub use assembly::Assembly;
pub use check::{BucketCheck, CacheCheck, StoreCheck, StoreStep};
pub use error::{AssemblyError, Part};
pub use parts::{PartAnswer, PartReport};
pub use profile::{Profile, UnknownProfile};
pub use services::Services;
pub use settings::Settings;

/// The example of the project's README, held to compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ReadMe;
