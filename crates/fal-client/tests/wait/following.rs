//! Streams of states, and the wait as a stream.

use std::time::Duration;

use fal_client::{
    FalError, FalErrorKind, Follow, JobEvent, OnDrop, OnTimeout, Operation, PollPolicy,
    SubmitOptions,
    testing::{JobScript, ScriptedFalQueue},
};
use futures_util::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use crate::support::{Prompt, answering, client, every_event, model, submit};

pub(crate) fn streaming() -> PollPolicy {
    PollPolicy::default().with_follow(Follow::Stream)
}

#[tokio::test(start_paused = true)]
async fn a_job_is_followed_by_its_stream_without_a_poll() {
    let queue = ScriptedFalQueue::new(answering());
    let client = client(&queue, streaming());
    let job = submit(&client).await;
    let mut seen = Vec::new();
    let output = client.wait(&job, |event| seen.push(event.clone())).await;
    assert_eq!(output.unwrap().value["answer"], "yes");
    assert_eq!(seen, every_event());
    assert_eq!(
        (
            queue.calls(Operation::Watch),
            queue.calls(Operation::Status)
        ),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_refused_or_breaks_is_polled_on_without_repeats_and_loss() {
    let broken = |kind| FalError::new(kind, Operation::Watch);
    for kind in [
        FalErrorKind::Config,
        FalErrorKind::NotFound,
        FalErrorKind::Unavailable,
        FalErrorKind::TimedOut,
        FalErrorKind::Malformed,
    ] {
        // Refused, or broken after each of its states; four would be the whole stream.
        for states in 0..4 {
            let queue = ScriptedFalQueue::new(answering().with_polls(1, 2));
            if states == 0 {
                queue.fail_next(Operation::Watch, broken(kind));
            } else {
                queue.break_stream_after(states - 1, broken(kind));
            }
            let client = client(&queue, streaming());
            let job = submit(&client).await;
            let mut seen = Vec::new();
            let output = client.wait(&job, |event| seen.push(event.clone())).await;
            assert_eq!(output.unwrap().value["answer"], "yes");
            assert_eq!(seen, every_event(), "{kind:?} after {states}");
            assert!(queue.calls(Operation::Status) > 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_ends_is_left_when_the_time_is_over() {
    let queue = ScriptedFalQueue::new(JobScript::endless());
    let client = client(&queue, streaming());
    let job = submit(&client).await;
    let start = Instant::now();
    let error = client.wait(&job, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::TimedOut);
    assert_eq!((start.elapsed().as_secs(), queue.cancelled()), (300, 1));
}

#[tokio::test(start_paused = true)]
async fn the_wait_as_a_stream_gives_the_same_events_and_then_the_output() {
    for poll in [PollPolicy::default(), streaming()] {
        let queue = ScriptedFalQueue::new(answering());
        let client = client(&queue, poll);
        let input = Prompt { prompt: "well?" };
        let subscribed = client
            .subscribe_events(&model(), &input, &SubmitOptions::default())
            .await;
        let (job, events) = subscribed.unwrap();
        let mut seen: Vec<JobEvent> = events.try_collect().await.unwrap();
        let last = seen.pop().unwrap();
        assert!(
            matches!(&last, JobEvent::Completed(output) if output.value["answer"] == "yes"),
            "{last:?}"
        );
        assert_eq!(seen, every_event());
        assert_eq!(job.endpoint, model().0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_as_a_stream_ends_with_its_error_and_is_dropped_by_policy() {
    let refused = FalError::new(FalErrorKind::Refused, Operation::Result);
    let queue = ScriptedFalQueue::new(JobScript::fails(refused).with_silent_failure());
    let failing = client(&queue, PollPolicy::default());
    let job = submit(&failing).await;
    let events: Vec<_> = failing.events(&job).collect().await;
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().kind(), FalErrorKind::Refused);
    assert!(before.iter().all(Result::is_ok) && before.len() == 4);

    let queue = ScriptedFalQueue::new(JobScript::endless());
    let client = client(&queue, PollPolicy::default().with_on_drop(OnDrop::Cancel));
    let job = submit(&client).await;
    let mut events = client.events(&job);
    events.next().await.unwrap().unwrap();
    drop(events);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(queue.cancelled(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_is_taken_up_by_its_id_alone() {
    let queue = ScriptedFalQueue::new(answering());
    let client = client(&queue, PollPolicy::default());
    let id = submit(&client).await.request_id.to_string();
    let delivered = client
        .resume(&model(), id.parse().unwrap(), |_| ())
        .await
        .unwrap();
    assert_eq!(delivered.output.answer, "yes");
    assert_eq!(
        (queue.accepted(), delivered.job.request_id.as_str()),
        (1, id.as_str())
    );
}

/// Policy, limit in the options → limit that FAL is told.
#[tokio::test(start_paused = true)]
async fn a_bounded_wait_tells_fal_when_not_to_start_any_more() {
    let second = Duration::from_secs(1);
    let total = |seconds| PollPolicy::default().with_total(second * seconds);
    let keeping = total(90).with_on_timeout(OnTimeout::Keep);
    for (poll, own, told) in [
        (total(90), None, Some(second * 90)),
        (total(90), Some(second * 5), Some(second * 5)),
        (keeping, None, None),
        (total(1), None, None),
        (PollPolicy::default().with_total(Duration::MAX), None, None),
    ] {
        let queue = ScriptedFalQueue::new(answering().with_polls(0, 0));
        let client = client(&queue, poll);
        let mut options = SubmitOptions::default();
        if let Some(limit) = own {
            options = options.with_start_timeout(limit);
        }
        let input = Prompt { prompt: "well?" };
        client
            .subscribe(&model(), &input, &options, |_| ())
            .await
            .unwrap();
        assert_eq!(queue.submitted()[0].2.start_timeout(), told, "{poll:?}");
    }
}
