//! The calls in flight: how many there may be, and whether there are several.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use tokio::time::{Instant, timeout, timeout_at};

use super::classify::Fault;
use crate::CacheErrorKind;

/// The most calls in flight at once; more wait, within their limit.
pub(super) const MOST: u32 = 256;

/// What calls hold while they are in flight; the shutdown takes all there is.
pub(super) struct InFlight(Semaphore);

impl InFlight {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(MOST as usize))
    }

    /// Waits for a place among the calls in flight; there is one at once unless hundreds are.
    pub(super) async fn permit(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, Fault> {
        let permit = match self.0.try_acquire() {
            Err(TryAcquireError::NoPermits) => {
                let acquired = Box::pin(timeout_at(deadline, self.0.acquire())).await;
                acquired
                    .map_err(|_| Fault::plain(CacheErrorKind::TimedOut))?
                    .ok()
            }
            permit => permit.ok(),
        };
        permit.ok_or_else(|| Fault::plain(CacheErrorKind::Closed))
    }

    /// Tells whether more than one call is in flight.
    pub(super) fn are_several(&self) -> bool {
        self.0.available_permits() + 1 < MOST as usize
    }

    /// Waits for the calls in flight, but no longer than `grace`, and lets no more in.
    pub(super) async fn drain(&self, grace: Duration) {
        drop(timeout(grace, self.0.acquire_many(MOST)).await);
        self.0.close();
    }
}
