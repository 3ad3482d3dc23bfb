//! What the retrying layer repeats, for how long, and that no submit is paid twice.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

use std::{sync::Arc, time::Duration};

use fal_client::{
    Billed, CancelOutcome, FalError, FalErrorKind, FalQueue, JobHandle, Operation, RetryPolicy,
    SubmitOptions, SubmitRetry,
    layer::Retrying,
    testing::{JobScript, MockFalQueue, ScriptedFalQueue},
};
use serde_json::json;
use tokio::time::Instant;

fn job() -> JobHandle {
    JobHandle::new("fal-ai/imagen4".parse().unwrap(), "1".parse().unwrap())
}

fn unavailable(operation: Operation) -> FalError {
    FalError::new(FalErrorKind::Unavailable, operation).with_status(504)
}

async fn submit(queue: &impl FalQueue) -> Result<JobHandle, FalError> {
    let endpoint = "fal-ai/imagen4/preview".parse().unwrap();
    queue
        .submit(&endpoint, &json!({}), &SubmitOptions::default())
        .await
}

fn retrying(queue: &ScriptedFalQueue, policy: RetryPolicy) -> Retrying<ScriptedFalQueue> {
    Retrying::new(queue.clone(), policy)
}

#[tokio::test(start_paused = true)]
async fn a_504_on_the_result_does_not_lose_a_paid_job() {
    let queue = ScriptedFalQueue::new(JobScript::gives(json!("picture")).with_polls(0, 0));
    let job = submit(&queue).await.unwrap();
    for _ in 0..3 {
        queue.fail_next(Operation::Result, unavailable(Operation::Result));
    }
    let output = retrying(&queue, RetryPolicy::default())
        .result(&job)
        .await
        .unwrap();
    assert_eq!(output.value, json!("picture"));
    assert_eq!(queue.calls(Operation::Result), 4);
}

