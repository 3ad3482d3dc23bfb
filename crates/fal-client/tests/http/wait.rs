//! The wait for a paid job over HTTP: answers that cannot be read, and the end of a wait that is dropped.

use std::{sync::Arc, time::Duration};

use fal_client::{
    FalClient, FalErrorKind, JobOutput, OnDrop, Operation, PollPolicy,
    http::HttpFalQueue,
    testing::{Reply, ScriptedServer},
};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::support::{job, settings, start};

const COMPLETED: &str = include_str!("../wire/status_completed.json");
const RESULT: &str = include_str!("../wire/result.json");

fn poll() -> PollPolicy {
    let pause = Duration::from_millis(1);
    PollPolicy::default().with_interval(pause, pause)
}

fn client(server: &ScriptedServer) -> FalClient {
    let queue = HttpFalQueue::new(&settings(server)).unwrap();
    FalClient::new(Arc::new(queue)).with_poll(poll())
}

fn ok(body: &str) -> Reply {
    Reply::json(200, body)
}

fn assert_recorded(output: &JobOutput) {
    let recorded: Value = serde_json::from_str(RESULT).unwrap();
    assert_eq!(output.value, recorded);
}

/// What comes in the place of a status or of a result: nothing, pages, pieces, bytes.
fn garbage() -> Vec<Reply> {
    let framed = |body: &[u8]| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\nconnection: close\r\n\r\n";
        Reply::Raw([head, body].concat())
    };
    vec![
        ok(""),
        Reply::html(200, "<html>under maintenance</html>"),
        ok(r#"{"status":"COMPL"#),
        framed(br#"{"images":"#),
        framed(&[0xff; 20]),
    ]
}

#[tokio::test]
async fn one_answer_that_cannot_be_read_loses_no_paid_job() {
    let shapes = ["[]", "7", "{}", r#"{"status":7}"#, r#"{"status":"PAUSED"}"#];
    for reply in garbage().into_iter().chain(shapes.map(ok)) {
        let server = start([reply, ok(COMPLETED), ok(RESULT)]).await;
        let output = client(&server).wait(&job(), |_| ()).await;
        assert_recorded(&output.unwrap());
        assert_eq!(server.requests().len(), 3);
    }
    for reply in garbage() {
        let server = start([ok(COMPLETED), reply, ok(COMPLETED), ok(RESULT)]).await;
        let output = client(&server).wait(&job(), |_| ()).await;
        assert_recorded(&output.unwrap());
        assert_eq!(server.requests().len(), 4);
    }
}

#[tokio::test]
async fn answers_that_stay_unreadable_are_not_fetched_for_ever_and_the_wait_can_be_taken_up_again()
{
    let large = format!("\"{}\"", "x".repeat(4 * 1024 * 1024));
    for reply in [ok("<html>"), ok(&large)] {
        let server = start([]).await;
        for _ in 0..10 {
            server.add(ok(COMPLETED));
            server.add(reply.clone());
        }
        let client = client(&server);
        let error = client.wait(&job(), |_| ()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (FalErrorKind::Malformed, Operation::Result)
        );
        assert_eq!(server.requests().len(), 20);
        server.add(ok(COMPLETED));
        server.add(ok(RESULT));
        let output = client.wait(&error.job().unwrap(), |_| ()).await;
        assert_recorded(&output.unwrap());
    }
}

#[tokio::test]
async fn a_status_is_read_whatever_stands_beside_its_state() {
    let odd =
        r#"{"status":"COMPLETED","queue_position":-1,"logs":[{"message":null}],"metrics":"fast"}"#;
    let server = start([ok(odd), ok(RESULT)]).await;
    let output = client(&server).wait(&job(), |_| ()).await;
    assert_recorded(&output.unwrap());
}

#[tokio::test]
async fn a_wait_that_is_dropped_while_the_result_comes_asks_no_more_and_cancels_by_policy() {
    let over = include_str!("../wire/cancel_already_completed.json");
    for (choice, last) in [(OnDrop::Keep, "GET"), (OnDrop::Cancel, "PUT")] {
        let server = start([ok(COMPLETED), Reply::Silence, Reply::json(400, over)]).await;
        let client = client(&server).with_poll(poll().with_on_drop(choice));
        let limit = Duration::from_millis(200);
        let waited = timeout(limit, client.wait(&job(), |_| ())).await;
        assert!(waited.is_err());
        sleep(limit).await;
        let requests = server.requests();
        assert_eq!(requests.last().unwrap().method, last, "{choice:?}");
        assert_eq!(requests.len(), if last == "GET" { 2 } else { 3 });
    }
}
