//! What an adapter gives to the suite.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::name::BucketName;
use crate::store::ObjectStore;

/// A store to be tested, made anew for every rule.
pub trait Fixture: Send + Sync {
    /// Returns the store; every call returns a handle of the same one.
    fn store(&self) -> Arc<dyn ObjectStore>;

    /// Returns a name that no test has used before; the suite makes the bucket by `ensure_bucket`.
    fn bucket(&self) -> BucketName;

    /// Returns what the store cannot do.
    fn expectations(&self) -> Expectations;

    /// Returns the present time by the clock of the store.
    fn now(&self) -> DateTime<Utc>;
}

/// What is expected of a store; the default is the whole contract, without links.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a separate declaration, set by name"
)]
pub struct Expectations {
    /// Of several create-only puts at once exactly one wins. Otherwise: at least one.
    pub atomic_create: bool,
    /// `ensure_bucket` says `Created` exactly once, also among several at once. Otherwise: at least once.
    pub created_told_once: bool,
    /// `head` in a missing bucket is `BucketNotFound`. Otherwise: `NotFound`.
    pub missing_bucket_told_apart_on_head: bool,
    /// `delete` in a missing bucket is `BucketNotFound`. Otherwise: `Ok`.
    pub missing_bucket_told_on_delete: bool,
    /// The digest given to the put is told by `head`. Otherwise: `None`.
    pub keeps_sha256: bool,
    /// The put refuses a body with another digest. Otherwise: it stores the body.
    pub checks_sha256: bool,
    /// The metadata comes back. Otherwise: none.
    pub keeps_metadata: bool,
    /// The receipt, `head` and `get` give the same entity tag. Otherwise: `None`.
    pub gives_etags: bool,
    /// `sign_get` works. Otherwise: `NotSupported`.
    pub signed_links: bool,
    /// What `head` says of an object that was put without content type.
    pub default_content_type: Option<String>,
    /// The longest key that is taken, in bytes.
    pub longest_key_bytes: usize,
    /// A text that no link may hold: the secret key.
    pub secret: Option<String>,
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            atomic_create: true,
            created_told_once: true,
            missing_bucket_told_apart_on_head: true,
            missing_bucket_told_on_delete: true,
            keeps_sha256: true,
            checks_sha256: true,
            keeps_metadata: true,
            gives_etags: true,
            signed_links: false,
            default_content_type: None,
            longest_key_bytes: 1024,
            secret: None,
        }
    }
}

/// A fixture made of a store and its clock.
pub struct StoreFixture {
    store: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
    expectations: Expectations,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl StoreFixture {
    /// Returns a fixture that expects the whole contract of `store`, which takes its time from `clock`.
    pub fn new(store: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            expectations: Expectations::default(),
            kept: Vec::new(),
        }
    }

    /// Returns the fixture with declared deviations.
    #[must_use]
    pub fn with_expectations(mut self, expectations: Expectations) -> Self {
        self.expectations = expectations;
        self
    }

    /// Returns the fixture holding `thing` (a directory, a server) until its end.
    #[must_use]
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(thing));
        self
    }
}

impl Fixture for StoreFixture {
    fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    fn bucket(&self) -> BucketName {
        format!("conformance-{:016x}", fastrand::u64(..))
            .parse()
            .unwrap()
    }

    fn expectations(&self) -> Expectations {
        self.expectations.clone()
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl fmt::Debug for StoreFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFixture")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
