//! One process at a time loads a key, while the lock can be had.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ReadThrough;
use crate::meters::{Meter, count};
use crate::options::LockUse;
use crate::outage::{Away, Side};
use crate::{FamilyKey, Lease, Lock};

/// The pauses between two tries for the lock: they double from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// What came of waiting for one's turn to load.
pub(super) enum Turn<T> {
    /// It is ours, or everybody's: no lock is used, it fails, or it kept us waiting for too long.
    Ours(Option<Held>),
    /// Another process loaded it meanwhile.
    Found(T),
    /// Another process is at it.
    Theirs,
    /// Nobody answers: it is ours, and the cache is left alone.
    Away,
}

/// A lock that is released when it is dropped, so that a load that is given up keeps nobody waiting.
#[derive(Debug)]
pub(super) struct Held {
    lock: Arc<dyn Lock>,
    lease: Option<Lease>,
}

impl Held {
    fn new(lock: &Arc<dyn Lock>, lease: Lease) -> Self {
        Self {
            lock: Arc::clone(lock),
            lease: Some(lease),
        }
    }

    pub(super) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    pub(super) fn lock(&self) -> &Arc<dyn Lock> {
        &self.lock
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Without a runtime the lock ends by itself.
        let runtime = tokio::runtime::Handle::try_current();
        if let (Some(lease), Ok(runtime)) = (self.lease.take(), runtime) {
            let lock = Arc::clone(&self.lock);
            runtime.spawn(async move {
                if let Err(error) = lock.release(&lease).await {
                    tracing::debug!(%error, "a lock ends by itself");
                }
            });
        }
    }
}

impl ReadThrough {
    /// Waits for the turn to load `key`, at most for as long as the options say; `find` looks whether another
    /// process was quicker.
    pub(super) async fn turn<T, F>(&self, key: &FamilyKey, find: impl Fn() -> F + Send) -> Turn<T>
    where
        T: Send,
        F: Future<Output = Result<Option<T>, Away>> + Send,
    {
        let Some((lock, usage)) = self.lock_of(key) else {
            return Turn::Ours(None);
        };
        let gives_up = Instant::now() + usage.wait;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.try_turn(key, lock, usage).await {
                Turn::Theirs => {}
                turn => return turn,
            }
            let left = gives_up.saturating_duration_since(Instant::now());
            if left.is_zero() {
                count(key.family(), Meter::LockMissed);
                return Turn::Ours(None);
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match find().await {
                Ok(None) => {}
                Ok(Some(found)) => {
                    count(key.family(), Meter::LockSpared);
                    return Turn::Found(found);
                }
                Err(Away) => return Turn::Away,
            }
        }
    }

    /// Takes the turn if nobody has it.
    pub(super) async fn turn_at_once<T>(&self, key: &FamilyKey) -> Turn<T> {
        match self.lock_of(key) {
            Some((lock, usage)) => self.try_turn(key, lock, usage).await,
            None => Turn::Ours(None),
        }
    }

    async fn try_turn<T>(&self, key: &FamilyKey, lock: &Arc<dyn Lock>, usage: LockUse) -> Turn<T> {
        let outcome = lock.acquire(key.key(), usage.life).await;
        let turn = match self.outages.ask(Side::Writes, outcome) {
            Ok(Some(Some(lease))) => return Turn::Ours(Some(Held::new(lock, lease))),
            Ok(Some(None)) => return Turn::Theirs,
            Ok(None) => Turn::Ours(None),
            Err(Away) => Turn::Away,
        };
        count(key.family(), Meter::LockMissed);
        turn
    }

    fn lock_of(&self, key: &FamilyKey) -> Option<(&Arc<dyn Lock>, LockUse)> {
        self.lock.as_ref().zip(self.options_of(key).lock)
    }
}
