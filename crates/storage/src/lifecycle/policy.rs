//! The rules that the buckets of pictures are to have.

use super::rule::{InvalidLifecycleRule, LifecycleAction, LifecycleDays, LifecycleRule};
use super::{BucketLifecycle, LifecyclePlan};
use crate::error::Result;
use crate::name::BucketName;
use crate::pictures::{BucketMap, PictureKind};

/// Which rules each bucket is to have.
///
/// - temporary pictures expire; where they share a bucket, only those in their folder
/// - uploads that were not completed are aborted in every bucket
///
/// The rules are for whole buckets, and know nothing of layers: give them to no bucket of which
/// [`Prefixed`](crate::layer::Prefixed) takes only a part.
/// In a bucket of temporary pictures alone, what staged deletes keep there expires like the pictures, so their
/// window must be shorter than the pictures' life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecyclePolicy {
    rules: Vec<(BucketName, Vec<LifecycleRule>)>,
}

impl LifecyclePolicy {
    /// Returns the policy for these buckets.
    ///
    /// # Errors
    ///
    /// [`InvalidLifecycleRule`] when the folder of temporary pictures cannot stand in a rule.
    pub fn new(
        buckets: &BucketMap,
        temporary: LifecycleDays,
        uploads: LifecycleDays,
    ) -> Result<Self, InvalidLifecycleRule> {
        let place = buckets.place(PictureKind::Temporary);
        let folder = place.folder.as_ref().map(|folder| format!("{folder}/"));
        let expire = LifecycleRule::new(
            "expire-temporary",
            &folder.unwrap_or_default(),
            LifecycleAction::ExpireAfter(temporary),
        )?;
        let abort = LifecycleAction::AbortUploadsAfter(uploads);
        let abort = LifecycleRule::new("abort-uploads", "", abort)?;
        let of_bucket = |bucket: &BucketName| {
            let expires = (*bucket == place.bucket).then(|| expire.clone());
            let rules = expires.into_iter().chain([abort.clone()]);
            (bucket.clone(), rules.collect())
        };
        let rules = buckets.buckets().into_iter().map(of_bucket).collect();
        Ok(Self { rules })
    }

    /// Returns the buckets with their rules.
    pub fn rules(&self) -> &[(BucketName, Vec<LifecycleRule>)] {
        &self.rules
    }

    /// Returns a plan for each bucket, also for those in which nothing is to be changed.
    ///
    /// # Errors
    ///
    /// Those of [`LifecyclePlan::make`] for the first bucket that fails.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn plan(&self, lifecycle: &dyn BucketLifecycle) -> Result<Vec<LifecyclePlan>> {
        let mut plans = Vec::with_capacity(self.rules.len());
        for (bucket, rules) in &self.rules {
            plans.push(LifecyclePlan::make(lifecycle, bucket, rules).await?);
        }
        Ok(plans)
    }
}
