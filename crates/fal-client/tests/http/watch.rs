//! The stream of a job's states, as it comes and as it breaks.

use std::{sync::Arc, time::Duration};

use fal_client::{
    FalClient, FalError, FalErrorKind, FalQueue, Follow, JobEvent, JobStatus, PollPolicy,
    http::HttpFalQueue,
    testing::{Reply, ScriptedServer},
};
use futures_util::StreamExt;

use crate::support::{ID, job, serve, settings};

const STREAM: &str = include_str!("../wire/status_stream.txt");

async fn collect(queue: &HttpFalQueue) -> Vec<Result<JobStatus, FalError>> {
    match queue.watch(&job()).await {
        Ok(states) => states.collect().await,
        Err(error) => vec![Err(error)],
    }
}

/// Returns how many states came, and the kind of the error that ended the stream.
async fn outcome(reply: Reply) -> (usize, Option<FalErrorKind>) {
    let server = ScriptedServer::start([reply]).await.unwrap();
    let idle = Duration::from_millis(200);
    let settings = settings(&server)
        .with_stream_idle_timeout(idle)
        .with_request_timeout(idle);
    let states = collect(&HttpFalQueue::new(&settings).unwrap()).await;
    for error in states.iter().filter_map(|state| state.as_ref().err()) {
        assert_eq!(error.request_id().unwrap().as_str(), ID);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let good = states.iter().filter(|state| state.is_ok()).count();
    let last = states.into_iter().next_back();
    (good, last.and_then(Result::err).map(|error| error.kind()))
}

#[tokio::test]
async fn a_recorded_stream_is_read_to_the_end_of_the_job() {
    let (server, queue) = serve([Reply::stalled_events(STREAM)]).await;
    let states: Vec<_> = collect(&queue)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(states[0], JobStatus::Queued { position: 1 });
    let lines: Vec<_> = states
        .iter()
        .flat_map(|status| match status {
            JobStatus::Running { logs } | JobStatus::Completed { logs, .. } => logs.as_slice(),
            _ => &[],
        })
        .map(|line| line.message.as_str())
        .collect();
    assert_eq!(lines, ["loading", "drawing", "done"]);
    assert!(
        states.last().unwrap().is_completed(),
        "and no longer: the server keeps it open"
    );
    let request = server.requests().remove(0);
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        (
            "GET",
            format!("/fal-ai/imagen4/requests/{ID}/status/stream?logs=1").as_str()
        )
    );
    assert_eq!(request.header("accept"), Some("text/event-stream"));
}

#[tokio::test]
async fn a_stream_that_is_refused_breaks_stalls_or_is_none_says_so() {
    let queued = "data: {\"status\":\"IN_QUEUE\",\"queue_position\":0}\n\n";
    let stale = "content-type: text/event-stream";
    let cut = format!("HTTP/1.1 200 OK\r\n{stale}\r\ncontent-length: 999\r\n\r\n{queued}");
    let huge = format!("data: {}\n\n", "x".repeat(5 * 1024 * 1024));
    for (reply, expected) in [
        (
            Reply::json(404, include_str!("../wire/not_found.json")),
            (0, FalErrorKind::NotFound),
        ),
        (Reply::json(405, "{}"), (0, FalErrorKind::Config)),
        (Reply::json(200, queued), (0, FalErrorKind::Malformed)),
        (Reply::html(502, "nginx"), (0, FalErrorKind::Unavailable)),
        (Reply::Close, (0, FalErrorKind::Unavailable)),
        (Reply::Silence, (0, FalErrorKind::TimedOut)),
        (Reply::events(""), (0, FalErrorKind::Unavailable)),
        (Reply::events(queued), (1, FalErrorKind::Unavailable)),
        (Reply::Raw(cut.into_bytes()), (1, FalErrorKind::Unavailable)),
        (Reply::stalled_events(queued), (1, FalErrorKind::TimedOut)),
        (
            Reply::events("data: canary\n\n"),
            (0, FalErrorKind::Malformed),
        ),
        (
            Reply::events("data: {\"status\":\"PAUSED\"}\n\n"),
            (0, FalErrorKind::Malformed),
        ),
        (Reply::events(&huge), (0, FalErrorKind::Malformed)),
    ] {
        let shown = format!("{reply:.60?}");
        let (states, kind) = outcome(reply).await;
        assert_eq!((states, kind), (expected.0, Some(expected.1)), "{shown}");
    }
}

#[tokio::test]
async fn a_wait_by_stream_polls_on_where_the_stream_broke() {
    let broken = STREAM.split_inclusive("\n\n").take(4).collect::<String>();
    let (server, queue) = serve([
        Reply::events(&broken),
        Reply::json(200, include_str!("../wire/status_done_with_logs.json")),
        Reply::json(200, include_str!("../wire/result.json")),
    ])
    .await;
    let client = FalClient::new(Arc::new(queue))
        .with_poll(PollPolicy::default().with_follow(Follow::Stream));
    let mut lines = Vec::new();
    let job = job();
    let output = client.wait(&job, |event| {
        if let JobEvent::Line(line) = event {
            lines.push(line.message.clone());
        }
    });
    assert!(output.await.unwrap().value["images"].is_array());
    assert_eq!(lines, ["loading", "drawing", "done"]);
    assert_eq!(server.requests().len(), 3);
}
