//! Pictures and a source of pictures, for tests of this and other crates.

mod sample;
mod source;

pub use self::sample::sample_picture;
pub use self::source::ScriptedSource;
