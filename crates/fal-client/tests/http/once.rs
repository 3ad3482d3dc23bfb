//! A submit is paid once: faults of every kind, counted at the server.

use std::time::Duration;

use fal_client::{
    FalErrorKind, FalQueue, JobStatus, RetryPolicy, SubmitOptions, layer::Retrying, testing::Reply,
};
use serde_json::json;

use crate::support::{endpoint, job, serve};

/// What the server does with one submit, and whether it accepts the job.
fn fault(choice: u8) -> (Reply, bool) {
    let nginx = include_str!("../wire/errors/nginx_503.html");
    match choice {
        0 => (Reply::json(429, ""), false),
        1 => (Reply::html(503, nginx), false),
        2 => (Reply::html(500, nginx), false),
        // From here on the job was accepted and the answer spoilt, as far as a client can tell.
        3 => (Reply::html(502, nginx), true),
        4 => (Reply::html(504, nginx), true),
        5 => (
            Reply::json(500, r#"{"detail":"x","error_type":"internal_error"}"#),
            true,
        ),
        6 => (Reply::Close, true),
        7 => (
            Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
            true,
        ),
        8 => (Reply::json(200, "<html>"), true),
        _ => (
            Reply::json(200, include_str!("../wire/submitted.json")),
            true,
        ),
    }
}

#[tokio::test]
async fn a_thousand_faulted_submits_are_accepted_at_most_once_each() {
    let (server, queue) = serve([]).await;
    let policy = RetryPolicy::default().with_base(Duration::ZERO);
    let queue = Retrying::new(queue, policy);
    let mut random = fastrand::Rng::with_seed(20_261_122);
    let (mut succeeded, mut unacknowledged, mut repeated) = (0, 0, 0);
    for round in 0..1_000 {
        // More faults than tries, so that every round ends by its own.
        let faults: Vec<(Reply, bool)> = (0..policy.tries())
            .map(|_| fault(random.u8(0..12)))
            .collect();
        let before = server.requests().len();
        for (reply, _) in &faults {
            server.add(reply.clone());
        }
        let outcome = queue
            .submit(&endpoint(), &json!({}), &SubmitOptions::default())
            .await;
        let sent = server.requests().len() - before;
        server.clear();

        let accepted = faults[..sent]
            .iter()
            .filter(|(_, accepted)| *accepted)
            .count();
        assert!(
            accepted <= 1,
            "round {round}: {accepted} accepted in {sent} requests"
        );
        match outcome {
            Ok(handle) => {
                assert_eq!((handle, accepted), (job(), 1));
                succeeded += 1;
            }
            Err(error) if error.kind() == FalErrorKind::Unacknowledged => {
                assert_eq!(accepted, 1, "round {round}");
                unacknowledged += 1;
            }
            Err(error) => {
                assert_eq!(
                    (error.kind(), accepted),
                    (FalErrorKind::Exhausted, 0),
                    "round {round}"
                );
            }
        }
        repeated += usize::from(sent > 1);
    }
    // The seed is fixed; these say that the rounds were not all of one kind.
    assert!(
        succeeded > 100 && unacknowledged > 100 && repeated > 100,
        "{succeeded} {unacknowledged} {repeated}"
    );
}

#[tokio::test]
async fn a_504_on_a_result_is_asked_again() {
    let page = include_str!("../wire/errors/nginx_504.html");
    let (server, queue) = serve([
        Reply::json(200, r#"{"status":"COMPLETED"}"#),
        Reply::html(504, page),
        Reply::html(504, page),
        Reply::json(200, include_str!("../wire/result.json")),
    ])
    .await;
    let queue = Retrying::new(
        queue,
        RetryPolicy::default().with_base(Duration::from_millis(1)),
    );
    assert!(matches!(
        queue.status(&job()).await.unwrap(),
        JobStatus::Completed { .. }
    ));
    assert!(queue.result(&job()).await.unwrap().value["images"].is_array());
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_second_submit_does_not_send_it_twice() {
    let body = include_str!("../wire/submitted.json");
    let (server, queue) =
        serve([Reply::kept(200, body), Reply::Close, Reply::json(200, body)]).await;
    let (endpoint, input, options) = (endpoint(), json!({}), SubmitOptions::default());
    queue.submit(&endpoint, &input, &options).await.unwrap();
    let error = queue.submit(&endpoint, &input, &options).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
    assert_eq!(server.requests().len(), 2);
}
