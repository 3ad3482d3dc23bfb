//! Rules by which a bucket removes things by itself: as code, with a plan before anything is changed.
//!
//! A [`LifecyclePolicy`] says which rules there are to be; [`LifecyclePlan::make`] compares them with what stands in
//! the bucket and shows the difference, and [`LifecyclePlan::apply`] makes it.
//! Only rules whose id starts with `pictures-` are ours. All others stay as they are, to the byte.

mod memory;
mod plan;
mod policy;
mod rule;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use self::memory::MemoryLifecycle;
pub use self::plan::{LifecycleChange, LifecyclePlan};
pub use self::policy::LifecyclePolicy;
pub use self::rule::{
    InvalidLifecycleRule, LifecycleAction, LifecycleDays, LifecycleRule, StandingRule,
};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::BucketName;

/// All rules of a bucket, as they stand or are to stand, in their order.
///
/// What an adapter needs to write the document back around its rules is kept with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LifecycleDocument {
    pub(crate) head: String,
    pub(crate) rules: Vec<StandingRule>,
    pub(crate) tail: String,
}

impl LifecycleDocument {
    /// Returns a document of these rules.
    pub fn new(rules: impl IntoIterator<Item = StandingRule>) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Returns the rules in their order.
    pub fn rules(&self) -> &[StandingRule] {
        &self.rules
    }

    /// Tells whether the other document says the same: the same rules of ours, and the same foreign ones by their text.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.rules.len() == other.rules.len()
            && self
                .rules
                .iter()
                .zip(&other.rules)
                .all(|(one, other)| one.says_the_same(other))
    }
}

/// Reads and replaces the lifecycle rules of buckets.
///
/// It is a port of adapters: the layers of [`ObjectStore`](crate::ObjectStore) do not hand it on, so keep the
/// adapter itself for it.
///
/// # Contract
///
/// - **Foreign rules** come back from a replace as they were given, as far as the server keeps what it was sent.
/// - **No rules** and no document are the same.
/// - **A change in between is noticed**: a replace compares what stands there with what its caller has read. S3 has no
///   way to do both in one step, so a change in the moment between the two goes unnoticed.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait BucketLifecycle: fmt::Debug + Send + Sync + 'static {
    /// Returns the rules of `bucket` as they stand.
    ///
    /// # Errors
    ///
    /// `BucketNotFound`; `Unexpected` for a document that cannot be read; and the failures of the connection.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn rules(&self, bucket: &BucketName) -> Result<LifecycleDocument>;

    /// Replaces the rules of `bucket` by `after`, if they are still `before`.
    ///
    /// # Errors
    ///
    /// `Conflict` when others have changed them; `BucketNotFound`; `InvalidInput` for rules that the server refuses;
    /// and the failures of the connection, after which the rules are the one or the other.
    ///
    /// # Cancellation
    ///
    /// The rules are the one or the other.
    async fn replace(
        &self,
        bucket: &BucketName,
        before: &LifecycleDocument,
        after: &LifecycleDocument,
    ) -> Result<()>;
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<L: BucketLifecycle + ?Sized> BucketLifecycle for Arc<L> {
    async fn rules(&self, bucket: &BucketName) -> Result<LifecycleDocument> {
        (**self).rules(bucket).await
    }

    async fn replace(
        &self,
        bucket: &BucketName,
        before: &LifecycleDocument,
        after: &LifecycleDocument,
    ) -> Result<()> {
        (**self).replace(bucket, before, after).await
    }
}

/// Returns the error of a replace that met other rules than its caller has read.
pub(crate) fn changed(bucket: &BucketName) -> StorageError {
    StorageError::new(StorageErrorKind::Conflict, "replace", bucket)
        .with_detail("the lifecycle rules were changed by others")
}
