//! What was delivered before.

use std::{
    collections::{HashSet, VecDeque},
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::Instant;

use super::WebhookError;
use crate::RequestId;

/// Whether a job was reported before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// It was not.
    First,
    /// It was.
    Again,
}

/// Remembers which jobs were reported.
///
/// FAL may deliver up to 31 times over an hour and more, far beyond the window of the signature, so the time alone
/// guards against no repeat.
///
/// - `record` is atomic: of any number of calls at once for one job, one gets `First`.
/// - Nothing is remembered for ever; a store tells how long.
/// - **Clones** share what they remember.
///
/// It is a filter and no ledger: what must happen once belongs, with its own mark, into one commit of the caller's
/// store.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait ReplayGuard: Debug + Send + Sync + 'static {
    /// Remembers that a job was reported, and tells whether it was before.
    ///
    /// # Errors
    ///
    /// `Unavailable` when nothing can be remembered.
    ///
    /// # Cancellation
    ///
    /// It may be remembered all the same.
    async fn record(&self, request_id: &RequestId) -> Result<Seen, WebhookError>;

    /// Forgets a job, whose report could not be stored after all, so that the next delivery counts.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be forgotten.
    ///
    /// # Cancellation
    ///
    /// It may be forgotten all the same.
    async fn forget(&self, request_id: &RequestId) -> Result<(), WebhookError>;
}

/// A memory of this process, bounded in number and time. A restart forgets everything.
#[derive(Debug, Clone)]
pub struct MemoryReplayGuard {
    most: usize,
    life: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    known: HashSet<RequestId>,
    order: VecDeque<(Instant, RequestId)>,
}

impl Default for MemoryReplayGuard {
    /// Returns a memory of 100,000 jobs for a day.
    fn default() -> Self {
        Self::new(100_000, Duration::from_hours(24))
    }
}

impl MemoryReplayGuard {
    /// Returns a memory of so many jobs for so long; the oldest is forgotten first.
    pub fn new(most: usize, life: Duration) -> Self {
        Self {
            most: most.max(1),
            life,
            state: Arc::default(),
        }
    }

    fn with<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        step(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn drop_old(&mut self, most: usize, life: Duration) {
        while let Some((at, id)) = self.order.front() {
            if self.order.len() <= most && at.elapsed() < life {
                return;
            }
            self.known.remove(id);
            self.order.pop_front();
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ReplayGuard for MemoryReplayGuard {
    async fn record(&self, request_id: &RequestId) -> Result<Seen, WebhookError> {
        Ok(self.with(|state| {
            state.drop_old(self.most, self.life);
            if !state.known.insert(request_id.clone()) {
                return Seen::Again;
            }
            state.order.push_back((Instant::now(), request_id.clone()));
            state.drop_old(self.most, self.life);
            Seen::First
        }))
    }

    async fn forget(&self, request_id: &RequestId) -> Result<(), WebhookError> {
        self.with(|state| {
            if state.known.remove(request_id) {
                state.order.retain(|(_, known)| known != request_id);
            }
        });
        Ok(())
    }
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<G: ReplayGuard + ?Sized> ReplayGuard for $pointer<G> {
            async fn record(&self, request_id: &RequestId) -> Result<Seen, WebhookError> {
                (**self).record(request_id).await
            }

            async fn forget(&self, request_id: &RequestId) -> Result<(), WebhookError> {
                (**self).forget(request_id).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> RequestId {
        RequestId::try_from(number.to_string()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_is_first_once_until_it_is_forgotten_or_its_time_is_over() {
        let guard = MemoryReplayGuard::new(10, Duration::from_mins(1));
        assert_eq!(guard.record(&id(1)).await.unwrap(), Seen::First);
        assert_eq!(guard.record(&id(1)).await.unwrap(), Seen::Again);
        assert_eq!(guard.clone().record(&id(1)).await.unwrap(), Seen::Again);
        guard.forget(&id(1)).await.unwrap();
        assert_eq!(guard.record(&id(1)).await.unwrap(), Seen::First);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(guard.record(&id(1)).await.unwrap(), Seen::First);
    }

    #[tokio::test]
    async fn it_never_remembers_more_than_it_may() {
        let guard = MemoryReplayGuard::new(10, Duration::MAX);
        for number in 0..1000 {
            guard.record(&id(number)).await.unwrap();
            guard.with(|state| assert!(state.known.len() <= 10 && state.order.len() <= 10));
        }
        assert_eq!(guard.record(&id(999)).await.unwrap(), Seen::Again);
        assert_eq!(guard.record(&id(0)).await.unwrap(), Seen::First);
    }
}
