//! What the simulator knows: jobs, the line before the runners, the script, and what was asked.

mod schedule;

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use core_config::Secret;
use tokio::sync::{Notify, mpsc, watch};
use url::Url;

pub(super) use schedule::{Cancelled, Look, Turn};

use super::control::{RecordedDelivery, RecordedRequest};
use super::fault::{self, Fault, Rule};
use super::job::{Job, Phase};
use super::line::Line;
use super::media::MediaStore;
use super::time::Time;
use super::tokens::Tokens;
use super::uploads::Uploads;
use super::webhook::Signer;

/// The most jobs kept; older ones that have ended are forgotten.
const JOBS_KEPT: usize = 10_000;
/// The most requests and the most deliveries kept for assertions.
const RECORDS_KEPT: usize = 10_000;

/// What was set before the start.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) runners: usize,
    pub(super) queue_time: Duration,
    pub(super) run_time: Duration,
    pub(super) webhook_pause: Duration,
    pub(super) retired: Vec<String>,
    pub(super) is_virtual: bool,
    pub(super) draws_thumbnails: bool,
    pub(super) has_admin_key: bool,
}

/// Shared by the listeners, the runners and the controls.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) key: Secret,
    pub(super) base: Url,
    pub(super) media: MediaStore,
    pub(super) uploads: Uploads,
    pub(super) tokens: Tokens,
    pub(super) signer: Signer,
    pub(super) time: Time,
    /// Told whenever a job has moved.
    pub(super) changed: Notify,
    /// Becomes true, or is closed, when the simulator stops.
    pub(super) stopped: watch::Receiver<bool>,
    /// Takes the ids of jobs whose end somebody wants to be told.
    deliveries: mpsc::UnboundedSender<String>,
    inner: Mutex<Inner>,
}

/// The part that changes.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) jobs: HashMap<String, Job>,
    pub(super) line: Line,
    pub(super) submits: u64,
    pub(super) accepted: u64,
    pub(super) rules: Vec<Rule>,
    /// The ids of all jobs, the oldest first.
    pub(super) order: VecDeque<String>,
    requests: VecDeque<RecordedRequest>,
    deliveries: VecDeque<RecordedDelivery>,
}

/// What the simulator is made of besides its settings.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) key: Secret,
    pub(super) base: Url,
    pub(super) media: Url,
    pub(super) rules: Vec<Rule>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) deliveries: mpsc::UnboundedSender<String>,
}

impl State {
    pub(super) fn new(settings: Settings, parts: Parts) -> Self {
        Self {
            key: parts.key,
            base: parts.base,
            media: MediaStore::new(parts.media),
            uploads: Uploads::default(),
            tokens: Tokens::default(),
            signer: Signer::default(),
            time: Time::new(settings.is_virtual),
            changed: Notify::new(),
            stopped: parts.stopped,
            deliveries: parts.deliveries,
            inner: Mutex::new(Inner {
                rules: parts.rules,
                ..Inner::default()
            }),
            settings,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // Each change under the lock is complete in itself, so a panicked holder leaves no half-change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an address below that of the queue; `path` has no leading slash.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Waits until the simulator stops.
    pub(super) async fn stopping(&self) {
        let _gone = self.stopped.clone().wait_for(|stop| *stop).await.is_err();
    }
}

impl Inner {
    /// Counts a submit and takes the fault that the script has for it.
    pub(super) fn next_fault(&mut self, prompt: &str) -> Option<Fault> {
        self.submits += 1;
        fault::take(&mut self.rules, self.submits, prompt)
    }

    /// Puts a job at its place in the line and returns how many are ahead.
    pub(super) fn accept(&mut self, id: &str, job: Job) -> usize {
        self.line.push(id, job.wishes.is_patient);
        self.keep(id, job);
        self.position(id)
    }

    /// Takes in a job that is run at once.
    pub(super) fn keep(&mut self, id: &str, job: Job) {
        self.accepted += 1;
        self.jobs.insert(id.to_owned(), job);
        self.order.push_back(id.to_owned());
        self.forget();
    }

    /// Returns how many jobs are ahead of one that waits.
    pub(super) fn position(&self, id: &str) -> usize {
        self.line.position(id).unwrap_or(0)
    }

    /// Returns how many jobs run.
    pub(super) fn running(&self) -> usize {
        let jobs = self.jobs.values();
        jobs.filter(|job| matches!(job.phase, Phase::Running { .. }))
            .count()
    }

    pub(super) fn record(&mut self, request: RecordedRequest) {
        push(&mut self.requests, request);
    }

    pub(super) fn record_delivery(&mut self, delivery: RecordedDelivery) {
        push(&mut self.deliveries, delivery);
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn deliveries(&self) -> Vec<RecordedDelivery> {
        self.deliveries.iter().cloned().collect()
    }

    fn forget(&mut self) {
        while self.order.len() > JOBS_KEPT {
            let ended = self.order.front().is_none_or(|id| {
                let job = self.jobs.get(id);
                job.is_none_or(|job| job.ending().is_some())
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

fn push<T>(records: &mut VecDeque<T>, record: T) {
    if records.len() == RECORDS_KEPT {
        records.pop_front();
    }
    records.push_back(record);
}
