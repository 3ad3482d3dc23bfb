//! A bound on the bytes of pictures that are in memory at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are counted in units of one KiB, since a semaphore counts to 2^32 at once only.
const UNIT_BYTES: u64 = 1024;

/// A number of bytes that several saves share.
#[derive(Debug, Clone)]
pub(super) struct ByteBudget {
    units: Arc<Semaphore>,
    all: u32,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation(OwnedSemaphorePermit);

impl ByteBudget {
    pub(super) fn new(bytes: u64) -> Self {
        let all = units(bytes).max(1);
        Self {
            units: Arc::new(Semaphore::new(all as usize)),
            all,
        }
    }

    /// Waits, in the order of asking, until `bytes` are free, and takes them; never more than there are.
    pub(super) async fn reserve(&self, bytes: u64) -> Option<Reservation> {
        let wanted = units(bytes).min(self.all);
        let permit = Arc::clone(&self.units).acquire_many_owned(wanted).await;
        // The semaphore is never closed, so there is always a permit.
        permit.ok().map(Reservation)
    }

    #[cfg(test)]
    fn free_units(&self) -> usize {
        self.units.available_permits()
    }
}

impl Reservation {
    /// Gives back what is above `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let too_many = self.0.num_permits().saturating_sub(units(bytes) as usize);
        drop(self.0.split(too_many));
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX >> 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_needed_is_given_back() {
        let budget = ByteBudget::new(10 * 1024);
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
        let budget = ByteBudget::new(1024);
        let held = budget.reserve(u64::MAX).await.unwrap();
        assert_eq!(budget.free_units(), 0);
        drop(held);
        assert_eq!(budget.free_units(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_waits_until_there_is_room() {
        let budget = ByteBudget::new(1024);
        let held = budget.reserve(1).await;
        let soon = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, budget.reserve(1)).await.is_err());
        drop(held);
        assert!(tokio::time::timeout(soon, budget.reserve(1)).await.is_ok());
    }
}
