//! What the simulator knows: jobs, the line before the runners, the script, and what was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use core_config::Secret;
use tokio::sync::Notify;
use tokio::time::Instant;
use url::Url;

use super::control::RecordedRequest;
use super::fault::{self, Fault, Rule};
use super::job::{Ending, Job, Phase};
use super::media::MediaStore;

/// The most jobs kept; older ones that have ended are forgotten.
const JOBS_KEPT: usize = 10_000;
/// The most requests kept for assertions.
const REQUESTS_KEPT: usize = 10_000;

/// What was set before the start.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) runners: usize,
    pub(super) queue_time: Duration,
    pub(super) run_time: Duration,
    pub(super) retired: Vec<String>,
}

/// Shared by the listeners, the runners and the controls.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) key: Secret,
    pub(super) queue_url: Url,
    pub(super) media: MediaStore,
    /// Told whenever the line before the runners has changed.
    pub(super) changed: Notify,
    inner: Mutex<Inner>,
    /// Wall and runtime clock at the start; log lines count on from here, so paused time stays honest.
    started: (SystemTime, Instant),
}

/// The part that changes.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) jobs: HashMap<String, Job>,
    pub(super) waiting: VecDeque<String>,
    pub(super) submits: u64,
    pub(super) accepted: u64,
    pub(super) rules: Vec<Rule>,
    order: VecDeque<String>,
    requests: VecDeque<RecordedRequest>,
}

/// What cancelling a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelled {
    Requested,
    AlreadyCompleted,
}

impl State {
    pub(super) fn new(settings: Settings, key: Secret, urls: (Url, Url), rules: Vec<Rule>) -> Self {
        Self {
            settings,
            key,
            queue_url: urls.0,
            media: MediaStore::new(urls.1),
            changed: Notify::new(),
            inner: Mutex::new(Inner {
                rules,
                ..Inner::default()
            }),
            started: (SystemTime::now(), Instant::now()),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // Each change under the lock is complete in itself, so a panicked holder leaves no half-change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a moment as FAL writes it.
    pub(super) fn timestamp(&self, at: Instant) -> String {
        let wall = self.started.0 + at.duration_since(self.started.1);
        DateTime::<Utc>::from(wall).to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl Inner {
    /// Counts a submit and takes the fault that the script has for it.
    pub(super) fn next_fault(&mut self, prompt: &str) -> Option<Fault> {
        self.submits += 1;
        fault::take(&mut self.rules, self.submits, prompt)
    }

    /// Puts a job at the end of the line and returns how many are ahead.
    pub(super) fn accept(&mut self, id: &str, job: Job) -> usize {
        self.accepted += 1;
        self.jobs.insert(id.to_owned(), job);
        self.order.push_back(id.to_owned());
        self.waiting.push_back(id.to_owned());
        self.forget();
        self.waiting.len() - 1
    }

    /// Returns how many jobs are ahead of one that waits.
    pub(super) fn position(&self, id: &str) -> usize {
        self.waiting
            .iter()
            .position(|waiting| waiting == id)
            .unwrap_or(0)
    }

    /// Takes a job out of the line, or tells its runner to stop.
    pub(super) fn cancel(&mut self, id: &str, now: Instant) -> Option<Cancelled> {
        let job = self.jobs.get_mut(id)?;
        match job.phase {
            Phase::Ended { .. } => return Some(Cancelled::AlreadyCompleted),
            Phase::Running { .. } => job.stop.notify_one(),
            Phase::Waiting => {
                let ending = Ending::cancelled();
                let (since, at) = (None, now);
                job.phase = Phase::Ended { since, at, ending };
                self.waiting.retain(|waiting| waiting != id);
            }
        }
        Some(Cancelled::Requested)
    }

    pub(super) fn record(&mut self, request: RecordedRequest) {
        if self.requests.len() == REQUESTS_KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    fn forget(&mut self) {
        while self.order.len() > JOBS_KEPT {
            let ended = self.order.front().is_none_or(|id| {
                self.jobs
                    .get(id)
                    .is_none_or(|job| matches!(job.phase, Phase::Ended { .. }))
            });
            if !ended {
                return;
            }
            if let Some(id) = self.order.pop_front() {
                self.jobs.remove(&id);
            }
        }
    }
}

/// What one runner needs to know of its job.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) id: String,
    pub(super) stop: Arc<Notify>,
}

/// What a runner finds when it looks at the line.
#[derive(Debug)]
pub(super) enum Look {
    Start(Turn),
    NotBefore(Instant),
    Empty,
}

impl State {
    /// Takes the first job of the line, if its time in the queue is over.
    pub(super) fn look(&self, now: Instant) -> Look {
        let mut inner = self.lock();
        let Some(id) = inner.waiting.front().cloned() else {
            return Look::Empty;
        };
        let Some(job) = inner.jobs.get_mut(&id) else {
            return Look::Empty;
        };
        let ready = job.submitted + self.settings.queue_time;
        if ready > now {
            return Look::NotBefore(ready);
        }
        job.phase = Phase::Running { since: now };
        let stop = Arc::clone(&job.stop);
        inner.waiting.pop_front();
        Look::Start(Turn { id, stop })
    }

    /// Writes down how a job ended.
    pub(super) fn end(&self, id: &str, ending: Ending) {
        if let Some(job) = self.lock().jobs.get_mut(id) {
            let since = match job.phase {
                Phase::Running { since } => Some(since),
                _ => None,
            };
            let at = Instant::now();
            job.phase = Phase::Ended { since, at, ending };
        }
    }
}
