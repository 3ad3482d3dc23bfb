//! One at a time for each picture, among the callers in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::name::ObjectRef;

type Turn = Arc<tokio::sync::Mutex<()>>;

/// The pictures that somebody works on or waits for.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<ObjectRef, Turn>>>);

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct TurnGuard {
    turns: Turns,
    object: ObjectRef,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn of `object`; those that wait come in their order.
    pub(super) async fn take(&self, object: &ObjectRef) -> TurnGuard {
        let turn = Arc::clone(self.all().entry(object.clone()).or_default());
        // Made before the wait, so that a caller who gives up waiting tidies up too.
        let mut guard = TurnGuard {
            turns: self.clone(),
            object: object.clone(),
            guard: None,
        };
        guard.guard = Some(turn.lock_owned().await);
        guard
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ObjectRef, Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TurnGuard {
    fn drop(&mut self) {
        self.guard = None;
        let mut all = self.turns.all();
        let idle = |turn: &Turn| Arc::strong_count(turn) == 1;
        if all.get(&self.object).is_some_and(idle) {
            all.remove(&self.object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_taken_one_after_the_other_and_forgotten() {
        let turns = Turns::default();
        let object: ObjectRef = "imagen4/a".parse().unwrap();
        let other: ObjectRef = "imagen4/b".parse().unwrap();
        let first = turns.take(&object).await;
        let apart = turns.take(&other).await;
        let mut second = Box::pin(turns.take(&object));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        let second = second.await;
        drop((second, apart));
        assert!(turns.all().is_empty());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_leaves_nothing() {
        let turns = Turns::default();
        let object: ObjectRef = "imagen4/a".parse().unwrap();
        let first = turns.take(&object).await;
        let mut second = Box::pin(turns.take(&object));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(second);
        drop(first);
        assert!(turns.all().is_empty());
    }
}
