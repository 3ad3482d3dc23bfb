//! The contract of [`ObjectStore`](crate::ObjectStore) as tests: one public function per rule, for any store.
//!
//! An adapter gives a [`Fixture`] and calls [`object_store_conformance!`](crate::object_store_conformance),
//! which makes one test per rule.
//! What a server cannot do is declared in [`Expectations`]; the rule then asserts the declared
//! alternative, so that nothing is skipped.
//!
//! ```
//! use std::sync::Arc;
//! use storage::testing::conformance::{Fixture, StoreFixture};
//! use storage::{Clock, MemoryStore, SystemClock};
//!
//! async fn memory() -> impl Fixture {
//!     let clock: Arc<dyn Clock> = Arc::new(SystemClock);
//!     let store = MemoryStore::new(Arc::clone(&clock));
//!     StoreFixture::new(Arc::new(store), clock)
//! }
//!
//! storage::object_store_conformance!(fixture = memory);
//! # fn main() {}
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "these are the bodies of tests: a broken rule panics"
)]

mod bucket;
mod delete;
mod fixture;
mod ground;
mod keys;
mod link;
mod list;
mod metadata;
mod put;
mod race;
mod range;
mod read;
mod rules;
mod stream;

pub use self::bucket::*;
pub use self::delete::*;
pub use self::fixture::{Expectations, Fixture, StoreFixture};
pub use self::keys::*;
pub use self::link::*;
pub use self::list::*;
pub use self::metadata::*;
pub use self::put::*;
pub use self::race::*;
pub use self::range::*;
pub use self::read::*;
pub use self::stream::*;
