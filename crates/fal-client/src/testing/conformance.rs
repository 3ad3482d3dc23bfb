//! The rules that every [`FalQueue`] keeps, one function each, and a macro that makes tests of them.

#![expect(
    clippy::missing_panics_doc,
    reason = "a rule reports by panicking, as every assertion does"
)]

use std::{any::Any, sync::Arc, time::Duration};

use futures_util::StreamExt;
use serde_json::Value;

use crate::{
    CancelOutcome, Endpoint, FalError, FalErrorKind, FalQueue, JobHandle, JobOutput, JobStatus,
    SubmitOptions,
};

/// How many polls a job may take.
const POLLS: u32 = 600;

/// A queue under test, and what to give it.
#[derive(Debug, Clone)]
pub struct QueueFixture {
    /// The queue.
    pub queue: Arc<dyn FalQueue>,
    /// A model that the queue has.
    pub endpoint: Endpoint,
    /// An input with which a job succeeds. The job is not over right after its submit.
    pub good_input: Value,
    /// An input with which a job is accepted and then fails.
    pub bad_input: Value,
    /// How long to wait between two polls; 600 of them are enough for any job.
    pub pause: Duration,
    /// What must live as long as the queue: a server, a directory.
    pub keeps: Option<Arc<dyn Any + Send + Sync>>,
}

impl QueueFixture {
    async fn submit(&self, input: &Value) -> JobHandle {
        passed(
            "submit",
            self.queue
                .submit(&self.endpoint, input, &SubmitOptions::default())
                .await,
        )
    }

    /// Polls until the job is over, and returns its last status.
    async fn settle(&self, job: &JobHandle) -> JobStatus {
        for _ in 0..POLLS {
            let status = passed("status", self.queue.status(job).await);
            if status.is_completed() {
                return status;
            }
            tokio::time::sleep(self.pause).await;
        }
        panic!("the job is not over after {POLLS} polls")
    }

    async fn result(&self, job: &JobHandle) -> JobOutput {
        passed("result", self.queue.result(job).await)
    }

    fn unknown_job(&self) -> JobHandle {
        let id = "00000000-0000-4000-8000-000000000000".try_into();
        match id {
            Ok(id) => JobHandle::new(self.endpoint.clone(), id),
            Err(error) => panic!("{error}"),
        }
    }
}

fn passed<T>(step: &str, outcome: Result<T, FalError>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("{error} at {step}"),
    }
}

fn kind_of<T: std::fmt::Debug>(outcome: Result<T, FalError>) -> FalErrorKind {
    match outcome {
        Ok(value) => panic!("an error was expected, not {value:?}"),
        Err(error) => error.kind(),
    }
}

/// A submitted job ends completed, without a failure, and has a result.
pub async fn a_job_ends_completed_with_a_result(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    let status = fixture.settle(&job).await;
    assert!(
        matches!(status, JobStatus::Completed { failure: None, .. }),
        "{status:?}"
    );
    assert!(!fixture.result(&job).await.value.is_null());
}

/// A handle rebuilt from its two strings finds the job.
pub async fn a_handle_rebuilt_from_strings_finds_its_job(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    let (endpoint, id) = (job.endpoint.to_string(), job.request_id.to_string());
    let (Ok(endpoint), Ok(id)) = (Endpoint::try_from(endpoint), id.parse()) else {
        panic!("{job} cannot be read back");
    };
    let rebuilt = JobHandle::new(endpoint, id);
    assert_eq!(rebuilt, job);
    fixture.settle(&rebuilt).await;
    fixture.result(&rebuilt).await;
}

/// A stream of states ends after the one that is completed, or breaks off with an error; it never ends in between.
pub async fn a_stream_ends_with_the_job_or_breaks_off(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    // A queue may refuse to stream; whoever follows a job polls then.
    if let Ok(mut states) = fixture.queue.watch(&job).await {
        let mut last = None;
        while let Some(state) = states.next().await {
            let over = matches!(&last, Some(Ok(status)) if JobStatus::is_completed(status));
            assert!(!over, "a state follows the last one");
            last = Some(state);
        }
        match last {
            Some(Ok(status)) => assert!(status.is_completed(), "{status:?} is not the end"),
            Some(Err(error)) => assert!(error.request_id().is_some(), "{error} names no job"),
            None => panic!("a stream has at least one state"),
        }
    }
    fixture.settle(&job).await;
    fixture.result(&job).await;
}

/// Following a job by its stream and by polls tells the same lines.
pub async fn a_stream_tells_the_lines_that_a_poll_tells(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    let Ok(mut states) = fixture.queue.watch(&job).await else {
        return;
    };
    let mut streamed = Vec::new();
    while let Some(state) = states.next().await {
        let (JobStatus::Running { logs } | JobStatus::Completed { logs, .. }) =
            passed("watch", state)
        else {
            continue;
        };
        streamed.extend(logs);
    }
    let JobStatus::Completed { logs, .. } = fixture.settle(&job).await else {
        panic!("the job is over");
    };
    assert_eq!(streamed, logs);
}

