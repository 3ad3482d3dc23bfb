//! Pictures over any object store: where they lie, how they get there, and how they go.
//!
//! - [`BucketMap`] says which bucket and folder a kind of picture has, and builds keys from typed parts;
//!   [`PictureKey`] reads them back.
//! - [`PictureSource`] fetches the bytes behind a provider's link; `GuardedFetch` (feature `http`) does it
//!   without letting the link choose an address inside the network.
//! - [`LinkParser`] reads a link back to the object that it names, or says that it is not ours.
//! - [`PictureStorage`] saves, opens, links and deletes.
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
mod key;
mod kind;
mod link;
mod links;
mod picture;
mod retry;
mod save;
mod serve;
mod service;
mod settings;
mod source;

#[cfg(feature = "http")]
pub mod fetch;
#[cfg(feature = "testing")]
pub mod testing;

pub use attachment::AttachmentName;
pub use bucket_map::{BucketMap, BucketMapBuilder, Folder, InvalidBucketMap, Place};
pub use delete::{DeletionOutcome, DeletionReport, LinkDeletionReport};
#[cfg(feature = "http")]
pub use fetch::{FetchPolicy, GuardedFetch, InvalidOrigin};
pub use fetch_error::{FetchError, FetchErrorKind};
pub use find::{KeyDeletionReport, WhenAmbiguous, Whereabouts};
pub use format::ImageFormat;
pub use key::{ParsedKey, PictureKey, PictureName};
pub use kind::PictureKind;
pub use link::{LinkParser, PictureLink};
pub use links::LinkOptions;
pub use picture::{
    Fallback, PictureState, RemotePicture, SaveRequest, SavedPicture, StoredPicture,
};
pub use serve::{RequestConditions, ServeMethod, ServePlan, ServeStatus, serve_plan};
pub use service::PictureStorage;
pub use settings::PictureSettings;
#[cfg(feature = "testing")]
pub use source::MockPictureSource;
pub use source::{FetchedPicture, PictureSource};
