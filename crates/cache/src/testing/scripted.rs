//! A source of invalidations that tells what a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::{CacheError, CacheErrorKind, CacheKey, Invalidations, Listener};

/// A promise that outlives any test.
const LONG: Duration = Duration::from_hours(24);

/// Follows at once, tells what the test says, and ends when the test says. Clones share the script.
#[derive(Debug, Clone, Default)]
pub struct ScriptedInvalidations(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    listener: Option<Listener>,
    prefixes: Vec<String>,
    calls: u32,
    refusals: VecDeque<CacheErrorKind>,
    end: Option<CacheErrorKind>,
}

impl ScriptedInvalidations {
    /// Returns a source that follows whenever it is asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next tries to follow end at once with these kinds, one each.
    pub fn refuse(&self, kinds: impl IntoIterator<Item = CacheErrorKind>) {
        self.state().refusals.extend(kinds);
    }

    /// Tells that `key` was changed.
    pub fn change(&self, key: &CacheKey) {
        self.tell(|listener| listener.changed(key));
    }

    /// Tells that everything may have changed.
    pub fn change_all(&self) {
        self.tell(Listener::all_changed);
    }

    /// Renews the promise, and lets it end after `silence`.
    pub fn promise(&self, silence: Duration) {
        // A promise is only ever prolonged, so the long one of the beginning is taken back first.
        self.tell(|listener| listener.began(Instant::now() + silence));
    }

    /// Ends with `kind`, as if the connection broke.
    pub fn end(&self, kind: CacheErrorKind) {
        self.state().end = Some(kind);
        self.0.ended.notify_one();
    }

    /// Tells whether somebody follows.
    pub fn is_followed(&self) -> bool {
        self.state().listener.is_some()
    }

    /// Returns how often somebody tried to follow.
    pub fn calls(&self) -> u32 {
        self.state().calls
    }

    /// Returns the prefixes that were last followed.
    pub fn prefixes(&self) -> Vec<String> {
        self.state().prefixes.clone()
    }

    fn tell(&self, what: impl FnOnce(&Listener)) {
        if let Some(listener) = &self.state().listener {
            what(listener);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, prefixes: &[String], listener: &Listener) -> Result<Followed, CacheErrorKind> {
        let mut state = self.state();
        state.calls += 1;
        if let Some(kind) = state.refusals.pop_front() {
            return Err(kind);
        }
        state.prefixes = prefixes.to_vec();
        state.listener = Some(listener.clone());
        listener.began(Instant::now() + LONG);
        Ok(Followed(self.clone()))
    }
}

/// Somebody follows; dropped when they stop.
struct Followed(ScriptedInvalidations);

impl Drop for Followed {
    fn drop(&mut self) {
        self.0.state().listener = None;
    }
}

#[async_trait]
impl Invalidations for ScriptedInvalidations {
    async fn follow(&self, prefixes: &[String], listener: &Listener) -> CacheError {
        let followed = self.begin(prefixes, listener);
        let kind = match &followed {
            Err(kind) => *kind,
            Ok(_) => loop {
                self.0.ended.notified().await;
                if let Some(kind) = self.state().end.take() {
                    break kind;
                }
            },
        };
        CacheError::new(kind, "follow")
    }
}
