//! The port of batches of the near cache: every key of a batch counts as changed.

use async_trait::async_trait;

use super::NearCache;
use crate::{Batch, CacheError, Step};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: Batch> Batch for NearCache<C> {
    async fn apply(&self, steps: &[Step]) -> Result<(), CacheError> {
        let _changes: Vec<_> = steps.iter().map(|step| self.change(step.key())).collect();
        self.inner.apply(steps).await
    }
}
