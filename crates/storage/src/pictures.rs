//! Pictures over any object store: where they lie, how they get there, and how they go.
//!
//! - [`BucketMap`] says which bucket and folder a kind of picture has, and builds keys from typed parts;
//!   [`PictureKey`] reads them back.
//! - [`PictureSource`] opens the picture behind a provider's link; `GuardedFetch` (feature `http`) does it
//!   without letting the link choose an address inside the network. [`IncomingPicture`] examines it while
//!   it comes.
//! - [`LinkParser`] reads a link back to the object that it names, or says that it is not ours.
//! - [`StagedDeletion`] deletes so that it can be undone for a while.
//! - [`OrphanSweep`] finds objects without record and records without object.
//! - [`PictureIndex`] is what the records know of objects; sweeps and lookups ask it.
//! - [`PictureStorage`] saves, verifies, opens, links and deletes.
//! - Beside each picture lies a [`Manifest`]; [`PictureStorage::survey`] reads them back when records are lost.
//! - [`LegacyUrls`] and [`PictureStorage::find_legacy`] read what the records of an earlier program name.
//! - [`serve_plan`] says how to answer a browser: status, safe headers, and which bytes to send.

mod attachment;
mod bucket_map;
mod budget;
mod complete;
mod delete;
mod fetch_error;
mod find;
mod format;
mod header;
mod import;
mod incoming;
mod index;
mod key;
mod key_policy;
mod kind;
mod link;
mod links;
mod lookup;
mod manifest;
mod picture;
mod provenance;
mod rebuild;
mod retry;
mod save;
mod serve;
mod service;
mod settings;
mod sidecar;
mod source;
mod staged;
mod sweep;
mod usage;
mod verify;

#[cfg(feature = "http")]
pub mod fetch;
#[cfg(feature = "testing")]
pub mod testing;

pub use attachment::AttachmentName;
pub use bucket_map::{BucketMap, BucketMapBuilder, Folder, InvalidBucketMap, Place};
pub use complete::{PictureLimits, PictureProof};
pub use delete::{DeletionOutcome, DeletionReport, LinkDeletionReport};
#[cfg(feature = "http")]
pub use fetch::{FetchPolicy, GuardedFetch, InvalidOrigin};
pub use fetch_error::{FetchError, FetchErrorKind};
pub use find::{KeyDeletionReport, WhenAmbiguous, Whereabouts};
pub use format::ImageFormat;
pub use import::{LegacyLink, LegacyPicture, LegacyUrls, UnreadableUrls};
pub use incoming::{IncomingPicture, PieceStream};
#[cfg(feature = "testing")]
pub use index::MockPictureIndex;
pub use index::{KnownPicture, MemoryPictureIndex, PictureIndex, check_batch, check_limit};
pub use key::{ParsedKey, PictureKey, PictureName};
pub use key_policy::{KeyLayout, Shard, Tenant};
pub use kind::PictureKind;
pub use link::{LinkParser, PictureLink};
pub use links::{LinkOptions, lifecycle_end};
pub use lookup::Lookup;
pub use manifest::{
    InvalidPromptKey, Manifest, ManifestError, ManifestOutcome, ManifestPolicy, ManifestPrompt,
    ManifestReport, PromptChoice, PromptKey,
};
pub use picture::{
    Fallback, PictureState, RemotePicture, SaveOutcome, SaveRequest, SavedPicture, StoredPicture,
};
pub use provenance::Provenance;
pub use rebuild::{FoundPicture, SurveyCursor, SurveyPage, Unusable, UnusableReason};
pub use serve::{RequestConditions, ServeMethod, ServePlan, ServeStatus, serve_plan};
pub use service::PictureStorage;
pub use settings::PictureSettings;
#[cfg(feature = "testing")]
pub use source::MockPictureSource;
pub use source::{FetchedPicture, PictureSource, PictureSourceExt};
#[cfg(feature = "testing")]
pub use staged::MockDeletionRecords;
pub use staged::{
    DeletionRecords, DeletionTicket, PurgeOutcome, ResumeReport, StageOutcome, StagedDeletion,
    UndoOutcome, WithoutRecords,
};
pub use sweep::{
    Finding, FindingKind, FindingOutcome, FindingSink, InvalidCursor, InvalidSweepSetting,
    MinimumAge, OrphanSweep, SweepAction, SweepCounts, SweepCursor, SweepEnd, SweepReport,
    SweepSettings,
};
pub use usage::{Amount, Usage, UsageGroup};
pub use verify::Verification;
