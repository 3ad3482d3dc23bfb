//! Answers that cannot be read: asked for again, within bounds.

use std::time::Duration;

use fal_client::{
    FalError, FalErrorKind, JobEvent, OnTimeout, Operation, PollPolicy,
    testing::{JobScript, ScriptedFalQueue},
};
use tokio::time::Instant;

use crate::support::{answering, client, submit};

const CALLS: [Operation; 2] = [Operation::Status, Operation::Result];

fn unreadable(operation: Operation) -> FalError {
    FalError::new(FalErrorKind::Malformed, operation).with_status(200)
}

fn fail(queue: &ScriptedFalQueue, operation: Operation, times: usize) {
    for _ in 0..times {
        queue.fail_next(operation, unreadable(operation));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_asked_for_again() {
    for poll in [PollPolicy::default(), crate::following::streaming()] {
        for operation in CALLS {
            for times in [1, 9] {
                let queue = ScriptedFalQueue::new(answering());
                fail(&queue, operation, times);
                let client = client(&queue, poll);
                let job = submit(&client).await;
                let output = client.wait(&job, |_| ()).await.unwrap();
                assert_eq!(output.value["answer"], "yes", "{operation} {times}");
                assert_eq!((queue.accepted(), queue.cancelled()), (1, 0));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_stay_unreadable_end_the_wait_and_name_the_job_that_goes_on() {
    for operation in CALLS {
        let queue = ScriptedFalQueue::new(answering());
        fail(&queue, operation, 10);
        let client = client(&queue, PollPolicy::default());
        let job = submit(&client).await;
        let start = Instant::now();
        let error = client.wait(&job, |_| ()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (FalErrorKind::Malformed, operation)
        );
        assert_eq!(error.job().as_ref(), Some(&job));
        assert_eq!(queue.calls(operation), 10);
        assert!(start.elapsed().as_secs() >= 14, "pauses stand between");
        let output = client.wait(&job, |_| ()).await.unwrap();
        assert_eq!(output.value["answer"], "yes", "the wait is taken up again");
        assert_eq!((queue.accepted(), queue.cancelled()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_can_be_read_begins_the_count_anew() {
    let queue = ScriptedFalQueue::new(answering().with_polls(3, 0));
    fail(&queue, Operation::Status, 9);
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let listener = |event: &JobEvent| {
        if matches!(event, JobEvent::Queued { .. }) {
            fail(&queue, Operation::Status, 9);
        }
    };
    client.wait(&job, listener).await.unwrap();
    assert_eq!(queue.calls(Operation::Status), 4 * (9 + 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_begins_no_count_anew() {
    let queue = ScriptedFalQueue::new(answering());
    for _ in 0..10 {
        let down = FalError::new(FalErrorKind::Unavailable, Operation::Status);
        queue.fail_next(Operation::Status, down);
        fail(&queue, Operation::Status, 1);
    }
    let client = client(&queue, PollPolicy::default());
    let job = submit(&client).await;
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Malformed);
    assert_eq!(queue.calls(Operation::Status), 20);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_policy_goes_before_the_count() {
    let queue = ScriptedFalQueue::new(JobScript::endless());
    fail(&queue, Operation::Status, 10);
    let poll = PollPolicy::default()
        .with_total(Duration::from_secs(3))
        .with_on_timeout(OnTimeout::Keep);
    let client = client(&queue, poll);
    let job = submit(&client).await;
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::TimedOut);
    let source = std::error::Error::source(&error).unwrap();
    let last: &FalError = source.downcast_ref().unwrap();
    assert_eq!(last.kind(), FalErrorKind::Malformed);
    assert_eq!(error.job(), Some(job));
}
