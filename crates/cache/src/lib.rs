#![doc = include_str!("../README.md")]

mod cache;
mod doubt;
mod error;
mod families;
mod filter_hash;
mod flight;
mod key;
mod outage;
mod read_through;
mod recent_ids;
mod recent_list;
mod ttl;
mod typed;

pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "testing")]
pub mod testing;

pub use cache::{Cache, MAX_VALUE_BYTES};
pub use error::{CacheError, CacheErrorKind};
pub use families::{Family, FamilyKey, FamilySpec};
pub use filter_hash::{FilterError, FilterHash};
pub use key::{CacheKey, KeyError, MAX_KEY_BYTES};
pub use read_through::ReadThrough;
pub use recent_ids::RecentIds;
pub use recent_list::{FILL_TOKEN_LIFE, FillToken, ListLimits, RecentList, RecentPage};
pub use ttl::{Ttl, TtlError};
pub use typed::{CodecError, TypedCache};
