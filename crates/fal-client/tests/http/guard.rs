//! Where the key goes, where it does not, and that it never shows.

use std::{error::Error, net::TcpListener, time::Duration};

use core_config::Secret;
use fal_client::{
    FalErrorKind, FalKey, FalQueue, Fault, RetryPolicy, SubmitOptions,
    http::{FalSettings, HttpFalQueue},
    layer::{Retrying, Traced},
    testing::{Reply, ScriptedServer},
};
use serde_json::json;

use crate::support::{KEY, endpoint, job, serve, settings};

fn assert_hidden(shown: &str) {
    assert!(!shown.contains("canary"), "the key shows: {shown}");
}

/// Shows an error with its whole chain.
fn chain(error: &dyn Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut next = error.source();
    while let Some(error) = next {
        shown = format!("{shown} {error} {error:?}");
        next = error.source();
    }
    shown
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = ScriptedServer::start([]).await.unwrap();
        let target = format!("http://{}/caught", elsewhere.address());
        let redirect = || Reply::with_headers(status, &[("location", &target)], "");
        let (server, queue) = serve([redirect(), redirect(), redirect(), redirect()]).await;
        let submit = queue
            .submit(&endpoint(), &json!({}), &SubmitOptions::default())
            .await;
        let kinds = [
            submit.unwrap_err().kind(),
            queue.status(&job()).await.unwrap_err().kind(),
            queue.result(&job()).await.unwrap_err().kind(),
            queue.cancel(&job()).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [FalErrorKind::Config; 4], "{status}");
        assert_eq!(server.requests().len(), 4);
        assert!(elsewhere.requests().is_empty(), "{status} was followed");
    }
}

#[tokio::test]
async fn links_in_answers_are_not_followed() {
    let elsewhere = ScriptedServer::start([]).await.unwrap();
    let link = format!("http://{}/caught", elsewhere.address());
    let body = json!({ "request_id": "1", "status": "IN_QUEUE", "response_url": link, "status_url": link, "cancel_url": link });
    let (server, queue) = serve([
        Reply::json(200, &body.to_string()),
        Reply::json(200, r#"{"status":"COMPLETED"}"#),
        Reply::json(200, "{}"),
        Reply::json(202, "{}"),
    ])
    .await;
    let handle = queue
        .submit(&endpoint(), &json!({}), &SubmitOptions::default())
        .await
        .unwrap();
    queue.status(&handle).await.unwrap();
    queue.result(&handle).await.unwrap();
    queue.cancel(&handle).await.unwrap();
    let targets: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(
        targets,
        [
            "/fal-ai/imagen4/preview/fast",
            "/fal-ai/imagen4/requests/1/status?logs=1",
            "/fal-ai/imagen4/requests/1",
            "/fal-ai/imagen4/requests/1/cancel",
        ]
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn the_key_goes_into_one_header_and_shows_nowhere() {
    let (server, queue) = serve([Reply::json(
        401,
        r#"{"detail":"No user found for Key ID and Secret"}"#,
    )])
    .await;
    assert_hidden(&format!("{queue:?} {queue:#?} {:?}", settings(&server)));
    let queue = Traced::new(Retrying::new(queue, RetryPolicy::default()));
    assert_hidden(&format!("{queue:?}"));
    let error = queue.status(&job()).await.unwrap_err();
    assert_hidden(&chain(&error));

    let request = server.requests().remove(0);
    let holders: Vec<&str> = request
        .headers
        .iter()
        .filter(|(_, value)| value.contains("canary"))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(holders, ["authorization"]);
    assert!(!request.target.contains("canary"));
    assert_eq!(
        request.header("authorization").unwrap(),
        format!("Key {KEY}")
    );
}

#[tokio::test]
async fn a_prompt_shows_in_no_error() {
    let body = include_str!("../wire/errors/content_policy_violation.json");
    for reply in [
        Reply::json(422, body),
        Reply::json(500, body),
        Reply::json(200, body),
        Reply::Close,
    ] {
        let (_server, queue) = serve([reply]).await;
        let input = json!({ "prompt": "a canary prompt" });
        let error = queue
            .submit(&endpoint(), &input, &SubmitOptions::default())
            .await
            .unwrap_err();
        assert_hidden(&chain(&error));
        assert!(
            error
                .reason()
                .is_none_or(|reason| !reason.contains("canary"))
        );
    }
}

#[tokio::test]
async fn no_connection_is_proven_unsent() {
    // The port was free a moment ago and nobody listens on it now.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let key = FalKey::new(&Secret::new(KEY)).unwrap();
    let settings =
        FalSettings::new(key).with_queue_url(format!("http://{address}").parse().unwrap());
    let queue = HttpFalQueue::new(&settings).unwrap();
    let error = queue
        .submit(&endpoint(), &json!({}), &SubmitOptions::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fault()),
        (FalErrorKind::Unavailable, Fault::Network)
    );
    assert!(error.is_unsent() && error.is_retryable());
    assert_hidden(&chain(&error));
}

#[tokio::test]
async fn a_silent_server_is_left_after_the_time_limit() {
    let server = ScriptedServer::start([Reply::Silence, Reply::Silence])
        .await
        .unwrap();
    let queue =
        HttpFalQueue::new(&settings(&server).with_request_timeout(Duration::from_millis(100)))
            .unwrap();
    let error = queue
        .submit(&endpoint(), &json!({}), &SubmitOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
    let error = queue.status(&job()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (FalErrorKind::Unavailable, true)
    );
}

#[tokio::test]
async fn a_body_that_never_comes_leaves_the_head_which_names_an_accepted_job() {
    let head = "HTTP/1.1 200 Scripted\r\nx-fal-request-id: 1234\r\ncontent-length: 90\r\n\r\n{";
    let stalled = || Reply::Stalled(head.into());
    let server = ScriptedServer::start([stalled(), stalled()]).await.unwrap();
    let queue =
        HttpFalQueue::new(&settings(&server).with_request_timeout(Duration::from_millis(500)))
            .unwrap();
    let submitted = queue
        .submit(&endpoint(), &json!({}), &SubmitOptions::default())
        .await
        .unwrap();
    assert_eq!(submitted.request_id.as_str(), "1234");
    let error = queue.status(&job()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.is_retryable()),
        (FalErrorKind::Unavailable, Some(200), true)
    );
}

#[test]
fn fal_itself_needs_no_setting_but_the_key() {
    let key = FalKey::new(&Secret::new(KEY)).unwrap();
    let queue = HttpFalQueue::new(&FalSettings::new(key)).unwrap();
    assert!(format!("{queue:?}").contains("https://queue.fal.run"));
}