#[tokio::test(start_paused = true)]
async fn calls_that_change_nothing_are_repeated() {
    let queue = ScriptedFalQueue::default();
    let job = submit(&queue).await.unwrap();
    queue.fail_next(Operation::Status, unavailable(Operation::Status));
    queue.fail_next(
        Operation::Cancel,
        FalError::new(FalErrorKind::RateLimited, Operation::Cancel),
    );
    let layer = retrying(&queue, RetryPolicy::default());
    layer.status(&job).await.unwrap();
    assert_eq!(layer.cancel(&job).await.unwrap(), CancelOutcome::Requested);
    assert_eq!(
        (
            queue.calls(Operation::Status),
            queue.calls(Operation::Cancel)
        ),
        (2, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn retries_used_up_are_exhausted_with_the_last_facts() {
    let queue = ScriptedFalQueue::default();
    for _ in 0..5 {
        queue.fail_next(Operation::Status, unavailable(Operation::Status));
    }
    let error = retrying(&queue, RetryPolicy::new(3))
        .status(&job())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.cause_kind()),
        (FalErrorKind::Exhausted, FalErrorKind::Unavailable)
    );
    assert_eq!(
        (error.status(), error.tries(), error.is_retryable()),
        (Some(504), 3, false)
    );
    assert_eq!(queue.calls(Operation::Status), 3);
}

#[tokio::test(start_paused = true)]
async fn a_layer_around_a_layer_does_not_multiply() {
    let queue = ScriptedFalQueue::default();
    for _ in 0..20 {
        queue.fail_next(Operation::Status, unavailable(Operation::Status));
    }
    let inner = retrying(&queue, RetryPolicy::new(3));
    let outer = Retrying::new(inner, RetryPolicy::new(3));
    assert_eq!(
        outer.status(&job()).await.unwrap_err().kind(),
        FalErrorKind::Exhausted
    );
    assert_eq!(queue.calls(Operation::Status), 3);
}

#[tokio::test(start_paused = true)]
async fn what_the_model_says_is_final() {
    for kind in [
        FalErrorKind::Refused,
        FalErrorKind::InvalidInput,
        FalErrorKind::NotFound,
        FalErrorKind::Unauthorized,
        FalErrorKind::Locked,
        FalErrorKind::Provider,
        FalErrorKind::TimedOut,
        FalErrorKind::NotFinished,
        FalErrorKind::Malformed,
        FalErrorKind::Cancelled,
        FalErrorKind::Config,
    ] {
        let mut mock = MockFalQueue::new();
        let error = FalError::new(kind, Operation::Result).with_retryable(true);
        mock.expect_result()
            .times(1)
            .return_once(move |_| Err(error));
        let found = Retrying::new(mock, RetryPolicy::default())
            .result(&job())
            .await
            .unwrap_err();
        assert_eq!(found.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_server_asks_for_is_waited_out() {
    let queue = ScriptedFalQueue::default();
    let told = FalError::new(FalErrorKind::RateLimited, Operation::Submit).with_unsent();
    queue.fail_next(
        Operation::Submit,
        told.with_retry_after(Duration::from_secs(7)),
    );
    let start = Instant::now();
    submit(&retrying(&queue, RetryPolicy::default()))
        .await
        .unwrap();
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_secs(7) && waited <= Duration::from_millis(7_300),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_try_is_started_after_the_total() {
    let queue = ScriptedFalQueue::default();
    let told = FalError::new(FalErrorKind::RateLimited, Operation::Submit).with_unsent();
    queue.fail_next(
        Operation::Submit,
        told.with_retry_after(Duration::from_secs(61)),
    );
    let start = Instant::now();
    let error = submit(&retrying(&queue, RetryPolicy::default()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Exhausted);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert_eq!(
        start.elapsed(),
        Duration::ZERO,
        "a wait that cannot help is not begun"
    );
    assert_eq!(queue.accepted(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_submit_proven_unsent_is_repeated() {
    for kind in [FalErrorKind::Unavailable, FalErrorKind::RateLimited] {
        let queue = ScriptedFalQueue::default();
        queue.fail_next(
            Operation::Submit,
            FalError::new(kind, Operation::Submit).with_unsent(),
        );
        submit(&retrying(&queue, RetryPolicy::default()))
            .await
            .unwrap();
        assert_eq!((queue.calls(Operation::Submit), queue.accepted()), (2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_submit_whose_answer_was_lost_is_not_repeated() {
    let queue = ScriptedFalQueue::default();
    let lost = unavailable(Operation::Submit).into_unacknowledged();
    queue.lose_next(Operation::Submit, lost.with_retryable(true));
    let error = submit(&retrying(&queue, RetryPolicy::default()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.billed()),
        (FalErrorKind::Unacknowledged, Billed::Maybe)
    );
    assert_eq!((queue.calls(Operation::Submit), queue.accepted()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_does_not_say_unsent_is_not_repeated() {
    let queue = ScriptedFalQueue::default();
    queue.lose_next(Operation::Submit, unavailable(Operation::Submit));
    submit(&retrying(&queue, RetryPolicy::default()))
        .await
        .unwrap_err();
    assert_eq!(queue.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn never_means_never() {
    let queue = ScriptedFalQueue::default();
    queue.fail_next(
        Operation::Submit,
        FalError::new(FalErrorKind::RateLimited, Operation::Submit).with_unsent(),
    );
    let layer = retrying(
        &queue,
        RetryPolicy::default().with_submit(SubmitRetry::Never),
    );
    assert_eq!(
        submit(&layer).await.unwrap_err().kind(),
        FalErrorKind::RateLimited
    );
    assert_eq!(queue.calls(Operation::Submit), 1);
}

#[tokio::test(start_paused = true)]
async fn a_gateways_page_is_repeated_only_when_asked_for() {
    let page = || {
        unavailable(Operation::Submit)
            .with_ingress()
            .into_unacknowledged()
    };
    for (rule, calls) in [(SubmitRetry::Proven, 1), (SubmitRetry::Ingress, 2)] {
        let queue = ScriptedFalQueue::default();
        queue.fail_next(Operation::Submit, page());
        let outcome = submit(&retrying(&queue, RetryPolicy::default().with_submit(rule))).await;
        assert_eq!(outcome.is_ok(), calls == 2);
        assert_eq!(queue.calls(Operation::Submit), calls, "{rule:?}");
    }
}

#[tokio::test]
async fn the_queue_within_can_be_had_back() {
    let queue = ScriptedFalQueue::default();
    let layer = Retrying::new(Arc::new(queue.clone()), RetryPolicy::default());
    submit(&layer.into_inner()).await.unwrap();
    assert_eq!(queue.accepted(), 1);
}
