//! Spans around the ports of webhooks.

use async_trait::async_trait;
use tracing::{Span, field::Empty, instrument};

use super::{Traced, noted};
use crate::{
    FalError, RequestId,
    webhook::{KeySource, ReplayGuard, Seen, WebhookError},
};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: KeySource> KeySource for Traced<S> {
    #[instrument(
        name = "fal.fetch_keys", level = "debug", skip_all,
        fields(fal.error_kind = Empty)
    )]
    async fn fetch(&self) -> Result<Vec<u8>, FalError> {
        noted(self.inner.fetch().await)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<G: ReplayGuard> ReplayGuard for Traced<G> {
    #[instrument(
        name = "fal.record_delivery", level = "debug", skip_all,
        fields(fal.request_id = %request_id, fal.error_kind = Empty)
    )]
    async fn record(&self, request_id: &RequestId) -> Result<Seen, WebhookError> {
        noted_here(self.inner.record(request_id).await)
    }

    #[instrument(
        name = "fal.forget_delivery", level = "debug", skip_all,
        fields(fal.request_id = %request_id, fal.error_kind = Empty)
    )]
    async fn forget(&self, request_id: &RequestId) -> Result<(), WebhookError> {
        noted_here(self.inner.forget(request_id).await)
    }
}

/// Writes the kind of a failure into the current span.
fn noted_here<T>(outcome: Result<T, WebhookError>) -> Result<T, WebhookError> {
    if let Err(error) = &outcome {
        Span::current().record("fal.error_kind", tracing::field::debug(error.kind()));
    }
    outcome
}
