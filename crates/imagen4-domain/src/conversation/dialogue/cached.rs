//! The adapter that keeps dialogues in the cache.

use std::sync::Arc;

use async_trait::async_trait;
use cache::{Cache, FamilyKey, KeyError, TypedCache};

use super::{Dialogue, DialogueError, DialogueStore};
use crate::UserId;

/// Dialogues in a [`Cache`], such as Redis: the family `dialogue`, an hour after the last change.
///
/// Several processes share them. What cannot be read, or has another version, is gone.
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct CachedDialogues(TypedCache<Dialogue>);

impl CachedDialogues {
    /// Returns the dialogues in `cache`.
    pub fn new(cache: Arc<dyn Cache>) -> Self {
        Self(TypedCache::new(cache))
    }
}

#[async_trait]
impl DialogueStore for CachedDialogues {
    async fn load(&self, user: &UserId) -> Result<Option<Dialogue>, DialogueError> {
        let key = key(user).map_err(DialogueError::read)?;
        self.0.get(&key).await.map_err(DialogueError::read)
    }

    async fn save(&self, user: &UserId, dialogue: &Dialogue) -> Result<(), DialogueError> {
        let key = key(user).map_err(DialogueError::kept)?;
        self.0
            .set(&key, dialogue)
            .await
            .map_err(DialogueError::kept)
    }
}

/// A user's name has a colon written as in the other families.
fn key(user: &UserId) -> Result<FamilyKey, KeyError> {
    FamilyKey::dialogue(crate::service::key_part(user))
}
