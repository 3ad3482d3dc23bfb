//! The keys, fetched when they are needed and kept for a while.

use std::{
    fmt::Debug,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout},
};

use super::{KeySet, WebhookError, WebhookErrorKind};
use crate::FalError;

/// The longest that keys may be kept. Source: FAL's page on webhooks.
const LONGEST: Duration = Duration::from_hours(24);

/// Where FAL's keys are published.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait KeySource: Debug + Send + Sync + 'static {
    /// Returns the published set as it is, at most 64 KiB of it.
    ///
    /// # Errors
    ///
    /// Those of the way there.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing changes.
    async fn fetch(&self) -> Result<Vec<u8>, FalError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<S: KeySource + ?Sized> KeySource for $pointer<S> {
            async fn fetch(&self) -> Result<Vec<u8>, FalError> {
                (**self).fetch().await
            }
        }
    };
}

forward!(Arc);
forward!(Box);

/// How long keys are kept and how often they are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeysPolicy {
    life: Duration,
    pause: Duration,
    limit: Duration,
}

impl Default for KeysPolicy {
    /// Returns the usual one: kept for 12 h, fetched at most once a minute, in at most 10 s.
    fn default() -> Self {
        Self {
            life: Duration::from_hours(12),
            pause: Duration::from_mins(1),
            limit: Duration::from_secs(10),
        }
    }
}

impl KeysPolicy {
    /// Sets how long keys are kept; never more than 24 h.
    #[must_use]
    pub fn with_life(mut self, life: Duration) -> Self {
        self.life = life.min(LONGEST);
        self
    }

    /// Sets how long after a fetch, good or bad, the next one may begin.
    #[must_use]
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sets how long a fetch may take.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

/// The keys of a source.
#[derive(Debug)]
pub(super) struct KeyCache<S> {
    source: Arc<S>,
    policy: KeysPolicy,
    /// Read without waiting, also while newer ones are fetched.
    kept: Arc<RwLock<Option<Kept>>>,
    /// When keys were asked for last; held over the fetch on purpose: many deliveries at once are one fetch.
    asked: Arc<Mutex<Option<Instant>>>,
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    keys: Arc<KeySet>,
}

impl<S: KeySource> KeyCache<S> {
    pub(super) fn new(source: S, policy: KeysPolicy) -> Self {
        Self {
            source: Arc::new(source),
            policy,
            kept: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// Sets how long keys are kept and how often they are fetched.
    pub(super) fn with_policy(mut self, policy: KeysPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Returns keys that are young enough.
    pub(super) async fn keys(&self) -> Result<Arc<KeySet>, WebhookError> {
        if let Some(keys) = self.young() {
            return Ok(keys);
        }
        let asked = Arc::clone(&self.asked).lock_owned().await;
        match self.young() {
            Some(keys) => Ok(keys),
            None => self.fetch(asked).await,
        }
    }

    /// Returns newer keys than `than`, with which a signature did not match; `None` when there are none yet.
    ///
    /// Whoever sends nonsense makes us ask once a minute and no more.
    pub(super) async fn newer(&self, than: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let asked = Arc::clone(&self.asked).lock_owned().await;
        match self.young() {
            Some(keys) if !Arc::ptr_eq(&keys, than) => Some(keys),
            _ => self.fetch(asked).await.ok(),
        }
    }

    /// Fetches in a task of its own: whoever hangs up while we ask must not cost the others their keys.
    async fn fetch(
        &self,
        mut asked: OwnedMutexGuard<Option<Instant>>,
    ) -> Result<Arc<KeySet>, WebhookError> {
        if asked.is_some_and(|at| at.elapsed() < self.policy.pause) {
            return Err(unavailable());
        }
        *asked = Some(Instant::now());
        let (source, limit) = (Arc::clone(&self.source), self.policy.limit);
        let kept = Arc::clone(&self.kept);
        let task = tokio::spawn(async move {
            let _asked = asked;
            let keys = ask(&*source, limit).await?;
            let fresh = Kept {
                at: Instant::now(),
                keys: Arc::clone(&keys),
            };
            *kept.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
            Ok(keys)
        });
        let outcome = task.await;
        outcome.unwrap_or_else(|stopped| Err(unavailable().with_source(stopped)))
    }

    fn young(&self) -> Option<Arc<KeySet>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let young = kept
            .as_ref()
            .filter(|kept| kept.at.elapsed() < self.policy.life);
        young.map(|kept| Arc::clone(&kept.keys))
    }
}

async fn ask(source: &impl KeySource, limit: Duration) -> Result<Arc<KeySet>, WebhookError> {
    let fetched = timeout(limit, source.fetch()).await;
    let bytes = fetched
        .map_err(|late| unavailable().with_source(late))?
        .map_err(|error| unavailable().with_source(error))?;
    KeySet::parse(&bytes).map(Arc::new)
}

fn unavailable() -> WebhookError {
    WebhookError::new(WebhookErrorKind::Unavailable)
}
