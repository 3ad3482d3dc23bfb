//! A layer under which no failure of a store ends a dialogue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::{Dialogue, DialogueError, DialogueStore, MemoryDialogues};
use crate::UserId;

/// The layer under which a dialogue goes on in this process while its store is away.
///
/// - What the store did not take is read from memory until the store takes a later one, or its life is over.
/// - What the store knows is remembered as well, for the time when it cannot be asked.
/// - No call is answered by an error; the first failure of an outage is logged as a warning.
///
/// It goes right around an adapter. Other processes see what the store has. Clones share everything.
#[derive(Debug, Clone)]
pub struct Sheltered<S> {
    inner: S,
    known: MemoryDialogues,
    ahead: MemoryDialogues,
    is_away: Arc<AtomicBool>,
}

impl<S: DialogueStore> Sheltered<S> {
    /// Returns the layer over `inner`.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            known: MemoryDialogues::new(),
            ahead: MemoryDialogues::new(),
            is_away: Arc::default(),
        }
    }

    /// Returns the store below.
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn back(&self) {
        self.is_away.store(false, Ordering::Relaxed);
    }

    fn away(&self, error: &DialogueError) {
        if !self.is_away.swap(true, Ordering::Relaxed) {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%error, cause, "dialogues go on in the memory of this process alone");
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: DialogueStore> DialogueStore for Sheltered<S> {
    async fn load(&self, user: &UserId) -> Result<Option<Dialogue>, DialogueError> {
        if let Some(ahead) = self.ahead.get(user) {
            return Ok(Some(ahead));
        }
        match self.inner.load(user).await {
            Ok(found) => {
                self.back();
                match &found {
                    Some(dialogue) => self.known.put(user, dialogue),
                    None => self.known.forget(user),
                }
                Ok(found)
            }
            Err(error) => {
                self.away(&error);
                Ok(self.known.get(user))
            }
        }
    }

    async fn save(&self, user: &UserId, dialogue: &Dialogue) -> Result<(), DialogueError> {
        // Ahead first: a caller who goes away before the answer leaves it so.
        self.ahead.put(user, dialogue);
        match self.inner.save(user, dialogue).await {
            Ok(()) => {
                self.back();
                self.known.put(user, dialogue);
                self.ahead.forget(user);
            }
            Err(error) => self.away(&error),
        }
        Ok(())
    }
}
