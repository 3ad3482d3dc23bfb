//! The states of one job as the queue tells them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream::BoxStream};

use crate::{FalError, JobStatus};

/// The states of one job as the queue tells them, until it is over.
///
/// Unlike those of a poll, the logs of a state are the lines that are **new** since the state before.
/// It ends after the state that is completed; an error ends it too, and tells about the stream and not about the
/// job. Dropping it ends the request and leaves the job alone.
pub struct StatusStream(BoxStream<'static, Result<JobStatus, FalError>>);

impl StatusStream {
    /// Returns the states that `states` gives.
    pub fn new(states: impl Stream<Item = Result<JobStatus, FalError>> + Send + 'static) -> Self {
        Self(states.boxed())
    }
}

impl Stream for StatusStream {
    type Item = Result<JobStatus, FalError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for StatusStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusStream").finish_non_exhaustive()
    }
}
