//! What a user's gallery is asked for and what it shows.

mod cursor;
mod days;
mod filter;
mod item;
mod kind;
mod query;
mod stats;
mod store;

pub use cursor::GalleryCursor;
pub use days::{DayRange, Days, MAX_DAYS, TimeSpan, UtcOffset};
pub use filter::GalleryFilter;
pub use item::{COUNTED, GalleryItem, GalleryPage, Neighbours};
pub use kind::GalleryKind;
pub(crate) use kind::picture_kind;
pub use query::{GalleryQuery, RECENT};
pub use stats::{GalleryCounts, GalleryStats};
pub use store::GalleryStore;
#[cfg(feature = "testing")]
pub use store::MockGalleryStore;
