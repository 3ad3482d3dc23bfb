//! What one near cache is told, by the connection that hears of changes and by the one that its reads use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_redis::redis::{PushInfo, PushKind, Value};
use tokio::sync::Notify;

use crate::{CacheKey, Listener};

/// Tells a listener of changes, from the first connection to the end of the following.
///
/// Both connections know it, and either may end last: once the following is over nobody tells the listener any
/// more, which another following may have begun to use.
pub(super) struct Watch {
    listener: Mutex<Option<Listener>>,
    broken: Notify,
}

/// A watch that is over when this is dropped.
pub(super) struct Watching(Arc<Watch>);

impl Watching {
    pub(super) fn begin(listener: &Listener) -> Self {
        Self(Arc::new(Watch {
            listener: Mutex::new(Some(listener.clone())),
            broken: Notify::new(),
        }))
    }

    pub(super) fn watch(&self) -> &Arc<Watch> {
        &self.0
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.listener().take();
    }
}

impl Watch {
    /// Tells the listener something, unless the following is over.
    pub(super) fn tell(&self, what: impl FnOnce(&Listener)) {
        if let Some(listener) = self.listener().as_ref() {
            what(listener);
        }
    }

    /// Says that changes are no longer told, and ends the following.
    pub(super) fn lost(&self) {
        self.tell(Listener::lost);
        self.broken.notify_one();
    }

    /// Waits until changes are no longer told.
    pub(super) async fn until_lost(&self) {
        self.broken.notified().await;
    }

    /// Tells the listener what the server said.
    pub(super) fn pushed(&self, push: &PushInfo) {
        match push.kind {
            PushKind::Disconnection => self.lost(),
            PushKind::Invalidate => self.tell(|listener| match push.data.first() {
                Some(Value::Array(keys)) => keys.iter().for_each(|key| tell_key(listener, key)),
                // No list of keys stands for all of them.
                _ => listener.all_changed(),
            }),
            _ => {}
        }
    }

    /// Held for one call of the listener, which returns at once, and never over an await.
    fn listener(&self) -> MutexGuard<'_, Option<Listener>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_key(listener: &Listener, key: &Value) {
    let Value::BulkString(bytes) = key else {
        return listener.all_changed();
    };
    let text = std::str::from_utf8(bytes).ok();
    // Another program's key that is none of ours is not held either.
    if let Some(key) = text.and_then(|text| CacheKey::new(text).ok()) {
        listener.changed(&key);
    }
}
