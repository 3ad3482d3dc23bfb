//! The port of batches over the memory of the process.

use std::sync::Arc;

use async_trait::async_trait;

use super::entry::Ids;
use super::{MemoryCache, Value};
use crate::batch::refuse;
use crate::{Batch, CacheError, Step};

/// What a step needs to know, found out before the first change.
enum Before {
    Nothing,
    Version(u64),
    List(Option<Arc<Ids>>),
}

impl MemoryCache {
    fn before(&self, step: &Step) -> Result<Before, CacheError> {
        match step {
            Step::Set { .. } | Step::Delete { .. } => Ok(Before::Nothing),
            Step::Bump { key, .. } => self.version_of("apply", key).map(Before::Version),
            Step::Push { key, .. } | Step::Remove { key, .. } | Step::Forget { key } => {
                self.warm("apply", key).map(Before::List)
            }
        }
    }

    fn change(&self, step: &Step, before: Before) {
        match (step, before) {
            (Step::Set { key, value, ttl }, _) => {
                self.put(key, Value::Bytes(value.clone()), *ttl);
            }
            (Step::Bump { key, ttl }, Before::Version(before)) => {
                self.raise(key, before, *ttl);
            }
            (Step::Push { key, id, limits }, Before::List(list)) => {
                self.new_token(key);
                self.put_first(key, list, id, limits);
            }
            (Step::Remove { key, id, limits }, Before::List(list)) => {
                self.new_token(key);
                self.take_out(key, list, id, limits);
            }
            (Step::Forget { key }, _) => self.make_cold(key),
            // What is left is a removal; the others come with what they need.
            (step, _) => self.0.entries.invalidate(step.key()),
        }
    }
}

#[async_trait]
impl Batch for MemoryCache {
    async fn apply(&self, steps: &[Step]) -> Result<(), CacheError> {
        self.open("apply")?;
        refuse(steps)?;
        let _locked = self.locked_all(steps.iter().map(Step::key));
        let before: Result<Vec<_>, _> = steps.iter().map(|step| self.before(step)).collect();
        for (step, before) in steps.iter().zip(before?) {
            self.change(step, before);
        }
        Ok(())
    }
}
