//! Loads on a miss: one for all who wait, in this process and, with a lock, in all of them.

use std::any::Any;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::turn::{Held, Turn};
use super::{Loaded, ReadThrough, count_read};
use crate::FamilyKey;
use crate::doubt::Doubt;
use crate::flight::{Flight, Outcome};
use crate::meters::{Meter, count};
use crate::outage::Away;
use crate::typed::read;

/// Why a load runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The cache had nothing.
    Miss,
    /// The cache gave no answer, and is asked nothing more.
    Away,
    /// What the cache has is near its end.
    Refresh,
}

impl ReadThrough {
    /// Returns the value under `key`; on a miss `load` reads it from the truth and the cache keeps it for the
    /// key's life.
    ///
    /// `Ok(None)` of `load` says that there is no such thing, which the cache does not keep; the family's options
    /// may let this process remember it.
    ///
    /// # Errors
    ///
    /// What `load` fails with, shared by all who waited for it. Nothing is kept then. When the family's options
    /// keep old values, one that is there is the answer instead.
    ///
    /// # Cancellation
    ///
    /// The load is dropped unless another caller waits for the same key, who then runs its own.
    pub async fn get_or_load<T, E, F, L>(&self, key: &FamilyKey, load: L) -> Loaded<T, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce() -> F + Send,
    {
        self.get_or_load_told(key, |_| load()).await
    }

    /// Does the same, and tells `load` whether the cache is to keep what it gives.
    pub(crate) async fn get_or_load_told<T, E, F, L>(
        &self,
        key: &FamilyKey,
        load: L,
    ) -> Loaded<T, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce(bool) -> F + Send,
    {
        match self.find(key).await {
            Ok(found) => Ok(found),
            Err(reason) => {
                self.share(key, reason, || load(reason != Reason::Away))
                    .await
            }
        }
    }

    /// Returns what is known without a load, or why one is needed.
    pub(super) async fn find<T>(&self, key: &FamilyKey) -> Result<Option<Arc<T>>, Reason>
    where
        T: DeserializeOwned,
    {
        let reason = match self.look(key).await {
            Ok(Some(value)) => {
                count_read(key, true);
                return Ok(Some(Arc::new(value)));
            }
            Ok(None) => Reason::Miss,
            Err(Away) => Reason::Away,
        };
        if self.local.is_absent(key.key()) {
            count(key.family(), Meter::Negative);
            return Ok(None);
        }
        count_read(key, false);
        self.give_throttled(key).map(Some).ok_or(reason)
    }

    /// Returns the old value while a load that failed is not to be tried again.
    pub(super) fn give_throttled<T: DeserializeOwned>(&self, key: &FamilyKey) -> Option<Arc<T>> {
        let old = self.local.throttled(key.key())?;
        self.give_old(key, &old)
    }

    /// Decodes an old value that is given in place of a load.
    pub(super) fn give_old<T: DeserializeOwned>(
        &self,
        key: &FamilyKey,
        bytes: &[u8],
    ) -> Option<Arc<T>> {
        self.options_of(key).fail_safe?;
        // A change that did not reach the cache makes old values false, not only old.
        if self.doubts.about(key.key()).is_some() {
            return None;
        }
        let value = read(key, bytes)?;
        count(key.family(), Meter::Stale);
        Some(Arc::new(value))
    }

    /// Runs the load, or waits for the one of the same key that runs and takes what it gave.
    pub(super) async fn share<T, E, F, L>(
        &self,
        key: &FamilyKey,
        reason: Reason,
        load: L,
    ) -> Loaded<T, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce() -> F + Send,
    {
        let seat = self.flights.join(key.key());
        let mut load = Some(load);
        let shared = seat
            .flight
            .share(async {
                let load = load.take();
                Arc::new(self.load(key, reason, &seat.flight, load).await) as Outcome
            })
            .await;
        if load.is_some() {
            count(key.family(), Meter::Coalesced);
        }
        // The family decides the type, so another type under the same key is a slip of the program; it loads
        // for itself.
        if let Some(loaded) = downcast::<T, E>(&shared) {
            return loaded;
        }
        let own = self.load(key, reason, &seat.flight, load).await;
        own.unwrap_or(Ok(None))
    }

