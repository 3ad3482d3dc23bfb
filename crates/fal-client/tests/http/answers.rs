//! What is sent, and how successes are read.

use std::time::Duration;

use fal_client::{
    Access, BillableUnits, CancelOutcome, FalErrorKind, FalQueue, JobStatus, ObjectLifecycle,
    Priority, SubmitOptions, Tags, WebhookUrl, testing::Reply,
};
use serde_json::{Value, json};

use crate::support::{ID, KEY, endpoint, job, serve};

#[tokio::test]
async fn a_submit_is_sent_whole_and_its_handle_read() {
    let (server, queue) = serve([Reply::json(200, include_str!("../wire/submitted.json"))]).await;
    let options = SubmitOptions::default()
        .with_priority(Priority::Low)
        .with_start_timeout(Duration::from_secs(30))
        .with_output_expires(Duration::from_hours(1))
        .with_no_store_io();
    let input = json!({ "prompt": "a cat", "aspect_ratio": "16:9" });
    let handle = queue.submit(&endpoint(), &input, &options).await.unwrap();
    assert_eq!(handle, job());

    let request = server.requests().remove(0);
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/fal-ai/imagen4/preview/fast")
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        input
    );
    for (name, value) in [
        ("authorization", format!("Key {KEY}").as_str()),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("x-fal-queue-priority", "low"),
        ("x-fal-request-timeout", "30"),
        ("x-fal-store-io", "0"),
        (
            "x-fal-object-lifecycle-preference",
            r#"{"expiration_duration_seconds":3600}"#,
        ),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("fal-client/")
    );
}

#[tokio::test]
async fn a_submit_by_default_sends_no_header_of_fal() {
    let (server, queue) = serve([Reply::json(201, include_str!("../wire/submitted.json"))]).await;
    queue
        .submit(&endpoint(), &json!({}), &SubmitOptions::default())
        .await
        .unwrap();
    let request = server.requests().remove(0);
    assert!(
        request
            .headers
            .iter()
            .all(|(name, _)| !name.starts_with("x-fal")),
        "{request:?}"
    );
}

