//! The keys, fetched when they are needed and kept for a while.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{
    sync::Mutex,
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
    source: S,
    policy: KeysPolicy,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<(Instant, Arc<KeySet>)>,
    asked: Option<Instant>,
}

impl<S: KeySource> KeyCache<S> {
    pub(super) fn new(source: S, policy: KeysPolicy) -> Self {
        Self {
            source,
            policy,
            state: Mutex::default(),
        }
    }

    /// Sets how long keys are kept and how often they are fetched.
    pub(super) fn with_policy(mut self, policy: KeysPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Returns keys that are young enough.
    pub(super) async fn keys(&self) -> Result<Arc<KeySet>, WebhookError> {
        // The lock is held over the fetch on purpose: many deliveries at once are one fetch.
        let mut state = self.state.lock().await;
        match state.young(self.policy.life) {
            Some(keys) => Ok(keys),
            None => self.fetch(&mut state).await,
        }
    }

    /// Returns newer keys than `than`, with which a signature did not match; `None` when there are none yet.
    ///
    /// Whoever sends nonsense makes us ask once a minute and no more.
    pub(super) async fn newer(&self, than: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let mut state = self.state.lock().await;
        match state.young(self.policy.life) {
            Some(keys) if !Arc::ptr_eq(&keys, than) => Some(keys),
            _ => self.fetch(&mut state).await.ok(),
        }
    }

    async fn fetch(&self, state: &mut State) -> Result<Arc<KeySet>, WebhookError> {
        let unavailable = || WebhookError::new(WebhookErrorKind::Unavailable);
        if state
            .asked
            .is_some_and(|at| at.elapsed() < self.policy.pause)
        {
            return Err(unavailable());
        }
        state.asked = Some(Instant::now());
        let fetched = timeout(self.policy.limit, self.source.fetch()).await;
        let bytes = fetched
            .map_err(|late| unavailable().with_source(late))?
            .map_err(|error| unavailable().with_source(error))?;
        let keys = Arc::new(KeySet::parse(&bytes)?);
        state.keys = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }
}

impl State {
    fn young(&self, life: Duration) -> Option<Arc<KeySet>> {
        let (at, keys) = self.keys.as_ref()?;
        (at.elapsed() < life).then(|| Arc::clone(keys))
    }
}
