//! How jobs move: taken by a runner, ended, put back, cancelled, given up.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Inner, State};
use crate::simulator::fault::Fault;
use crate::simulator::job::{Ending, Job, Phase};
use crate::simulator::time::after;

/// What one runner needs to know of its job.
#[derive(Debug)]
pub(in super::super) struct Turn {
    pub(in super::super) id: String,
    pub(in super::super) since: Instant,
    pub(in super::super) stop: Arc<Notify>,
}

/// What a runner finds when it looks at the line.
#[derive(Debug)]
pub(in super::super) enum Look {
    Start(Turn),
    NotBefore(Instant),
    Empty,
}

/// What cancelling a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Cancelled {
    Requested,
    AlreadyCompleted,
}

impl State {
    /// Takes the first job of the line whose time in the queue is over, for a runner that is free since `free`.
    pub(in super::super) fn look(&self, free: Instant) -> Look {
        let mut inner = self.lock();
        let (id, since) = match self.first_ready(&inner, free) {
            Ok(found) => found,
            Err(Some(ready)) => return Look::NotBefore(ready),
            Err(None) => return Look::Empty,
        };
        inner.line.remove(&id);
        let Some(job) = inner.jobs.get_mut(&id) else {
            return Look::Empty;
        };
        job.phase = Phase::Running { since };
        let stop = Arc::clone(&job.stop);
        drop(inner);
        self.changed.notify_waiters();
        Look::Start(Turn { id, since, stop })
    }

    /// Returns the first job that can start and when it does, or when the next one can.
    fn first_ready(
        &self,
        inner: &Inner,
        free: Instant,
    ) -> Result<(String, Instant), Option<Instant>> {
        let now = self.time.now();
        let mut next: Option<Instant> = None;
        for id in inner.line.iter() {
            let Some(job) = inner.jobs.get(id).filter(|job| may_start(job)) else {
                continue;
            };
            let ready = after(job.submitted, self.settings.queue_time);
            let due = ready.max(free);
            // What is overdue by then is ended by whoever watches the limits.
            if job.start_by().is_some_and(|limit| limit < due) {
                continue;
            }
            if ready <= now {
                return Ok((id.clone(), self.time.happens(due)));
            }
            next = Some(next.map_or(ready, |other| other.min(ready)));
        }
        Err(next)
    }

    /// Writes down how a job ended, and has it told to whoever wants to know; the first end counts.
    pub(in super::super) fn end(&self, id: &str, at: Instant, ending: Ending) {
        let mut inner = self.lock();
        let job = inner.jobs.get_mut(id);
        let Some(job) = job.filter(|job| job.ending().is_none()) else {
            return;
        };
        let since = job.since();
        job.phase = Phase::Ended { since, at, ending };
        let is_awaited = job.webhook.is_some();
        inner.line.remove(id);
        drop(inner);
        if is_awaited {
            // Without a receiver the simulator has stopped, and nobody is told any more.
            let _stopped = self.deliveries.send(id.to_owned()).is_err();
        }
        self.changed.notify_waiters();
    }

    /// Puts a job whose runner died back to the head of the line.
    pub(in super::super) fn requeue(&self, id: &str) {
        let mut inner = self.lock();
        if let Some(job) = inner.jobs.get_mut(id) {
            job.phase = Phase::Waiting;
            job.gateway_id = Uuid::now_v7().to_string();
            inner.line.push_front(id);
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    /// Takes a job out of the line, or tells its runner to stop.
    pub(in super::super) fn cancel(&self, id: &str) -> Option<Cancelled> {
        let is_waiting = {
            let inner = self.lock();
            let job = inner.jobs.get(id)?;
            match job.phase {
                Phase::Ended { .. } => return Some(Cancelled::AlreadyCompleted),
                Phase::Running { .. } => {
                    job.stop.notify_one();
                    false
                }
                Phase::Waiting => true,
            }
        };
        if is_waiting {
            self.end(id, self.time.now(), Ending::cancelled());
        }
        Some(Cancelled::Requested)
    }

    /// Ends every job that no runner took within its limit, and returns when the next limit passes.
    pub(in super::super) fn end_overdue(&self) -> Option<Instant> {
        let now = self.time.now();
        let limits: Vec<(String, Instant)> = {
            let inner = self.lock();
            let limit = |id: &String| Some((id.clone(), inner.jobs.get(id)?.start_by()?));
            inner.line.iter().filter_map(limit).collect()
        };
        let (overdue, others): (Vec<_>, Vec<_>) =
            limits.into_iter().partition(|(_, limit)| *limit <= now);
        for (id, limit) in overdue {
            self.end(&id, self.time.happens(limit), Ending::Overdue);
        }
        others.into_iter().map(|(_, limit)| limit).min()
    }
}

fn may_start(job: &Job) -> bool {
    job.fault != Some(Fault::NeverStarts)
}
