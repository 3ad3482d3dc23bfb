//! A stateful fake of the queue: jobs that go through their states as they are polled.

mod platform;
mod script;
mod states;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub use script::JobScript;

use crate::{
    CancelOutcome, Endpoint, FalError, FalErrorKind, FalQueue, JobFailure, JobHandle, JobOutput,
    JobStatus, LogLine, Operation, RequestId, StatusStream, SubmitOptions, TimeSource,
};

/// A stateful fake of [`FalQueue`].
///
/// Each submit takes the script of the first rule that its input matches, or else the next one that was added,
/// or else the default one. Faults are taken in the order in
/// which they were added, one for each call of their operation. Clones share everything.
/// It is a [`FalPlatform`](crate::FalPlatform) too, which lists every submit that was accepted, also one whose answer
/// was lost.
///
/// A cancelled job completes with the word `client_cancelled`; what FAL answers then is not documented.
#[derive(Debug, Clone)]
pub struct ScriptedFalQueue {
    state: Arc<Mutex<State>>,
}

/// Tells whether an input belongs to a rule.
type InputRule = fn(&Value) -> bool;

#[derive(Debug)]
struct State {
    fallback: JobScript,
    rules: Vec<(InputRule, JobScript)>,
    scripts: VecDeque<JobScript>,
    faults: HashMap<Operation, VecDeque<Fault>>,
    /// What the next states of a stream do: go on, or break.
    breaks: VecDeque<Option<FalError>>,
    calls: HashMap<Operation, u64>,
    clock: TimeSource,
    submitted: Vec<(Endpoint, Value, SubmitOptions)>,
    jobs: BTreeMap<RequestId, Job>,
    cancelled: u64,
}

#[derive(Debug)]
struct Fault {
    error: FalError,
    after_the_deed: bool,
}

#[derive(Debug)]
struct Job {
    app: String,
    /// Which of the submits it was.
    number: usize,
    accepted_at: DateTime<Utc>,
    is_deleted: bool,
    script: JobScript,
    polls: u64,
    cancelled: bool,
}

impl Default for ScriptedFalQueue {
    fn default() -> Self {
        Self::new(JobScript::gives(json!({ "images": [], "description": "" })))
    }
}

