//! What goes wrong on the way to a job, and how much of it a wait rides out.

use crate::{FalError, FalErrorKind, JobHandle, Operation};

/// How many answers in a row may be unreadable before a wait takes it that they stay so.
///
/// With the usual pauses that is a quarter of a minute: a proxy that gives its own page for a moment is over by
/// then, and a result that is too large to be read is not fetched for minutes.
const MOST_UNREADABLE: u32 = 10;

/// The trouble that one wait had so far.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    last: Option<FalError>,
    unreadable: u32,
}

impl Trouble {
    /// Keeps trouble on the way; any other error, and unreadable answers that last, end the wait.
    ///
    /// # Errors
    ///
    /// The error that ends the wait.
    pub(super) fn ride_out(&mut self, job: &JobHandle, error: FalError) -> Result<(), FalError> {
        if is_unreadable(&error) {
            self.unreadable += 1;
        } else if !is_of_the_way(&error) {
            return Err(error);
        }
        if self.unreadable >= MOST_UNREADABLE {
            return Err(error);
        }
        tracing::debug!(fal.request_id = %job.request_id, %error, "a job is polled again");
        self.last = Some(error);
        Ok(())
    }

    /// Notes that the answers could be read.
    pub(super) fn end_of_unreadable(&mut self) {
        self.unreadable = 0;
    }

    /// Returns the last trouble.
    pub(super) fn into_last(self) -> Option<FalError> {
        self.last
    }
}

/// Tells whether an answer about the job came and could not be read, which says nothing about the job.
fn is_unreadable(error: &FalError) -> bool {
    is_of_a_call(error) && error.cause_kind() == FalErrorKind::Malformed
}

/// Tells whether the error is about a call on the way to the job, so that the next call may go well.
///
/// What the status says of the job itself has the operation `Wait` and is none, whatever its kind. A call that
/// ran out of time has neither a status nor a word; with one of them FAL itself says that a limit passed.
fn is_of_the_way(error: &FalError) -> bool {
    if error.operation() == Operation::Watch {
        // Whatever is wrong with a stream, asking tells what is wrong with the job.
        return true;
    }
    let is_silent = error.status().is_none() && error.error_type().is_none();
    is_of_a_call(error)
        && match error.cause_kind() {
            FalErrorKind::Unavailable | FalErrorKind::RateLimited => true,
            FalErrorKind::TimedOut => is_silent,
            _ => false,
        }
}

fn is_of_a_call(error: &FalError) -> bool {
    matches!(error.operation(), Operation::Status | Operation::Result)
}
