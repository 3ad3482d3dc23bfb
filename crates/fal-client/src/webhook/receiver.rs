//! A delivery from its bytes to what it says, verified and taken once.

use std::sync::Arc;

use super::{
    Delivery, KeySource, KeysPolicy, ReplayGuard, Seen, Verification, WebhookError,
    WebhookErrorKind, WebhookHeaders, cache::KeyCache, verify,
};
use crate::TimeSource;

/// A delivery that is FAL's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// The first one of its job. When it cannot be stored, [`forget`](WebhookReceiver::forget) it and answer 503.
    First(Delivery),
    /// Its job was reported before. Answer 2xx, or FAL goes on delivering.
    Again(Delivery),
}

/// Verifies deliveries, reads them, and tells which are the first of their job.
///
/// It fetches FAL's keys when the first delivery comes, keeps them for at most a day, and asks for newer ones when a
/// signature does not match, at most once a minute. Share it as an `Arc`.
#[derive(Debug)]
pub struct WebhookReceiver {
    keys: KeyCache<Arc<dyn KeySource>>,
    guard: Arc<dyn ReplayGuard>,
    user_id: Option<String>,
    clock: TimeSource,
    max_body: usize,
}

impl WebhookReceiver {
    /// Returns a receiver that takes deliveries for any account, of at most 4 MiB.
    pub fn new(source: Arc<dyn KeySource>, guard: Arc<dyn ReplayGuard>) -> Self {
        Self {
            keys: KeyCache::new(source, KeysPolicy::default()),
            guard,
            user_id: None,
            clock: TimeSource::default(),
            max_body: 4 * 1024 * 1024,
        }
    }

    /// Sets how long keys are kept and how often they are fetched.
    #[must_use]
    pub fn with_keys_policy(mut self, policy: KeysPolicy) -> Self {
        self.keys = self.keys.with_policy(policy);
        self
    }

    /// Takes deliveries for this account of FAL's only. Without it, any of FAL's customers can have FAL sign a
    /// delivery to us, of a job that is theirs.
    #[must_use]
    pub fn with_user_id(mut self, user_id: &str) -> Self {
        self.user_id = Some(user_id.to_owned());
        self
    }

    /// Takes the time of day from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: TimeSource) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how large a body may be, in bytes.
    #[must_use]
    pub fn with_max_body(mut self, most: usize) -> Self {
        self.max_body = most;
        self
    }

    /// Returns how large a body may be, in bytes.
    pub fn max_body(&self) -> usize {
        self.max_body
    }

    /// Takes a delivery as it came.
    ///
    /// # Errors
    ///
    /// [`WebhookError::status`] says what to answer.
    ///
    /// # Cancellation
    ///
    /// The job may be remembered as reported; polling will find it over.
    pub async fn receive(
        &self,
        headers: &WebhookHeaders,
        body: &[u8],
    ) -> Result<Received, WebhookError> {
        if body.len() > self.max_body {
            return Err(WebhookError::new(WebhookErrorKind::TooLarge));
        }
        self.check(headers, body).await?;
        let delivery = Delivery::parse(body)?;
        match self.guard.record(&delivery.request_id).await? {
            Seen::First => Ok(Received::First(delivery)),
            Seen::Again => Ok(Received::Again(delivery)),
        }
    }

    /// Forgets that the job of a delivery was reported, since the delivery could not be stored.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it cannot be forgotten.
    ///
    /// # Cancellation
    ///
    /// It may be forgotten all the same.
    pub async fn forget(&self, delivery: &Delivery) -> Result<(), WebhookError> {
        self.guard.forget(&delivery.request_id).await
    }

    async fn check(&self, headers: &WebhookHeaders, body: &[u8]) -> Result<(), WebhookError> {
        let keys = self.keys.keys().await?;
        let against = |keys| Verification {
            keys,
            now: self.clock.now(),
            user_id: self.user_id.as_deref(),
        };
        let error = match verify(headers, body, against(&keys)) {
            Err(error) if error.kind() == WebhookErrorKind::BadSignature => error,
            outcome => return outcome,
        };
        // FAL may have changed its keys since.
        match self.keys.newer(&keys).await {
            Some(newer) => verify(headers, body, against(&newer)),
            None => Err(error),
        }
    }
}
