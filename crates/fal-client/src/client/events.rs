//! What happens to a job, each thing once, whether it was polled or streamed.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::{FutureExt, Stream, future::BoxFuture};

use crate::{FalError, JobOutput, JobStatus, LogLine};

/// One thing that happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobEvent {
    /// It waits, with so many requests ahead; told again when the number changes.
    Queued {
        /// How many requests are ahead; 0 is next.
        position: u64,
    },
    /// It is on a runner.
    Running,
    /// Its runner wrote a line; each is told once.
    Line(LogLine),
    /// It is over and gave this. It is the last thing in a [`JobEvents`]; a callback is not told, since the call
    /// that it belongs to returns it.
    Completed(JobOutput),
}

/// Turns states into events: what was told is not told again, and no line is left out.
///
/// A poll gives all lines so far and a stream only the new ones. Both count the lines told, so a poll after a
/// stream that broke off goes on exactly where the stream ended.
#[derive(Debug)]
pub(super) struct Teller<F> {
    listener: F,
    last: Option<JobEvent>,
    lines: usize,
}

impl<F: FnMut(&JobEvent) + Send> Teller<F> {
    pub(super) fn new(listener: F) -> Self {
        Self {
            listener,
            last: None,
            lines: 0,
        }
    }

    /// Tells what is new in a state that a poll gave.
    pub(super) fn polled(&mut self, status: &JobStatus) {
        let told = self.lines;
        self.tell(status, told);
    }

    /// Tells what is new in a state that a stream gave: all of it.
    pub(super) fn streamed(&mut self, status: &JobStatus) {
        self.tell(status, 0);
    }

    fn tell(&mut self, status: &JobStatus, skip: usize) {
        let logs = match status {
            JobStatus::Queued { position } => {
                self.once(JobEvent::Queued {
                    position: *position,
                });
                return;
            }
            JobStatus::Running { logs } => {
                self.once(JobEvent::Running);
                logs
            }
            JobStatus::Completed { logs, .. } => logs,
        };
        for line in logs.iter().skip(skip) {
            (self.listener)(&JobEvent::Line(line.clone()));
            self.lines += 1;
        }
    }

    /// Tells a state that differs from the last one told.
    fn once(&mut self, event: JobEvent) {
        if self.last.as_ref() != Some(&event) {
            (self.listener)(&event);
            self.last = Some(event);
        }
    }
}

/// The wait for a job as a stream of what happens to it.
///
/// It ends after [`JobEvent::Completed`] or after an error, which are those of
/// [`FalClient::wait`](crate::FalClient::wait). It works while it is polled; dropping it is dropping the wait.
pub struct JobEvents {
    told: Told,
    wait: Option<BoxFuture<'static, Result<JobOutput, FalError>>>,
}

/// What was told and not taken yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Arc<Mutex<VecDeque<JobEvent>>>);

impl Told {
    pub(super) fn push(&self, event: &JobEvent) {
        self.lock().push_back(event.clone());
    }

    fn take(&self) -> Option<JobEvent> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<JobEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JobEvents {
    /// Returns what `told` is told while `wait` is polled, and then how it ended.
    pub(super) fn new(
        told: Told,
        wait: impl Future<Output = Result<JobOutput, FalError>> + Send + 'static,
    ) -> Self {
        Self {
            told,
            wait: Some(wait.boxed()),
        }
    }
}

impl Stream for JobEvents {
    type Item = Result<JobEvent, FalError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(event) = self.told.take() {
            return Poll::Ready(Some(Ok(event)));
        }
        let Some(wait) = self.wait.as_mut() else {
            return Poll::Ready(None);
        };
        let Poll::Ready(outcome) = wait.poll_unpin(context) else {
            return match self.told.take() {
                Some(event) => Poll::Ready(Some(Ok(event))),
                None => Poll::Pending,
            };
        };
        // What the last step told comes before how it ended.
        self.wait = None;
        match outcome {
            Ok(output) => {
                self.told.push(&JobEvent::Completed(output));
                self.poll_next(context)
            }
            Err(error) => match self.told.take() {
                None => Poll::Ready(Some(Err(error))),
                Some(event) => {
                    self.wait = Some(std::future::ready(Err(error)).boxed());
                    Poll::Ready(Some(Ok(event)))
                }
            },
        }
    }
}

impl fmt::Debug for JobEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobEvents").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(range: std::ops::Range<usize>) -> Vec<LogLine> {
        let line = |n: usize| LogLine {
            message: n.to_string(),
            ..LogLine::default()
        };
        range.map(line).collect()
    }

    #[test]
    fn states_are_told_when_they_change() {
        let mut seen = Vec::new();
        let mut teller = Teller::new(|event: &JobEvent| seen.push(event.clone()));
        for position in [2, 2, 1] {
            teller.polled(&JobStatus::Queued { position });
        }
        for logs in [lines(0..0), lines(0..1), lines(0..1)] {
            teller.polled(&JobStatus::Running { logs });
        }
        assert_eq!(
            seen,
            [
                JobEvent::Queued { position: 2 },
                JobEvent::Queued { position: 1 },
                JobEvent::Running,
                JobEvent::Line(lines(0..1).remove(0)),
            ]
        );
    }

    proptest! {
        /// A job writes lines; some states are streamed, then the stream breaks, losing what it had not told.
        #[test]
        fn every_line_is_told_once_and_in_order(
            streamed in proptest::collection::vec(0_usize..4, 0..6),
            polled in proptest::collection::vec(0_usize..4, 0..6),
        ) {
            let mut seen = Vec::new();
            let mut teller = Teller::new(|event: &JobEvent| {
                if let JobEvent::Line(line) = event {
                    seen.push(line.message.clone());
                }
            });
            let mut written = 0;
            for new in streamed {
                teller.streamed(&JobStatus::Running { logs: lines(written..written + new) });
                written += new;
            }
            for new in polled {
                written += new;
                teller.polled(&JobStatus::Running { logs: lines(0..written) });
            }
            teller.polled(&JobStatus::Completed { logs: lines(0..written), failure: None });
            let all: Vec<String> = (0..written).map(|n| n.to_string()).collect();
            prop_assert_eq!(seen, all);
        }
    }
}
