#![doc = include_str!("../README.md")]

mod batch;
mod bounded;
mod cache;
mod doubt;
mod error;
mod families;
mod filter_hash;
mod flight;
mod gallery;
mod key;
mod lock;
mod meters;
mod near;
mod options;
mod outage;
mod read_through;
mod recent_ids;
mod recent_list;
mod signed_links;
mod together;
mod ttl;
mod typed;
mod user_keys;

pub mod layer;
pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "testing")]
pub mod testing;

pub use batch::{Batch, Step};
pub use cache::{Cache, MAX_VALUE_BYTES};
pub use error::{CacheError, CacheErrorKind};
pub use families::{Family, FamilyKey, FamilySpec};
pub use filter_hash::{FilterError, FilterHash};
pub use gallery::GalleryPages;
pub use key::{CacheKey, KeyError, MAX_KEY_BYTES};
pub use lock::{FENCE_LIFE, Fence, Lease, Lock};
pub use near::{Invalidations, Listener, NearCache, NearSettings};
pub use options::FamilyOptions;
pub use read_through::{DEFAULT_LOCAL_BYTES, Loaded, ReadThrough};
pub use recent_ids::RecentIds;
pub use recent_list::{FILL_TOKEN_LIFE, FillToken, ListLimits, RecentList, RecentPage};
pub use signed_links::{KeptLink, ObjectHash, SignedLinks};
pub use together::{Changes, Together};
pub use ttl::{Ttl, TtlError};
pub use typed::{CodecError, TypedCache};
pub use user_keys::{Erasure, Explanation, KeyReport, UserKeys, UserTrail};
