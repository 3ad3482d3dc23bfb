//! The adapter that keeps dialogues in the memory of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{DIALOGUE_LIFE, Dialogue, DialogueError, DialogueStore};
use crate::UserId;

/// The most dialogues in memory; beyond it those that rest for the longest go first.
const MOST_DIALOGUES: usize = 100_000;

/// Dialogues in the memory of this process: at most 100 000, each for an hour after its last change.
///
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct MemoryDialogues {
    kept: Arc<Mutex<HashMap<UserId, Kept>>>,
    most: usize,
}

#[derive(Debug)]
struct Kept {
    dialogue: Dialogue,
    since: Instant,
}

impl Kept {
    fn is_alive(&self) -> bool {
        self.since.elapsed() < DIALOGUE_LIFE
    }
}

impl MemoryDialogues {
    /// Returns the store without dialogues.
    pub fn new() -> Self {
        Self::with_most(MOST_DIALOGUES)
    }

    /// Returns the store of at most `most` dialogues.
    pub fn with_most(most: usize) -> Self {
        Self {
            kept: Arc::default(),
            most: most.max(1),
        }
    }

    pub(super) fn get(&self, user: &UserId) -> Option<Dialogue> {
        let kept = self.lock();
        let found = kept.get(user).filter(|kept| kept.is_alive())?;
        Some(found.dialogue.clone())
    }

    pub(super) fn put(&self, user: &UserId, dialogue: &Dialogue) {
        let mut kept = self.lock();
        if kept.len() >= self.most && !kept.contains_key(user) {
            make_room(&mut kept);
        }
        let value = Kept {
            dialogue: dialogue.clone(),
            since: Instant::now(),
        };
        kept.insert(user.clone(), value);
    }

    pub(super) fn forget(&self, user: &UserId) {
        self.lock().remove(user);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryDialogues {
    fn default() -> Self {
        Self::new()
    }
}

/// Removes what is over, and the older half when that is not enough: looking for the oldest one at each new dialogue
/// would cost every user.
fn make_room(kept: &mut HashMap<UserId, Kept>) {
    let before = kept.len();
    kept.retain(|_, one| one.is_alive());
    if kept.len() < before {
        return;
    }
    let mut ages: Vec<_> = kept.values().map(|one| one.since).collect();
    let middle = ages.len() / 2;
    let (_, limit, _) = ages.select_nth_unstable(middle);
    let limit = *limit;
    kept.retain(|_, one| one.since > limit);
}

#[async_trait]
impl DialogueStore for MemoryDialogues {
    async fn load(&self, user: &UserId) -> Result<Option<Dialogue>, DialogueError> {
        Ok(self.get(user))
    }

    async fn save(&self, user: &UserId, dialogue: &Dialogue) -> Result<(), DialogueError> {
        self.put(user, dialogue);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conversation::ChatId;

    fn user(number: usize) -> UserId {
        format!("tg:{number}").parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_store_forgets_those_that_rest_for_the_longest() {
        let store = MemoryDialogues::with_most(4);
        for number in 0..5 {
            store.put(&user(number), &Dialogue::new(ChatId(0)));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(store.lock().len() <= 4);
        assert!(store.get(&user(0)).is_none());
        assert!(store.get(&user(4)).is_some());
    }
}
