#![doc = include_str!("../README.md")]

mod aspect_ratio;
mod catalogue;
mod error;
mod fal;
mod gallery;
mod generation;
mod generator;
mod id;
mod journal;
mod picture;
mod policy;
mod progress;
mod prompt;
mod replay;
mod request;
mod service;
mod settings;
mod store;
mod timestamp;
mod view;

pub mod conversation;
pub mod memory;
#[cfg(feature = "testing")]
pub mod testing;

pub use aspect_ratio::AspectRatio;
pub use catalogue::{Bill, Catalogue, Inputs, Model, ModelId, OutputFormat, PictureSize, Price};
pub use error::InputError;
pub use fal::{FalImageGenerator, ImageFile, ImageOutput, KEPT_FOR};
pub use gallery::{
    COUNTED, DayRange, Days, GalleryCounts, GalleryCursor, GalleryFilter, GalleryItem, GalleryKind,
    GalleryPage, GalleryQuery, GalleryStats, GalleryStore, MAX_DAYS, Neighbours, RECENT, TimeSpan,
    UtcOffset,
};
pub use generation::{FailureKind, Generation, IllegalStep, State};
pub use generator::{GeneratedPictures, GeneratorError, GeneratorErrorKind, ImageGenerator};
pub use id::{GenerationId, UserId};
pub use journal::{JournalEntry, ProviderLink, Step};
pub use memory::MemoryGenerationStore;
pub use picture::{Fallback, Picture, PictureState, StoredPicture};
pub use policy::{AllowAll, PolicyRefusal, PromptPolicy, WordList};
pub use progress::{Progress, ProgressSink};
pub use prompt::{MAX_PROMPT_CHARS, MIN_PROMPT_CHARS, Prompt};
pub use request::{GenerationRequest, ImageCount, NegativePrompt, RequestDraft};
pub use service::{
    DeletionReceipt, Dependency, GalleryError, GalleryErrorKind, GalleryService, GenerateError,
    GenerateErrorKind, GenerateService, GenerationCache, ImportService, ImportTotals, LegacyRow,
    Library, MAX_PAGE, NotRebuilt, PictureDeletion, PictureOutcome, PictureReceipt, RebuildPage,
    RebuildService, RebuildTotals, RowOutcome, RowProblem, RowReport, SeedChoice, Unrebuilt,
};
pub use settings::{Imagen4Settings, MODEL_SETTING, OnRetired};
pub use store::{Cursor, GenerationStore, StoreError, StoreErrorKind};
pub use view::PictureView;
