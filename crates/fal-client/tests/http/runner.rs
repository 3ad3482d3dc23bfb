//! Models that are run without the queue.

use std::time::Duration;

use fal_client::{
    BillableUnits, Billed, FalError, FalErrorKind, FalRunner, RetryPolicy, SubmitOptions,
    SubmitRetry,
    http::HttpFalRunner,
    layer::Retrying,
    testing::{Reply, ScriptedServer},
};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::support::{KEY, endpoint, settings, start};

fn runner(server: &ScriptedServer) -> HttpFalRunner {
    let settings = settings(server).with_run_timeout(Duration::from_secs(5));
    HttpFalRunner::new(&settings).unwrap()
}

async fn run(runner: &impl FalRunner) -> Result<Value, FalError> {
    let input = json!({ "prompt": "a canary prompt" });
    let options = SubmitOptions::default();
    let output = runner.run(&endpoint(), &input, &options).await?;
    Ok(output.value)
}

#[tokio::test]
async fn a_run_gives_its_output_and_its_units() {
    let body = include_str!("../wire/result.json");
    let headers = [("x-fal-billable-units", "4")];
    let server = start([Reply::with_headers(200, &headers, body)]).await;
    let options = SubmitOptions::default().with_no_store_io();
    let output = runner(&server)
        .run(&endpoint(), &json!({ "prompt": "x" }), &options)
        .await
        .unwrap();
    assert_eq!(output.value, serde_json::from_str::<Value>(body).unwrap());
    assert_eq!(output.billable_units, Some(BillableUnits::from_units(4)));
    let request = server.requests().remove(0);
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/fal-ai/imagen4/preview/fast")
    );
    assert_eq!(request.header("x-fal-store-io"), Some("0"));
    assert_eq!(
        request.header("authorization"),
        Some(format!("Key {KEY}").as_str())
    );
}

/// What came back → kind, and whether it was billed. Nothing but what is proven unsent is sent again.
#[tokio::test]
async fn a_run_that_was_perhaps_started_is_not_repeated() {
    let nginx = include_str!("../wire/errors/nginx_503.html");
    let refused = include_str!("../wire/errors/content_policy_violation.json");
    let runner_lost = include_str!("../wire/errors/runner_disconnected.json");
    for (reply, kind, billed, sent) in [
        (Reply::Close, FalErrorKind::Unacknowledged, Billed::Maybe, 1),
        (
            Reply::html(502, nginx),
            FalErrorKind::Unacknowledged,
            Billed::Maybe,
            1,
        ),
        (
            Reply::html(504, nginx),
            FalErrorKind::Unacknowledged,
            Billed::Maybe,
            1,
        ),
        (
            Reply::json(503, runner_lost),
            FalErrorKind::Unacknowledged,
            Billed::Maybe,
            1,
        ),
        (
            Reply::json(200, "<html>"),
            FalErrorKind::Unacknowledged,
            Billed::Maybe,
            1,
        ),
        (
            Reply::json(422, refused),
            FalErrorKind::Refused,
            Billed::Maybe,
            1,
        ),
        (
            Reply::json(500, r#"{"detail":"x"}"#),
            FalErrorKind::Provider,
            Billed::No,
            1,
        ),
        (
            Reply::html(503, nginx),
            FalErrorKind::Exhausted,
            Billed::No,
            2,
        ),
        (
            Reply::json(429, "{}"),
            FalErrorKind::Exhausted,
            Billed::No,
            2,
        ),
    ] {
        let shown = format!("{reply:?}");
        let server = start([reply.clone(), reply]).await;
        let policy = RetryPolicy::new(2).with_base(Duration::ZERO);
        let error = run(&Retrying::new(runner(&server), policy))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.billed()), (kind, billed), "{shown}");
        assert_eq!(server.requests().len(), sent, "{shown}");
        assert_eq!(error.endpoint(), Some(&endpoint()));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_run_behind_a_gateway_is_not_paid_twice_whatever_the_rule_for_submits() {
    for status in [502, 504] {
        let page = Reply::html(status, "<center>nginx</center>");
        let server = start([page.clone(), page]).await;
        let policy = RetryPolicy::new(2)
            .with_base(Duration::ZERO)
            .with_submit(SubmitRetry::Ingress);
        let error = run(&Retrying::new(runner(&server), policy))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Unacknowledged, "{status}");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_only_the_queue_has_costs_no_call() {
    let server = start([]).await;
    for options in [
        SubmitOptions::default().with_max_queue_length(1),
        SubmitOptions::default().with_webhook("https://pictures.example".parse().unwrap()),
        SubmitOptions::default().with_start_timeout(Duration::ZERO),
    ] {
        let error = runner(&server).run(&endpoint(), &json!({}), &options).await;
        assert_eq!(error.unwrap_err().kind(), FalErrorKind::Config);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_streaming_model_gives_piece_by_piece() {
    let events = ": x\n\ndata: {\"n\":1}\n\ndata: {\"n\":\ndata: 2}\n\n";
    let server = start([Reply::events(events)]).await;
    let input = json!({ "prompt": "x" });
    let pieces = runner(&server)
        .stream(&endpoint(), &input, &SubmitOptions::default())
        .await
        .unwrap();
    let pieces: Vec<Value> = pieces.try_collect().await.unwrap();
    assert_eq!(pieces, [json!({ "n": 1 }), json!({ "n": 2 })]);
    assert_eq!(
        server.requests()[0].target,
        "/fal-ai/imagen4/preview/fast/stream"
    );
}

#[tokio::test]
async fn a_stream_of_output_ends_with_its_error() {
    let refusal = include_str!("../wire/errors/content_policy_violation.json").trim();
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999\r\n\r\ndata: 1\n\n";
    for (reply, good, kind) in [
        (
            Reply::events(&format!("data: 1\n\nevent: error\ndata: {refusal}\n\n")),
            1,
            FalErrorKind::Refused,
        ),
        (
            Reply::events("event: error\ndata: canary\n\n"),
            0,
            FalErrorKind::Provider,
        ),
        (
            Reply::events("data: canary\n\n"),
            0,
            FalErrorKind::Malformed,
        ),
        (Reply::Raw(cut.into()), 1, FalErrorKind::Unacknowledged),
        (Reply::json(422, refusal), 0, FalErrorKind::Refused),
        (Reply::json(200, "{}"), 0, FalErrorKind::Unacknowledged),
    ] {
        let shown = format!("{reply:.80?}");
        let server = start([reply]).await;
        let opened = runner(&server)
            .stream(&endpoint(), &json!({}), &SubmitOptions::default())
            .await;
        let pieces: Vec<_> = match opened {
            Ok(pieces) => pieces.collect().await,
            Err(error) => vec![Err(error)],
        };
        let (last, before) = pieces.split_last().unwrap();
        let error = last.as_ref().unwrap_err();
        assert_eq!((before.len(), error.kind()), (good, kind), "{shown}");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
}
