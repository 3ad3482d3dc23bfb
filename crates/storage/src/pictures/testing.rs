//! Pictures, a source of pictures and the records' side in memory, for tests of this and other crates.

mod deletion_records;
mod failing_index;
pub mod index_conformance;
mod sample;
mod source;

pub use self::deletion_records::{MemoryDeletionRecords, RecordStanding};
pub use self::failing_index::FailingIndex;
pub use self::sample::sample_picture;
pub use self::source::ScriptedSource;
