//! What a program does with generations: make them, and read them back.

mod flow;
mod gallery;
mod generate;
mod generate_error;
mod generation_cache;
mod import;
mod library;
mod provenance;
mod rebuild;
mod recorder;

pub use gallery::{
    DeletionReceipt, GalleryError, GalleryErrorKind, GalleryService, MAX_PAGE, PictureDeletion,
    PictureReceipt, SeedChoice,
};
pub use generate::GenerateService;
pub use generate_error::{Dependency, GenerateError, GenerateErrorKind};
pub use generation_cache::GenerationCache;
pub(crate) use generation_cache::key_part;
pub use import::{
    ImportService, ImportTotals, LegacyRow, PictureOutcome, RowOutcome, RowProblem, RowReport,
};
pub use library::Library;
pub use rebuild::{NotRebuilt, RebuildPage, RebuildService, RebuildTotals, Unrebuilt};