    /// Waits for the turn, runs the load and keeps what it gave.
    async fn load<T, E, F, L>(
        &self,
        key: &FamilyKey,
        reason: Reason,
        flight: &Flight,
        load: Option<L>,
    ) -> Option<Loaded<T, E>>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        E: Send + Sync,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: FnOnce() -> F + Send,
    {
        let load = load?;
        let (held, reason) = match self.turn_for(key, reason).await {
            Turn::Ours(held) => (held, reason),
            Turn::Away => (None, Reason::Away),
            Turn::Found(value) => return Some(Ok(Some(Arc::new(value)))),
            Turn::Theirs => return None,
        };
        count(key.family(), Meter::Load);
        // What is read from here on has the change whose failure cast this doubt, but none that comes later.
        let doubt = self.doubts.about(key.key());
        match load().await {
            Ok(value) => {
                let value = value.map(Arc::new);
                if value.is_none() && reason == Reason::Refresh && !flight.is_stale() {
                    // What is refreshed still stands there, and is no longer true.
                    self.remove(key).await;
                }
                let origin = (reason, doubt);
                self.keep(key, flight, value.as_deref(), held.as_ref(), origin)
                    .await;
                Some(Ok(value))
            }
            Err(error) => Some(self.failed(key, Arc::new(error))),
        }
    }

    async fn turn_for<T>(&self, key: &FamilyKey, reason: Reason) -> Turn<T>
    where
        T: DeserializeOwned + Send,
    {
        match reason {
            // The value is still good, so that a refresh waits for nobody.
            Reason::Refresh => self.turn_at_once(key).await,
            // An outage costs the caller one limit, which the read has had.
            Reason::Away => Turn::Away,
            Reason::Miss if self.outages.is_away() => Turn::Ours(None),
            Reason::Miss => {
                let turn = self.turn(key, || self.look_again(key)).await;
                if !matches!(turn, Turn::Ours(_)) || self.outages.is_away() {
                    return turn;
                }
                match self.look_again(key).await {
                    Ok(found) => found.map_or(turn, Turn::Found),
                    Err(Away) => Turn::Away,
                }
            }
        }
    }

    /// Keeps what a load gave, unless the key was changed meanwhile.
    pub(super) async fn keep<T: Serialize + Sync>(
        &self,
        key: &FamilyKey,
        flight: &Flight,
        value: Option<&T>,
        held: Option<&Held>,
        (reason, doubt): (Reason, Option<Doubt>),
    ) {
        if flight.is_stale() {
            return;
        }
        let Some(value) = value else {
            self.local.gone(key.key(), self.options_of(key));
            if flight.is_stale() {
                self.local.forget(key.key());
            }
            return;
        };
        if reason == Reason::Away || self.outages.is_away() {
            return;
        }
        let is_stored = self.store(key, value, held).await;
        if flight.is_stale() {
            // The change came while we wrote: what stands there now may be ours, and old.
            self.remove(key).await;
        } else if let Some(doubt) = doubt.filter(|_| is_stored) {
            self.doubts.clear(key.key(), doubt);
        }
    }

    /// Answers a failed load with an old value, if there is one to give.
    pub(super) fn failed<T: DeserializeOwned, E>(
        &self,
        key: &FamilyKey,
        error: Arc<E>,
    ) -> Loaded<T, E> {
        count(key.family(), Meter::LoadError);
        let old = self.local.old(key.key());
        let Some(value) = old.and_then(|old| self.give_old(key, &old)) else {
            return Err(error);
        };
        let options = self.options_of(key);
        self.local.throttle(key.key(), options.throttle);
        Ok(Some(value))
    }
}

pub(super) fn downcast<T, E>(shared: &Outcome) -> Option<Loaded<T, E>>
where
    T: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    let any: &(dyn Any + Send + Sync) = shared.as_ref();
    any.downcast_ref::<Option<Loaded<T, E>>>()?.clone()
}
