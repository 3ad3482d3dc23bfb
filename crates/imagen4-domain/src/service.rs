//! What a program does with generations: make them, and read them back.

mod flow;
mod generate;
mod generate_error;
mod generation_cache;
mod library;
mod recorder;

pub use generate::GenerateService;
pub use generate_error::{Dependency, GenerateError, GenerateErrorKind};
pub use generation_cache::GenerationCache;
pub use library::Library;
