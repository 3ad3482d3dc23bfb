//! One load for all who miss the same key at the same time.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::CacheKey;

/// What a load gave; the type is known to those who share the key.
pub(crate) type Outcome = Arc<dyn Any + Send + Sync>;

/// The loads that are under way in this process.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<CacheKey, Arc<Flight>>>);

/// One load and those who wait for it.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    cell: OnceCell<Outcome>,
    stale: AtomicBool,
}

impl Flight {
    /// Whether the key was written or removed since the load began, so that what it gave may be old.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }

    /// Runs `load`, or waits for the one that runs and takes what it gave.
    ///
    /// When the one that runs is dropped, one of those who wait runs its own.
    pub(crate) async fn share(&self, load: impl Future<Output = Outcome>) -> Outcome {
        Arc::clone(self.cell.get_or_init(|| load).await)
    }
}

/// A seat in a flight; the last to leave takes it off the table.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    flights: &'a Flights,
    key: &'a CacheKey,
    pub(crate) flight: Arc<Flight>,
}

impl Flights {
    /// Joins the load of `key`, or begins one.
    pub(crate) fn join<'a>(&'a self, key: &'a CacheKey) -> Seat<'a> {
        let flight = Arc::clone(self.table().entry(key.clone()).or_default());
        Seat {
            flights: self,
            key,
            flight,
        }
    }

    /// Lets nobody join the load of `key` that is under way, and marks what it gives as old.
    pub(crate) fn supersede(&self, key: &CacheKey) {
        if let Some(flight) = self.table().remove(key) {
            flight.stale.store(true, Ordering::Release);
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<CacheKey, Arc<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.table().len()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut table = self.flights.table();
        let Some(flight) = table.get(self.key) else {
            return;
        };
        // A finished flight takes nobody on: who comes later finds the value in the cache, or loads anew.
        let is_ours = Arc::ptr_eq(flight, &self.flight);
        let is_over = self.flight.cell.initialized() || Arc::strong_count(&self.flight) == 2;
        if is_ours && is_over {
            table.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn key() -> CacheKey {
        CacheKey::new("key").unwrap()
    }

    #[tokio::test]
    async fn no_flight_stays_on_the_table() {
        let (flights, key) = (Flights::default(), key());
        let seat = flights.join(&key);
        seat.flight.share(async { Arc::new(1) as Outcome }).await;
        drop(seat);
        assert_eq!(flights.len(), 0);

        let (first, second) = (flights.join(&key), flights.join(&key));
        let dropped = first.flight.share(std::future::pending());
        assert!(dropped.now_or_never().is_none());
        drop(first);
        assert_eq!(flights.len(), 1);
        drop(second);
        assert_eq!(flights.len(), 0);
    }

    #[test]
    fn a_superseded_flight_is_stale_and_takes_nobody_on() {
        let (flights, key) = (Flights::default(), key());
        let old = flights.join(&key);
        flights.supersede(&key);
        let new = flights.join(&key);
        assert!(old.flight.is_stale() && !new.flight.is_stale());
        drop(old);
        assert_eq!(flights.len(), 1);
        drop(new);
        assert_eq!(flights.len(), 0);
    }
}
