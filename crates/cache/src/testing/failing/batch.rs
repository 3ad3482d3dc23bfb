//! Batches that fail by script, as one call each.

use async_trait::async_trait;

use super::FailingCache;
use crate::{Batch, CacheError, Step};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<B: Batch> Batch for FailingCache<B> {
    async fn apply(&self, steps: &[Step]) -> Result<(), CacheError> {
        self.act("apply")?;
        self.inner.apply(steps).await
    }
}
