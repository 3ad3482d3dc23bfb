//! The port of batches over Redis: one script on one server, one for each key on a Cluster.

#[cfg(all(test, feature = "testing", feature = "redis-cluster"))]
mod cuts;
mod part;

use std::slice;

use async_trait::async_trait;
use tokio::time::Instant;

use self::part::Part;
use super::cache::{RedisCache, error_of};
use super::calls::Work;
use super::config::Topology;
use crate::batch::refuse;
use crate::{Batch, CacheError, Step};

impl RedisCache {
    /// Does `parts` as one: in one script, which makes all its checks before its first write.
    async fn do_parts(&self, parts: &[Part<'_>], deadline: Instant) -> Result<(), CacheError> {
        let Some(first) = parts.first() else {
            let open = self.calls().refuse_when_closed();
            return open.map_err(|fault| error_of(fault, "apply"));
        };
        let mut script = self.scripts.batch.prepare_invoke();
        for part in parts {
            part.add_to(&mut script);
        }
        let outcome = self
            .calls()
            .run_until(&Work::Script(script), deadline)
            .await;
        outcome.map_err(|fault| error_of(fault, "apply").with_key(first.key()))
    }

    /// Does `pieces` one after the other, and none after one that failed.
    async fn do_pieces(&self, pieces: &[Part<'_>], deadline: Instant) -> Result<(), CacheError> {
        for piece in pieces {
            self.do_parts(slice::from_ref(piece), deadline).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Batch for RedisCache {
    async fn apply(&self, steps: &[Step]) -> Result<(), CacheError> {
        refuse(steps)?;
        let deadline = self.calls().deadline();
        // No key has a part in braces, so two of them share a slot by chance only.
        if self.calls().settings().topology() == Topology::Cluster && steps.len() > 1 {
            return self.do_pieces(&part::pieces(steps), deadline).await;
        }
        let parts: Vec<_> = steps.iter().map(Part::whole).collect();
        self.do_parts(&parts, deadline).await
    }
}
