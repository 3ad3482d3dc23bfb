//! Polls, time-outs, trouble on the way, and drops.

use std::time::Duration;

use fal_client::{
    FalError, FalErrorKind, JobEvent, JobHandle, OnDrop, OnTimeout, Operation, PollPolicy,
    SubmitOptions,
    testing::{JobScript, ScriptedFalQueue},
};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::support::{Answer, Prompt, answering, client, every_event, model, submit};

#[tokio::test(start_paused = true)]
async fn subscribe_goes_from_input_to_output() {
    let queue = ScriptedFalQueue::new(answering());
    let mut seen = Vec::new();
    let client = client(&queue, PollPolicy::default());
    let input = Prompt { prompt: "well?" };
    let delivered = client
        .subscribe(&model(), &input, &SubmitOptions::default(), |event| {
            seen.push(event.clone());
        })
        .await
        .unwrap();
    assert_eq!(
        delivered.output,
        Answer {
            answer: "yes".into()
        }
    );
    assert_eq!(delivered.billable_units.unwrap().micros(), 1_000_000);
    assert_eq!(seen, every_event());
    assert_eq!(queue.submitted()[0].1, json!({ "prompt": "well?" }));
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_without_jitter() {
    // Its place in the queue changes with each poll, so each is told.
    let queue = ScriptedFalQueue::new(answering().with_polls(9, 0));
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let start = Instant::now();
    let mut at = Vec::new();
    client
        .wait(&job, |event| {
            if matches!(event, JobEvent::Queued { .. }) {
                at.push(start.elapsed().as_millis());
            }
        })
        .await
        .unwrap();
    let gaps: Vec<u128> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Tokio's timer counts in whole milliseconds and rounds up.
    assert_eq!(at[0], 0, "the first look is at once");
    for (gap, expected) in gaps
        .iter()
        .zip([500, 750, 1125, 1688, 2000, 2000, 2000, 2000])
    {
        assert!(gap.abs_diff(expected) <= 1, "{gaps:?}");
    }
    assert_eq!(gaps.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_job_is_taken_up_again_by_another_client() {
    let queue = ScriptedFalQueue::new(answering());
    let saved =
        serde_json::to_string(&submit(&client(&queue, PollPolicy::default())).await).unwrap();
    let job: JobHandle = serde_json::from_str(&saved).unwrap();
    let output = client(&queue, PollPolicy::default())
        .wait(&job, |_| ())
        .await
        .unwrap();
    assert_eq!(output.value["answer"], "yes");
    assert_eq!(queue.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_inside_completed_is_told_with_the_models_own_error() {
    let refused = FalError::new(FalErrorKind::Refused, Operation::Result)
        .with_error_type("content_policy_violation")
        .with_reason("flagged");
    for script in [
        JobScript::fails(refused.clone()),
        JobScript::fails(refused).with_silent_failure(),
    ] {
        let queue = ScriptedFalQueue::new(script);
        let client = client(&queue, PollPolicy::default());
        let job = submit(&client).await;
        let error = client.wait(&job, |_| ()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.reason()),
            (FalErrorKind::Refused, Some("flagged"))
        );
        assert_eq!(error.request_id(), Some(&job.request_id));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_by_its_word_when_the_result_cannot_be_had() {
    let failed = FalError::new(FalErrorKind::Provider, Operation::Result)
        .with_error_type("generation_timeout");
    let queue = ScriptedFalQueue::new(JobScript::fails(failed));
    queue.fail_next(
        Operation::Result,
        FalError::new(FalErrorKind::Unavailable, Operation::Result),
    );
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.error_type()),
        (FalErrorKind::TimedOut, Some("generation_timeout"))
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_result_that_comes_after_its_status_is_waited_for() {
    let queue = ScriptedFalQueue::new(answering());
    let late = FalError::new(FalErrorKind::NotFinished, Operation::Result);
    queue.fail_next(Operation::Result, late);
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    client.wait(&job, |_| ()).await.unwrap();
    assert_eq!(queue.calls(Operation::Result), 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_ends_the_wait_names_the_job_so_that_the_wait_can_go_on() {
    for (kind, operation) in [
        (FalErrorKind::Unauthorized, Operation::Status),
        (FalErrorKind::NotFound, Operation::Status),
    ] {
        let queue = ScriptedFalQueue::new(answering());
        queue.fail_next(operation, FalError::new(kind, operation));
        let client = client(&queue, PollPolicy::default());
        let job = submit(&client).await;
        let error = client.wait(&job, |_| ()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.request_id()),
            (kind, Some(&job.request_id))
        );
        assert_eq!(queue.calls(operation), 1, "{kind:?}");
        client.wait(&job, |_| ()).await.unwrap();
        assert_eq!((queue.accepted(), queue.cancelled()), (1, 0));
    }
}

/// Each kind of trouble on the way to a job, for one call of `operation`.
fn troubles(operation: Operation) -> Vec<FalError> {
    let trouble = |kind| FalError::new(kind, operation);
    vec![
        trouble(FalErrorKind::Unavailable).with_status(503),
        trouble(FalErrorKind::Unavailable).with_retryable(false),
        trouble(FalErrorKind::RateLimited).with_status(429),
        trouble(FalErrorKind::Unavailable).into_exhausted(4),
        trouble(FalErrorKind::RateLimited).into_exhausted(4),
        trouble(FalErrorKind::TimedOut),
        trouble(FalErrorKind::TimedOut).into_exhausted(4),
    ]
}

#[tokio::test(start_paused = true)]
async fn trouble_on_the_way_does_not_abandon_a_paid_job() {
    for operation in [Operation::Status, Operation::Result] {
        let queue = ScriptedFalQueue::new(answering());
        let troubles = troubles(operation);
        let many = u64::try_from(troubles.len()).unwrap();
        for error in troubles {
            queue.fail_next(operation, error);
        }
        let client = client(&queue, PollPolicy::default());
        let job = submit(&client).await;
        let start = Instant::now();
        let output = client.wait(&job, |_| ()).await.unwrap();
        assert_eq!(output.value["answer"], "yes");
        assert!(queue.calls(operation) > many);
        assert!(start.elapsed().as_secs() >= many, "pauses stand between");
        assert_eq!(queue.accepted(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_to_the_end_is_the_source_of_the_time_out() {
    for operation in [Operation::Status, Operation::Result] {
        let queue = ScriptedFalQueue::new(answering());
        for status in 1..=200 {
            let down = FalError::new(FalErrorKind::Unavailable, operation).with_status(status);
            queue.fail_next(operation, down);
        }
        let poll = PollPolicy::default().with_on_timeout(OnTimeout::Keep);
        let client = client(&queue, poll);
        let job = submit(&client).await;
        let start = Instant::now();
        let error = client.wait(&job, |_| ()).await.unwrap_err();
        assert_eq!(start.elapsed().as_secs(), 300);
        assert_eq!(
            (error.kind(), error.operation(), error.request_id()),
            (
                FalErrorKind::TimedOut,
                Operation::Wait,
                Some(&job.request_id)
            )
        );
        let source = std::error::Error::source(&error).unwrap();
        let last: &FalError = source.downcast_ref().unwrap();
        assert_eq!(last.operation(), operation);
        assert_eq!(
            last.status().map(u64::from),
            Some(queue.calls(operation)),
            "the last one is kept"
        );
        assert_eq!(queue.cancelled(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_queue_asks_for_is_kept_up_to_a_minute() {
    for (asked, kept) in [
        (Duration::from_secs(7), 7),
        (Duration::ZERO, 0),
        (Duration::MAX, 60),
    ] {
        let queue = ScriptedFalQueue::new(answering().with_polls(0, 0));
        let busy = FalError::new(FalErrorKind::RateLimited, Operation::Status);
        queue.fail_next(Operation::Status, busy.with_retry_after(asked));
        let client = client(&queue, PollPolicy::default());
        let job = submit(&client).await;
        let start = Instant::now();
        client.wait(&job, |_| ()).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), kept, "{asked:?}");
        assert_eq!(queue.calls(Operation::Status), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_ends_the_wait_at_once() {
    for (kind, word) in [
        (FalErrorKind::Refused, "content_policy_violation"),
        (FalErrorKind::InvalidInput, "missing"),
        (FalErrorKind::Provider, "internal_server_error"),
        (FalErrorKind::Cancelled, "client_cancelled"),
        (FalErrorKind::TimedOut, "generation_timeout"),
    ] {
        let verdict = FalError::new(kind, Operation::Result)
            .with_error_type(word)
            .with_status(504);
        let queue = ScriptedFalQueue::new(JobScript::fails(verdict).with_silent_failure());
        let client = client(&queue, PollPolicy::default());
        let job = submit(&client).await;
        let error = client.wait(&job, |_| ()).await.unwrap_err();
        assert_eq!((error.kind(), error.error_type()), (kind, Some(word)));
        assert_eq!(queue.calls(Operation::Result), 1, "{word}");
    }
    // FAL tells of the caller's own limit to start by a header, and perhaps without a word.
    let late = FalError::new(FalErrorKind::TimedOut, Operation::Result).with_status(504);
    let queue = ScriptedFalQueue::new(JobScript::fails(late).with_silent_failure());
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(
        (error.operation(), queue.calls(Operation::Result)),
        (Operation::Result, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn time_over_cancels_the_job_by_default() {
    let queue = ScriptedFalQueue::new(JobScript::endless());
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let start = Instant::now();
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::TimedOut);
    assert!(!error.is_retryable());
    assert_eq!(error.job().as_ref(), Some(&job));
    assert_eq!(error.request_id(), Some(&job.request_id));
    assert_eq!(start.elapsed().as_secs(), 300);
    assert_eq!(queue.cancelled(), 1);
}

#[tokio::test(start_paused = true)]
async fn time_over_keeps_the_job_when_told_to() {
    let queue = ScriptedFalQueue::new(JobScript::endless());
    let poll = PollPolicy::default()
        .with_total(Duration::from_secs(5))
        .with_on_timeout(OnTimeout::Keep);
    let client = client(&queue, poll);
    let job = submit(&client).await;
    assert_eq!(
        client.wait(&job, |_| ()).await.unwrap_err().kind(),
        FalErrorKind::TimedOut
    );
    assert_eq!((queue.calls(Operation::Cancel), queue.cancelled()), (0, 0));
    let polls = queue.calls(Operation::Status);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(
        queue.calls(Operation::Status),
        polls,
        "nobody polls after the end"
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_over_at_the_last_moment_is_fetched() {
    // Over after two polls, the second of which is the last before the time is out.
    let queue = ScriptedFalQueue::new(answering().with_polls(1, 1));
    let client = client(
        &queue,
        PollPolicy::default().with_total(Duration::from_secs(1)),
    );
    let job = submit(&client).await;
    let output = client.wait(&job, |_| ()).await.unwrap();
    assert_eq!(output.value["answer"], "yes");
    assert_eq!((queue.calls(Operation::Cancel), queue.cancelled()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_fails_is_the_source_of_the_time_out() {
    let queue = ScriptedFalQueue::new(JobScript::endless());
    queue.fail_next(
        Operation::Cancel,
        FalError::new(FalErrorKind::Unavailable, Operation::Cancel),
    );
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::TimedOut);
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .starts_with("cancel")
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_keeps_or_cancels_by_policy() {
    for (choice, cancelled) in [(OnDrop::Keep, 0), (OnDrop::Cancel, 1)] {
        let queue = ScriptedFalQueue::new(JobScript::endless());
        let client = client(&queue, PollPolicy::default().with_on_drop(choice));
        let job = submit(&client).await;
        assert!(
            timeout(Duration::from_secs(3), client.wait(&job, |_| ()))
                .await
                .is_err()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(queue.cancelled(), cancelled, "{choice:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_finished_wait_cancels_nothing() {
    let queue = ScriptedFalQueue::new(answering());
    let client = client(&queue, PollPolicy::default().with_on_drop(OnDrop::Cancel));
    let job = submit(&client).await;
    client.wait(&job, |_| ()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(queue.calls(Operation::Cancel), 0);
}

#[tokio::test(start_paused = true)]
async fn a_total_past_the_end_of_the_clock_is_no_limit() {
    let queue = ScriptedFalQueue::new(answering());
    let client = client(&queue, PollPolicy::default().with_total(Duration::MAX));
    let job = submit(&client).await;
    client.wait(&job, |_| ()).await.unwrap();
}

#[test]
fn the_futures_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let client = client(&ScriptedFalQueue::default(), PollPolicy::default());
    let model = model();
    let input = Prompt { prompt: "" };
    let options = SubmitOptions::default();
    is_send(&client.subscribe(&model, &input, &options, |_| ()));
}
