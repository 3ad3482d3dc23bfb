//! Batches that are counted, as one call each.

use async_trait::async_trait;

use super::CountingCache;
use crate::{Batch, CacheError, Step};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<B: Batch> Batch for CountingCache<B> {
    async fn apply(&self, steps: &[Step]) -> Result<(), CacheError> {
        self.tick("apply");
        self.inner.apply(steps).await
    }
}
