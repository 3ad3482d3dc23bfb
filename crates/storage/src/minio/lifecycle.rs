//! Lifecycle rules of buckets on an S3 server.

mod document;

use async_trait::async_trait;

use super::store::MinioStore;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::lifecycle::{BucketLifecycle, LifecycleDocument, changed};
use crate::name::BucketName;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl BucketLifecycle for MinioStore {
    async fn rules(&self, bucket: &BucketName) -> Result<LifecycleDocument> {
        let Some(text) = self.control.lifecycle(bucket).await? else {
            return Ok(LifecycleDocument::default());
        };
        document::read(&text).ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unexpected, "rules", bucket)
                .with_detail("the answer is no document of lifecycle rules")
        })
    }

    async fn replace(
        &self,
        bucket: &BucketName,
        before: &LifecycleDocument,
        after: &LifecycleDocument,
    ) -> Result<()> {
        if !self.rules(bucket).await?.says_the_same(before) {
            return Err(changed(bucket));
        }
        // A document without rules is refused by S3.
        if after.rules().is_empty() {
            self.control.delete_lifecycle(bucket).await?;
        } else {
            let text = document::write(after);
            self.control.put_lifecycle(bucket, text).await?;
        }
        let found = self.rules(bucket).await?;
        if is_kept(after, &found) {
            return Ok(());
        }
        Err(changed(bucket).with_detail("what stands there is not what was written"))
    }
}

/// Tells whether what was written stands there; a server may spell foreign rules in its own way.
fn is_kept(written: &LifecycleDocument, found: &LifecycleDocument) -> bool {
    let kept = |rule: &crate::lifecycle::StandingRule| {
        found.rules().iter().any(|other| match rule.known() {
            Some(known) => other.known() == Some(known),
            None => other.id() == rule.id(),
        })
    };
    written.rules().len() == found.rules().len() && written.rules().iter().all(kept)
}