impl ScriptedFalQueue {
    /// Returns a queue whose jobs all go by this script, until others are added.
    pub fn new(fallback: JobScript) -> Self {
        let state = State {
            fallback,
            rules: Vec::new(),
            scripts: VecDeque::new(),
            faults: HashMap::new(),
            breaks: VecDeque::new(),
            calls: HashMap::new(),
            clock: TimeSource::default(),
            submitted: Vec::new(),
            jobs: BTreeMap::new(),
            cancelled: 0,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Sets the script of the jobs whose input `matches`; earlier rules go first.
    #[must_use]
    pub fn with_rule(self, matches: fn(&Value) -> bool, script: JobScript) -> Self {
        self.lock().rules.push((matches, script));
        self
    }

    /// Takes the time of day from `clock`; it dates what the platform lists.
    #[must_use]
    pub fn with_clock(self, clock: TimeSource) -> Self {
        self.lock().clock = clock;
        self
    }

    /// Adds a script for the next submit that has none yet.
    pub fn add_script(&self, script: JobScript) {
        self.lock().scripts.push_back(script);
    }

    /// Makes the next call of an operation fail before anything is done.
    pub fn fail_next(&self, operation: Operation, error: FalError) {
        self.add_fault(
            operation,
            Fault {
                error,
                after_the_deed: false,
            },
        );
    }

    /// Makes the next call of an operation fail after it was done: the answer is lost, a submit is accepted.
    pub fn lose_next(&self, operation: Operation, error: FalError) {
        self.add_fault(
            operation,
            Fault {
                error,
                after_the_deed: true,
            },
        );
    }

    /// Returns how many calls of an operation were made, failed ones included.
    pub fn calls(&self, operation: Operation) -> u64 {
        self.lock().calls.get(&operation).copied().unwrap_or(0)
    }

    /// Returns how many submits were accepted, that is paid.
    pub fn accepted(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Returns how many jobs were cancelled before their end.
    pub fn cancelled(&self) -> u64 {
        self.lock().cancelled
    }

    /// Returns what was submitted and accepted, in order.
    pub fn submitted(&self) -> Vec<(Endpoint, Value, SubmitOptions)> {
        self.lock().submitted.clone()
    }

    fn add_fault(&self, operation: Operation, fault: Fault) {
        self.lock()
            .faults
            .entry(operation)
            .or_default()
            .push_back(fault);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked under the lock has failed already; the others may go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with an open stream, or breaks it with the scripted fault.
    fn break_or<T>(
        &self,
        step: impl FnOnce(&mut State) -> Result<T, FalError>,
    ) -> Result<T, FalError> {
        let mut state = self.lock();
        match state.breaks.pop_front() {
            Some(None) | None => step(&mut state),
            Some(Some(error)) => Err(error),
        }
    }

    /// Makes the stream that is opened next break after so many states.
    pub fn break_stream_after(&self, states: usize, error: FalError) {
        let mut state = self.lock();
        state.breaks.extend(std::iter::repeat_n(None, states));
        state.breaks.push_back(Some(error));
    }

    /// Counts a call, does it, and returns its outcome or the scripted fault.
    fn call<T>(
        &self,
        operation: Operation,
        deed: impl FnOnce(&mut State) -> Result<T, FalError>,
    ) -> Result<T, FalError> {
        let mut state = self.lock();
        *state.calls.entry(operation).or_default() += 1;
        match state
            .faults
            .get_mut(&operation)
            .and_then(VecDeque::pop_front)
        {
            None => deed(&mut state),
            Some(fault) if !fault.after_the_deed => Err(fault.error),
            Some(fault) => deed(&mut state).and(Err(fault.error)),
        }
    }
}

#[async_trait]
impl FalQueue for ScriptedFalQueue {
    async fn submit(
        &self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        options.check()?;
        self.call(Operation::Submit, |state| {
            state.accept(endpoint, input, options)
        })
    }

    async fn status(&self, job: &JobHandle) -> Result<JobStatus, FalError> {
        self.call(Operation::Status, |state| {
            state.job(job, Operation::Status).map(Job::poll)
        })
    }

    async fn watch(&self, job: &JobHandle) -> Result<StatusStream, FalError> {
        self.call(Operation::Watch, |state| {
            state.job(job, Operation::Watch).map(|_| ())
        })?;
        Ok(states::states(self.clone(), job.clone()))
    }

    async fn result(&self, job: &JobHandle) -> Result<JobOutput, FalError> {
        let outcome = self.call(Operation::Result, |state| {
            state.job(job, Operation::Result)?.result()
        });
        outcome.map_err(|error| error.with_job(job))
    }

    async fn cancel(&self, job: &JobHandle) -> Result<CancelOutcome, FalError> {
        self.call(Operation::Cancel, |state| Ok(state.cancel(job)))
    }
}

impl State {
    fn accept(
        &mut self,
        endpoint: &Endpoint,
        input: &Value,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        let ruled = self
            .rules
            .iter()
            .find(|(matches, _)| matches(input))
            .map(|(_, script)| script.clone());
        let script = ruled
            .or_else(|| self.scripts.pop_front())
            .unwrap_or_else(|| self.fallback.clone());
        let id =
            RequestId::try_from(format!("job-{:06}", self.jobs.len() + 1)).map_err(|error| {
                FalError::new(FalErrorKind::Config, Operation::Submit).with_source(error)
            })?;
        let job = Job {
            app: endpoint.app().to_owned(),
            number: self.submitted.len(),
            accepted_at: self.clock.now(),
            is_deleted: false,
            script,
            polls: 0,
            cancelled: false,
        };
        self.jobs.insert(id.clone(), job);
        self.submitted
            .push((endpoint.clone(), input.clone(), options.clone()));
        Ok(JobHandle::new(endpoint.clone(), id))
    }

    fn job(&mut self, handle: &JobHandle, operation: Operation) -> Result<&mut Job, FalError> {
        let unknown = || FalError::new(FalErrorKind::NotFound, operation).with_job(handle);
        let found = self.jobs.get_mut(&handle.request_id);
        found
            .filter(|job| job.app == handle.endpoint.app())
            .ok_or_else(unknown)
    }

    fn cancel(&mut self, handle: &JobHandle) -> CancelOutcome {
        match self.job(handle, Operation::Cancel) {
            Err(_) => CancelOutcome::NotFound,
            Ok(job) if job.is_over() => CancelOutcome::AlreadyCompleted,
            Ok(job) => {
                job.cancelled = true;
                self.cancelled += 1;
                CancelOutcome::Requested
            }
        }
    }
}

impl Job {
    fn is_over(&self) -> bool {
        self.cancelled || self.polls >= self.script.queued.saturating_add(self.script.running)
    }

    /// Returns the state and moves on by one poll.
    fn poll(&mut self) -> JobStatus {
        if self.is_over() {
            return JobStatus::Completed {
                logs: vec![line("running"), line("done")],
                failure: self.failure(),
            };
        }
        let polls = self.polls;
        self.polls += 1;
        match self.script.queued.checked_sub(polls + 1) {
            Some(position) => JobStatus::Queued { position },
            None => JobStatus::Running {
                logs: vec![line("running")],
            },
        }
    }

    fn failure(&self) -> Option<JobFailure> {
        match &self.script.outcome {
            _ if self.cancelled => Some(failure(Some("client_cancelled"))),
            Err(error) if self.script.tells_failure => Some(failure(error.error_type())),
            _ => None,
        }
    }

    fn result(&self) -> Result<JobOutput, FalError> {
        if self.cancelled {
            return Err(FalError::new(FalErrorKind::Cancelled, Operation::Result).with_status(499));
        }
        if !self.is_over() {
            return Err(
                FalError::new(FalErrorKind::NotFinished, Operation::Result).with_status(400)
            );
        }
        self.script.outcome.clone()
    }
}

fn failure(word: Option<&str>) -> JobFailure {
    JobFailure {
        error: "the job failed".to_owned(),
        error_type: word.map(str::to_owned),
    }
}

fn line(text: &str) -> LogLine {
    LogLine {
        message: text.to_owned(),
        ..LogLine::default()
    }
}