#[tokio::test]
async fn every_option_is_its_header_or_its_part_of_the_query() {
    let (server, queue) = serve([Reply::json(200, include_str!("../wire/submitted.json"))]).await;
    let hook: WebhookUrl = "https://pictures.example/fal?a=1&b=2".parse().unwrap();
    let lifecycle = ObjectLifecycle::default()
        .with_no_end()
        .with_access(Access::Hide);
    let options = SubmitOptions::default()
        .with_runner_hint("lora-1")
        .with_no_server_retry()
        .with_no_fallback()
        .with_lifecycle(lifecycle)
        .with_tags(Tags::default().with("tenant", "a").unwrap())
        .with_webhook(hook.for_id("0199").unwrap())
        .with_max_queue_length(7);
    queue
        .submit(&endpoint(), &json!({}), &options)
        .await
        .unwrap();
    let request = server.requests().remove(0);
    assert_eq!(
        request.target,
        "/fal-ai/imagen4/preview/fast?fal_webhook=https%3A%2F%2Fpictures.example%2Ffal%2F0199%3Fa%3D1%26b%3D2\
         &fal_max_queue_length=7"
    );
    for (name, value) in [
        ("x-fal-runner-hint", "lora-1"),
        ("x-fal-no-retry", "1"),
        ("x-app-fal-disable-fallback", "true"),
        ("x-fal-tags", "tenant=a"),
        (
            "x-fal-object-lifecycle-preference",
            r#"{"expiration_duration_seconds":null,"initial_acl":{"default":"hide"}}"#,
        ),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_bad_option_costs_no_call() {
    let (server, queue) = serve([]).await;
    let options = SubmitOptions::default().with_start_timeout(Duration::from_millis(500));
    let error = queue
        .submit(&endpoint(), &json!({}), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Config);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn states_are_asked_at_the_app_and_read_with_any_success() {
    let (server, queue) = serve([
        Reply::json(202, include_str!("../wire/status_queued.json")),
        Reply::json(202, include_str!("../wire/status_running.json")),
        Reply::json(200, include_str!("../wire/status_completed.json")),
        Reply::json(200, include_str!("../wire/status_failed.json")),
    ])
    .await;
    assert_eq!(
        queue.status(&job()).await.unwrap(),
        JobStatus::Queued { position: 3 }
    );
    assert!(
        matches!(queue.status(&job()).await.unwrap(), JobStatus::Running { logs } if logs.len() == 2)
    );
    assert!(matches!(
        queue.status(&job()).await.unwrap(),
        JobStatus::Completed { failure: None, .. }
    ));
    assert!(matches!(
        queue.status(&job()).await.unwrap(),
        JobStatus::Completed {
            failure: Some(_),
            ..
        }
    ));
    let request = server.requests().remove(0);
    assert_eq!(request.method, "GET");
    assert_eq!(
        request.target,
        format!("/fal-ai/imagen4/requests/{ID}/status?logs=1")
    );
}

#[tokio::test]
async fn a_state_of_tomorrow_is_malformed() {
    let (_server, queue) = serve([Reply::json(200, r#"{"status":"PAUSED"}"#)]).await;
    let error = queue.status(&job()).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Malformed);
    assert_eq!(error.request_id().unwrap().as_str(), ID);
}

#[tokio::test]
async fn a_result_keeps_its_value_and_its_units() {
    let body = include_str!("../wire/result.json");
    let headers = [("x-fal-billable-units", "1.5"), ("x-fal-request-id", ID)];
    let (server, queue) = serve([
        Reply::with_headers(200, &headers, body),
        Reply::json(200, body),
    ])
    .await;
    let output = queue.result(&job()).await.unwrap();
    assert_eq!(output.value, serde_json::from_str::<Value>(body).unwrap());
    assert_eq!(
        output.billable_units,
        Some(BillableUnits::from_micros(1_500_000))
    );
    assert_eq!(queue.result(&job()).await.unwrap().billable_units, None);
    assert_eq!(
        server.requests()[0].target,
        format!("/fal-ai/imagen4/requests/{ID}")
    );
}

#[tokio::test]
async fn a_status_in_place_of_a_result_is_not_finished() {
    let (_server, queue) = serve([Reply::json(
        202,
        include_str!("../wire/status_running.json"),
    )])
    .await;
    assert_eq!(
        queue.result(&job()).await.unwrap_err().kind(),
        FalErrorKind::NotFinished
    );
}

#[tokio::test]
async fn cancels_have_their_outcomes() {
    let (server, queue) = serve([
        Reply::json(202, include_str!("../wire/cancel_requested.json")),
        Reply::json(200, include_str!("../wire/cancel_success.json")),
        Reply::json(400, include_str!("../wire/cancel_already_completed.json")),
        Reply::json(404, include_str!("../wire/not_found.json")),
        Reply::json(400, r#"{"detail":"x"}"#),
    ])
    .await;
    for expected in [
        CancelOutcome::Requested,
        CancelOutcome::Requested,
        CancelOutcome::AlreadyCompleted,
        CancelOutcome::NotFound,
    ] {
        assert_eq!(queue.cancel(&job()).await.unwrap(), expected);
    }
    assert_eq!(
        queue.cancel(&job()).await.unwrap_err().kind(),
        FalErrorKind::InvalidInput
    );
    let request = server.requests().remove(0);
    assert_eq!(
        (request.method, request.target),
        (
            "PUT".into(),
            format!("/fal-ai/imagen4/requests/{ID}/cancel")
        )
    );
    let lengths = request
        .headers
        .iter()
        .filter(|(name, _)| name == "content-length");
    assert_eq!(
        lengths.map(|(_, value)| value.as_str()).collect::<Vec<_>>(),
        ["0"]
    );
}

#[tokio::test]
async fn a_namespace_stays_in_the_address() {
    let (server, queue) = serve([Reply::json(404, include_str!("../wire/not_found.json"))]).await;
    let mut job = job();
    job.endpoint = "workflows/jane/poster/v2".parse().unwrap();
    assert_eq!(
        queue.status(&job).await.unwrap_err().kind(),
        FalErrorKind::NotFound
    );
    assert_eq!(
        server.requests()[0].target,
        format!("/workflows/jane/poster/requests/{ID}/status?logs=1")
    );
}
