//! Layers: stores that wrap a store and add one behaviour each.
//!
//! The order that works, from the outside in: [`Traced`], [`Retrying`], [`TimedOut`], [`Limited`],
//! [`Prefixed`], the adapter.
//! So a trace shows what the caller waited for, each attempt has its own time, and a place in flight is
//! held by an attempt and not by the pause between two.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::sync::Arc;
//! use std::time::Duration;
//! use storage::layer::{Limited, RetryPolicy, Retrying, TimedOut, Traced};
//! use storage::{MemoryStore, ObjectStore, SystemClock};
//!
//! let store = MemoryStore::new(Arc::new(SystemClock));
//! let store = Limited::new(store, NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN));
//! let store = TimedOut::new(store, Duration::from_secs(30));
//! let store = Retrying::new(store, RetryPolicy::default());
//! let store: Arc<dyn ObjectStore> = Arc::new(Traced::new(store));
//! ```

mod hold;
mod limited;
mod prefixed;
mod retry_policy;
mod retrying;
mod timed_out;
mod traced;

#[cfg(feature = "testing")]
pub(crate) use self::hold::hold;
pub use self::limited::Limited;
pub use self::prefixed::Prefixed;
pub use self::retry_policy::RetryPolicy;
pub use self::retrying::Retrying;
pub use self::timed_out::TimedOut;
pub use self::traced::Traced;
