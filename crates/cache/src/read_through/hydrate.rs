//! Many values in one round trip, and one load for all that are missing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{join, join_all};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::load::{Reason, downcast};
use super::{Loaded, ReadThrough};
use crate::FamilyKey;
use crate::flight::{Outcome, Seat};
use crate::meters::{Meter, count};

/// A key that the cache did not answer.
struct Missing<'a> {
    key: &'a FamilyKey,
    seat: Seat<'a>,
    reason: Reason,
}

impl ReadThrough {
    /// Returns the values under `keys`, in their order: one round trip asks the cache, and one call of `load`
    /// reads those from the truth that it did not have. A key may stand twice.
    ///
    /// `load` gets the missing keys and answers in their order; what it leaves out counts as not existing.
    /// A key that another read is loading already is not loaded again but waited for. Should that read be
    /// dropped, a second call of `load` gets what it left. There is no lock across processes.
    ///
    /// # Errors
    ///
    /// What `load` fails with, unless the families' options keep an old value of every key concerned.
    ///
    /// # Cancellation
    ///
    /// The load is dropped; others that wait for one of its keys run their own.
    pub async fn get_or_load_many<T, E, F, L>(
        &self,
        keys: &[FamilyKey],
        load: L,
    ) -> Result<Vec<Option<Arc<T>>>, Arc<E>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Vec<Option<T>>, E>> + Send,
        L: Fn(Vec<FamilyKey>) -> F + Send + Sync,
    {
        let mut known: HashMap<&FamilyKey, Option<Arc<T>>> = HashMap::with_capacity(keys.len());
        let mut missing = Vec::new();
        let (found, reason) = self.look_at_many::<T>(keys).await;
        for (key, found) in keys.iter().zip(found) {
            if known.contains_key(key) {
                continue;
            }
            let found = found.map(Arc::new).or_else(|| self.give_throttled(key));
            if found.is_none() && !self.local.is_absent(key.key()) {
                let seat = self.flights.join(key.key());
                missing.push(Missing { key, seat, reason });
            }
            known.insert(key, found);
        }
        let loaded = self.load_missing(&missing, &load).await;
        for (missing, loaded) in missing.iter().zip(loaded) {
            known.insert(missing.key, loaded?);
        }
        let values = keys.iter().map(|key| known.get(key).cloned().flatten());
        Ok(values.collect())
    }

    /// Loads what nobody else does, and waits for the rest.
    async fn load_missing<T, E, F, L>(&self, missing: &[Missing<'_>], load: &L) -> Vec<Loaded<T, E>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Vec<Option<T>>, E>> + Send,
        L: Fn(Vec<FamilyKey>) -> F + Send + Sync,
    {
        let (senders, receivers): (Vec<_>, Vec<_>) = missing
            .iter()
            .map(|_| oneshot::channel::<Loaded<T, E>>())
            .unzip();
        let led = Mutex::new(Vec::new());
        let note = |place: usize| {
            led.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(place);
        };
        let shares = missing.iter().zip(receivers).enumerate();
        let shares = shares.map(|(place, (missing, receiver))| {
            let note = &note;
            missing.seat.flight.share(async move {
                note(place);
                Arc::new(receiver.await.ok()) as Outcome
            })
        });
        // The shares come first: which keys are ours to load is known once each was polled.
        let batch = async {
            tokio::task::yield_now().await;
            let ours = std::mem::take(&mut *led.lock().unwrap_or_else(PoisonError::into_inner));
            self.load_batch(missing, ours, senders, load).await;
        };
        let (outcomes, ()) = join(join_all(shares), batch).await;
        let mut loaded: Vec<_> = outcomes.iter().map(downcast::<T, E>).collect();
        self.load_left(missing, &mut loaded, load).await;
        let loaded = loaded.into_iter();
        loaded.map(|loaded| loaded.unwrap_or(Ok(None))).collect()
    }

    /// Loads the keys at `places` in one call and hands each what it got.
    async fn load_batch<T, E, F, L>(
        &self,
        missing: &[Missing<'_>],
        places: Vec<usize>,
        senders: Vec<oneshot::Sender<Loaded<T, E>>>,
        load: &L,
    ) where
        T: Serialize + DeserializeOwned + Send + Sync,
        E: Send + Sync,
        F: Future<Output = Result<Vec<Option<T>>, E>> + Send,
        L: Fn(Vec<FamilyKey>) -> F + Send + Sync,
    {
        let ours: Vec<_> = places
            .iter()
            .filter_map(|&place| missing.get(place))
            .collect();
        let loaded = self.run_batch(&ours, load).await;
        let mut senders: Vec<_> = senders.into_iter().map(Some).collect();
        for (place, loaded) in places.into_iter().zip(loaded) {
            if let Some(sender) = senders.get_mut(place).and_then(Option::take) {
                // Whoever waited may be gone.
                let _ = sender.send(loaded);
            }
        }
    }

    /// Loads what those left who loaded it before us and went away.
    async fn load_left<T, E, F, L>(
        &self,
        missing: &[Missing<'_>],
        loaded: &mut [Option<Loaded<T, E>>],
        load: &L,
    ) where
        T: Serialize + DeserializeOwned + Send + Sync,
        E: Send + Sync,
        F: Future<Output = Result<Vec<Option<T>>, E>> + Send,
        L: Fn(Vec<FamilyKey>) -> F + Send + Sync,
    {
        let (places, left): (Vec<_>, Vec<_>) = missing
            .iter()
            .enumerate()
            .filter(|(place, _)| loaded.get(*place).is_some_and(Option::is_none))
            .unzip();
        for (place, answer) in places.into_iter().zip(self.run_batch(&left, load).await) {
            loaded[place] = Some(answer);
        }
    }

    async fn run_batch<T, E, F, L>(&self, ours: &[&Missing<'_>], load: &L) -> Vec<Loaded<T, E>>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        E: Send + Sync,
        F: Future<Output = Result<Vec<Option<T>>, E>> + Send,
        L: Fn(Vec<FamilyKey>) -> F + Send + Sync,
    {
        if ours.is_empty() {
            return Vec::new();
        }
        for missing in ours {
            count(missing.key.family(), Meter::Load);
        }
        let doubts: Vec<_> = ours
            .iter()
            .map(|one| self.doubts.about(one.key.key()))
            .collect();
        match load(ours.iter().map(|missing| missing.key.clone()).collect()).await {
            Ok(values) => {
                let values = values.into_iter().chain(std::iter::repeat_with(|| None));
                let values = values.map(|value| value.map(Arc::new));
                let kept =
                    ours.iter()
                        .zip(doubts)
                        .zip(values)
                        .map(|((one, doubt), value)| async move {
                            let (flight, origin) = (&one.seat.flight, (one.reason, doubt));
                            self.keep(one.key, flight, value.as_deref(), None, origin)
                                .await;
                            Ok(value)
                        });
                join_all(kept).await
            }
            Err(error) => {
                let error = Arc::new(error);
                let answers = ours
                    .iter()
                    .map(|one| self.failed(one.key, Arc::clone(&error)));
                answers.collect()
            }
        }
    }
}
