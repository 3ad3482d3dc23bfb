//! The port of models that are run without the queue.

use std::{
    fmt::{self, Debug},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use serde_json::Value;

use crate::{Endpoint, FalError, JobOutput, SubmitOptions};

/// Runs models without the queue: the answer comes on the same connection.
///
/// - **Money.** It is paid for even when the connection breaks, and there is no job to take up again. A run that was
///   perhaps started fails with [`Unacknowledged`](crate::FalErrorKind::Unacknowledged) and is not repeated.
/// - Neither does FAL repeat it, nor does it wait for a runner: too many at once are refused with `RateLimited`.
/// - **Options.** A webhook and a length of the queue are the queue's; asking for one is a `Config` error.
/// - **Clones** of an adapter share their connections.
///
/// What must not be lost belongs into the [`FalQueue`](crate::FalQueue).
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait FalRunner: Debug + Send + Sync + 'static {
    /// Runs a model and returns what it gave.
    ///
    /// # Errors
    ///
    /// The model's own error; `Unacknowledged` when it was perhaps run. Every other kind means that it was not.
    ///
    /// # Cancellation
    ///
    /// The run goes on at FAL and is paid for.
    async fn run(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobOutput, FalError>;

    /// Runs a model that gives its output piece by piece.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run) before the first piece; an error within the stream ends it.
    ///
    /// # Cancellation
    ///
    /// As `run`; the same goes for a dropped stream.
    async fn stream(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<OutputStream, FalError>;
}

/// What a streaming model gives, piece by piece; the last one is mostly the whole.
pub struct OutputStream(BoxStream<'static, Result<Value, FalError>>);

impl OutputStream {
    /// Returns the pieces that `pieces` gives.
    pub fn new(pieces: impl Stream<Item = Result<Value, FalError>> + Send + 'static) -> Self {
        Self(pieces.boxed())
    }
}

impl Stream for OutputStream {
    type Item = Result<Value, FalError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl Debug for OutputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputStream").finish_non_exhaustive()
    }
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<R: FalRunner + ?Sized> FalRunner for $pointer<R> {
            async fn run(
                &self,
                endpoint: &Endpoint,
                input: &Value,
                options: &SubmitOptions,
            ) -> Result<JobOutput, FalError> {
                (**self).run(endpoint, input, options).await
            }

            async fn stream(
                &self,
                endpoint: &Endpoint,
                input: &Value,
                options: &SubmitOptions,
            ) -> Result<OutputStream, FalError> {
                (**self).stream(endpoint, input, options).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