/// Two submits of the same input are two jobs.
pub async fn two_submits_are_two_jobs(fixture: &QueueFixture) {
    let first = fixture.submit(&fixture.good_input).await;
    let second = fixture.submit(&fixture.good_input).await;
    assert_ne!(first, second);
}

/// A job that is not over has no result yet.
pub async fn an_unfinished_job_has_no_result(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    assert_eq!(
        kind_of(fixture.queue.result(&job).await),
        FalErrorKind::NotFinished
    );
}

/// The result of a completed job may be fetched again and is the same.
pub async fn a_result_can_be_fetched_again(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    fixture.settle(&job).await;
    assert_eq!(fixture.result(&job).await, fixture.result(&job).await);
}

/// A job that the queue does not know is not found, and cancelling it is no error.
pub async fn an_unknown_job_is_not_found(fixture: &QueueFixture) {
    let job = fixture.unknown_job();
    assert_eq!(
        kind_of(fixture.queue.status(&job).await),
        FalErrorKind::NotFound
    );
    assert_eq!(
        kind_of(fixture.queue.result(&job).await),
        FalErrorKind::NotFound
    );
    assert_eq!(
        passed("cancel", fixture.queue.cancel(&job).await),
        CancelOutcome::NotFound
    );
}

/// A failed job is completed, and its result fails with an error that tells about the job.
pub async fn a_failed_job_is_completed_and_its_result_fails(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.bad_input).await;
    fixture.settle(&job).await;
    let kind = kind_of(fixture.queue.result(&job).await);
    let is_verdict = matches!(
        kind,
        FalErrorKind::Refused | FalErrorKind::InvalidInput | FalErrorKind::Provider
    );
    assert!(is_verdict, "{kind:?} does not tell about the job");
}

/// A completed job cannot be cancelled, and its result stands.
pub async fn a_completed_job_cannot_be_cancelled(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    fixture.settle(&job).await;
    assert_eq!(
        passed("cancel", fixture.queue.cancel(&job).await),
        CancelOutcome::AlreadyCompleted
    );
    fixture.result(&job).await;
}

/// A job that is not over can be cancelled, and the wish may be repeated.
pub async fn a_cancel_may_be_repeated(fixture: &QueueFixture) {
    let job = fixture.submit(&fixture.good_input).await;
    assert_eq!(
        passed("cancel", fixture.queue.cancel(&job).await),
        CancelOutcome::Requested
    );
    passed("cancel", fixture.queue.cancel(&job).await);
}

/// Makes one test of each rule for one queue.
///
/// The caller gives the attributes of a test and an expression of type [`QueueFixture`], which may await.
///
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use fal_client::testing::{ScriptedFalQueue, conformance::QueueFixture};
/// use serde_json::json;
///
/// fn fixture() -> QueueFixture {
///     QueueFixture {
///         queue: Arc::new(ScriptedFalQueue::default()),
///         endpoint: "fal-ai/imagen4/preview".parse().expect("a known endpoint"),
///         good_input: json!({ "prompt": "a lighthouse" }),
///         bad_input: json!({ "prompt": "" }),
///         pause: Duration::from_millis(1),
///         keeps: None,
///     }
/// }
///
/// mod my_queue {
///     fal_client::fal_queue_conformance!(#[tokio::test] fixture = super::fixture());
/// }
/// # assert!(format!("{:?}", fixture()).contains("imagen4"));
/// ```
#[macro_export]
macro_rules! fal_queue_conformance {
    ($(#[$attribute:meta])+ fixture = $fixture:expr) => {
        $crate::fal_queue_conformance! { @rules [$(#[$attribute])+] ($fixture)
            a_job_ends_completed_with_a_result
            a_handle_rebuilt_from_strings_finds_its_job
            a_stream_ends_with_the_job_or_breaks_off
            a_stream_tells_the_lines_that_a_poll_tells
            two_submits_are_two_jobs
            an_unfinished_job_has_no_result
            a_result_can_be_fetched_again
            an_unknown_job_is_not_found
            a_failed_job_is_completed_and_its_result_fails
            a_completed_job_cannot_be_cancelled
            a_cancel_may_be_repeated
        }
    };
    (@rules $attributes:tt $fixture:tt $($rule:ident)+) => {
        $($crate::fal_queue_conformance! { @rule $attributes $fixture $rule })+
    };
    (@rule [$(#[$attribute:meta])+] ($fixture:expr) $rule:ident) => {
        $(#[$attribute])+
        async fn $rule() {
            let fixture: $crate::testing::conformance::QueueFixture = $fixture;
            $crate::testing::conformance::$rule(&fixture).await;
        }
    };
}
