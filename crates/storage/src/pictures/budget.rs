//! A bound on the pictures that are on their way at once, and on the bytes of them that are in memory.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are counted in units of one KiB, since a semaphore counts to 2^32 at once only.
const UNIT_BYTES: u64 = 1024;

/// A number of places and of bytes that several saves share.
#[derive(Debug, Clone)]
pub(super) struct ByteBudget {
    places: Arc<Semaphore>,
    units: Arc<Semaphore>,
    all: u32,
}

/// A place and a part of the bytes, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    permit: OwnedSemaphorePermit,
    all: u32,
    _place: OwnedSemaphorePermit,
}

impl ByteBudget {
    pub(super) fn new(bytes: u64, places: NonZeroUsize) -> Self {
        let all = units(bytes).max(1);
        Self {
            places: Arc::new(Semaphore::new(places.get().min(Semaphore::MAX_PERMITS))),
            units: Arc::new(Semaphore::new(all as usize)),
            all,
        }
    }

    /// Waits, in the order of asking, for a place and then until `bytes` are free, and takes them; never
    /// more than there are.
    pub(super) async fn reserve(&self, bytes: u64) -> Option<Reservation> {
        let wanted = units(bytes).min(self.all);
        // Neither semaphore is ever closed, so there are always permits.
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let permit = Arc::clone(&self.units).acquire_many_owned(wanted).await;
        Some(Reservation {
            permit: permit.ok()?,
            all: self.all,
            _place: place,
        })
    }

    #[cfg(test)]
    fn free_units(&self) -> usize {
        self.units.available_permits()
    }
}

impl Reservation {
    /// Gives back what is above `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let held = self.permit.num_permits();
        drop(
            self.permit
                .split(held.saturating_sub(units(bytes) as usize)),
        );
    }

    /// Takes what is missing to `bytes`, or to all that there are, if that is free at once.
    ///
    /// Whoever waited while holding something would wait for somebody who does the same.
    pub(super) fn try_grow_to(&mut self, bytes: u64) -> bool {
        let wanted = units(bytes).min(self.all) as usize;
        let missing = wanted.saturating_sub(self.permit.num_permits());
        let Ok(missing) = u32::try_from(missing) else {
            return false;
        };
        let semaphore = Arc::clone(self.permit.semaphore());
        match semaphore.try_acquire_many_owned(missing) {
            Ok(more) => {
                self.permit.merge(more);
                true
            }
            Err(_) => false,
        }
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX >> 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget_of(bytes: u64) -> ByteBudget {
        ByteBudget::new(bytes, NonZeroUsize::MAX)
    }

    #[tokio::test]
    async fn what_is_not_needed_is_given_back() {
        let budget = budget_of(10 * 1024);
        let mut held = budget.reserve(8 * 1024).await.unwrap();
        assert_eq!(budget.free_units(), 2);
        held.shrink_to(1025);
        assert_eq!(budget.free_units(), 8);
        held.shrink_to(9 * 1024);
        assert_eq!(budget.free_units(), 8);
        drop(held);
        assert_eq!(budget.free_units(), 10);
    }

    #[tokio::test]
    async fn a_wish_above_the_budget_takes_all_of_it() {
        let budget = budget_of(1024);
        let held = budget.reserve(u64::MAX).await.unwrap();
        assert_eq!(budget.free_units(), 0);
        drop(held);
        assert_eq!(budget.free_units(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_waits_until_there_is_room() {
        let budget = budget_of(1024);
        let held = budget.reserve(1).await;
        let soon = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, budget.reserve(1)).await.is_err());
        drop(held);
        assert!(tokio::time::timeout(soon, budget.reserve(1)).await.is_ok());
    }

    #[tokio::test]
    async fn more_is_taken_only_when_it_is_free_at_once() {
        let budget = budget_of(10 * 1024);
        let mut first = budget.reserve(4 * 1024).await.unwrap();
        let second = budget.reserve(4 * 1024).await.unwrap();
        assert!(!first.try_grow_to(7 * 1024));
        assert_eq!(budget.free_units(), 2);
        assert!(first.try_grow_to(6 * 1024));
        assert_eq!(budget.free_units(), 0);
        drop(second);
        assert!(first.try_grow_to(u64::MAX));
        drop(first);
        assert_eq!(budget.free_units(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_places_are_given_than_there_are() {
        let budget = ByteBudget::new(1 << 20, NonZeroUsize::MIN);
        let held = budget.reserve(1).await;
        let soon = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, budget.reserve(1)).await.is_err());
        drop(held);
        assert!(tokio::time::timeout(soon, budget.reserve(1)).await.is_ok());
    }
}
