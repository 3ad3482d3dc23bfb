//! A store of dialogues that can be away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::UserId;
use crate::conversation::{Dialogue, DialogueError, DialogueStore};

/// Fails every call while it is told to, and forwards the others. A call that fails does not reach what is wrapped.
///
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct FailingDialogues<S> {
    inner: S,
    is_away: Arc<AtomicBool>,
    failures: Arc<AtomicUsize>,
}

impl<S> FailingDialogues<S> {
    /// Returns `inner` with nothing failing yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            is_away: Arc::default(),
            failures: Arc::default(),
        }
    }

    /// Returns what is wrapped.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Fails every call until [`heal`](Self::heal).
    pub fn break_down(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    /// Lets every call pass from now on.
    pub fn heal(&self) {
        self.is_away.store(false, Ordering::SeqCst);
    }

    /// Returns how many calls have failed.
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::SeqCst)
    }

    fn act(&self, error: fn(&'static str) -> DialogueError) -> Result<(), DialogueError> {
        if !self.is_away.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.failures.fetch_add(1, Ordering::SeqCst);
        Err(error("away by script"))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: DialogueStore> DialogueStore for FailingDialogues<S> {
    async fn load(&self, user: &UserId) -> Result<Option<Dialogue>, DialogueError> {
        self.act(DialogueError::read)?;
        self.inner.load(user).await
    }

    async fn save(&self, user: &UserId, dialogue: &Dialogue) -> Result<(), DialogueError> {
        self.act(DialogueError::kept)?;
        self.inner.save(user, dialogue).await
    }
}
