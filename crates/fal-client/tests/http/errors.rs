//! One test for each kind of answer that is an error: kind, repeat, bill, fault, reason.

use fal_client::{
    Billed::{self, Maybe, No},
    FalError, FalErrorKind, FalQueue,
    Fault::{self, Caller, Provider, User},
    JobHandle, Operation, SubmitOptions,
    testing::Reply,
};
use serde_json::json;

use crate::support::{endpoint, job, serve};

/// What an error is expected to say.
#[derive(Clone, Copy)]
struct Expected {
    kind: FalErrorKind,
    retryable: bool,
    billed: Billed,
    fault: Fault,
    reason: Option<&'static str>,
}

const fn expected(kind: FalErrorKind, retryable: bool, billed: Billed, fault: Fault) -> Expected {
    Expected {
        kind,
        retryable,
        billed,
        fault,
        reason: None,
    }
}

const fn with_reason(expected: Expected, reason: &'static str) -> Expected {
    Expected {
        reason: Some(reason),
        ..expected
    }
}

async fn ask(operation: Operation, reply: Reply) -> FalError {
    let (server, queue) = serve([reply]).await;
    let error = match operation {
        Operation::Submit => queue
            .submit(&endpoint(), &json!({}), &SubmitOptions::default())
            .await
            .unwrap_err(),
        Operation::Status => queue.status(&job()).await.unwrap_err(),
        Operation::Cancel => queue.cancel(&job()).await.unwrap_err(),
        _ => queue.result(&job()).await.unwrap_err(),
    };
    assert_eq!(
        server.requests().len(),
        1,
        "the adapter repeats nothing by itself"
    );
    error
}

async fn check(
    operation: Operation,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
    expected: Expected,
) {
    let error = ask(operation, Reply::with_headers(status, headers, body)).await;
    assert_eq!(error.kind(), expected.kind);
    assert_eq!(error.is_retryable(), expected.retryable);
    assert_eq!(error.billed(), expected.billed);
    assert_eq!(error.fault(), expected.fault);
    assert_eq!(error.reason(), expected.reason);
    assert_eq!(error.status(), Some(status));
    assert_eq!(error.operation(), operation);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("canary"), "the echoed input shows: {shown}");
}

macro_rules! cases {
    ($($name:ident: $operation:ident $status:literal $file:literal [$($header:expr),*] => $expected:expr;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let body = include_str!(concat!("../wire/errors/", $file));
                check(Operation::$operation, $status, &[$($header),*], body, $expected).await;
            }
        )+
    };
}

const REFUSED: Expected = expected(FalErrorKind::Refused, false, Maybe, User);
const INPUT: Expected = expected(FalErrorKind::InvalidInput, false, Maybe, User);
const FREE_INPUT: Expected = expected(FalErrorKind::InvalidInput, false, No, User);
const TRANSIENT: Expected = expected(FalErrorKind::Unavailable, true, Maybe, Provider);
const LOST: Expected = expected(FalErrorKind::Unacknowledged, false, Maybe, Provider);
const KEY: Expected = expected(FalErrorKind::Unauthorized, false, No, Caller);

cases! {
    // The model's own errors, on the result.
    content_policy_violation_422: Result 422 "content_policy_violation.json" [] => with_reason(REFUSED,
        "The content could not be processed because it contained material flagged by a content checker: […]");
    no_media_generated_422: Result 422 "no_media_generated.json" [] => with_reason(REFUSED, "No media was generated");
    missing_422: Result 422 "missing.json" [] => with_reason(INPUT, "prompt: Field required");
    missing_422_told_free: Result 422 "missing.json" [("x-fal-billable-units", "0")] =>
        with_reason(FREE_INPUT, "prompt: Field required");
    greater_than_equal_422: Result 422 "greater_than_equal.json" [] =>
        with_reason(INPUT, "num_images: Input should be greater than or equal to 1");
    one_of_422: Result 422 "one_of.json" [] =>
        with_reason(INPUT, "aspect_ratio: Unexpected value; permitted: '1:1', '16:9'");
    value_error_legacy_422: Result 422 "value_error_legacy.json" [] => with_reason(INPUT, "prompt: field required");
    a_word_of_tomorrow_422: Result 422 "unknown_type_422.json" [] => with_reason(INPUT, "prompt: A rule of tomorrow");
    downstream_service_error_400: Result 400 "downstream_service_error.json" [] =>
        expected(FalErrorKind::Provider, false, Maybe, Provider);
    downstream_service_unavailable_500: Result 500 "downstream_service_unavailable.json" [] =>
        expected(FalErrorKind::Provider, true, No, Provider);
    generation_timeout_504: Result 504 "generation_timeout.json" [] =>
        expected(FalErrorKind::TimedOut, true, No, Provider);
    internal_server_error_500: Result 500 "internal_server_error.json" [] =>
        expected(FalErrorKind::Provider, false, No, Provider);
    unhandled_500: Result 500 "unhandled.json" [] => expected(FalErrorKind::Provider, false, No, Provider);
    in_progress_400: Result 400 "in_progress.json" [] => expected(FalErrorKind::NotFinished, true, Maybe, Caller);
    client_cancelled_499: Result 499 "client_cancelled.json" [] => expected(FalErrorKind::Cancelled, false, Maybe, Caller);
    client_disconnected_499: Result 499 "client_disconnected.json" [] =>
        expected(FalErrorKind::Cancelled, false, Maybe, Caller);

    // FAL's machinery.
    request_timeout_504: Result 504 "request_timeout.json" [] => TRANSIENT;
    request_timeout_504_of_the_user: Result 504 "request_timeout.json" [("x-fal-request-timeout-type", "user")] =>
        expected(FalErrorKind::TimedOut, false, No, Provider);
    startup_timeout_504: Result 504 "startup_timeout.json" [] => TRANSIENT;
    runner_scheduling_failure_503: Result 503 "runner_scheduling_failure.json" [] => TRANSIENT;
    runner_connection_timeout_503: Result 503 "runner_connection_timeout.json" [] => TRANSIENT;
    runner_disconnected_503: Result 503 "runner_disconnected.json" [] => TRANSIENT;
    runner_connection_refused_503: Result 503 "runner_connection_refused.json" [] => TRANSIENT;
    runner_connection_error_503: Result 503 "runner_connection_error.json" [] => TRANSIENT;
    runner_incomplete_response_502: Result 502 "runner_incomplete_response.json" [] => TRANSIENT;
    runner_server_error_500: Result 500 "runner_server_error.json" [] => TRANSIENT;
    internal_error_500: Status 500 "internal_error.json" [] => TRANSIENT;
    nginx_504_on_a_result: Result 504 "nginx_504.html" [] => TRANSIENT;
    nginx_502_on_a_status: Status 502 "nginx_502.html" [] => TRANSIENT;
    nginx_503_on_a_cancel: Cancel 503 "nginx_503.html" [] => TRANSIENT;
    empty_503: Status 503 "empty.txt" [] => TRANSIENT;
    empty_503_that_needs_no_retry: Status 503 "empty.txt" [("x-fal-needs-retry", "0")] =>
        expected(FalErrorKind::Unavailable, false, Maybe, Provider);
    empty_503_by_the_older_name: Status 503 "empty.txt" [("x-fal-retryable", "false")] =>
        expected(FalErrorKind::Unavailable, false, Maybe, Provider);

    // The user may read what the provider says of the prompt; a log may not.
    a_message_that_quotes_the_prompt_422: Result 422 "quoted_in_message.json" [] =>
        with_reason(REFUSED, "The prompt 'a canary prompt' is not allowed; see […]");
    a_detail_of_one_text_422: Result 422 "detail_text_422.json" [] => INPUT;

    // The caller's account, key and settings.
    no_user_401: Submit 401 "no_user.json" [] => KEY;
    cannot_access_401: Submit 401 "cannot_access.json" [] => KEY;
    locked_403: Submit 403 "locked.json" [] => expected(FalErrorKind::Locked, false, No, Caller);
    locked_403_on_a_status: Status 403 "locked.json" [] => expected(FalErrorKind::Locked, false, No, Caller);
    bad_request_400: Submit 400 "bad_request.json" [] => expected(FalErrorKind::Config, false, No, Caller);
    application_not_found_404: Submit 404 "application_not_found.json" [] =>
        expected(FalErrorKind::ModelNotFound, false, No, Caller);
    application_not_found_404_on_a_result: Result 404 "application_not_found.json" [] =>
        expected(FalErrorKind::ModelNotFound, false, No, Caller);
    unknown_job_404: Status 404 "../not_found.json" [] => expected(FalErrorKind::NotFound, false, Maybe, Caller);
    missing_422_on_a_submit: Submit 422 "missing.json" [] => with_reason(FREE_INPUT, "prompt: Field required");
    concurrent_requests_limit_429: Submit 429 "concurrent_requests_limit.json" [("x-fal-needs-retry", "1")] =>
        expected(FalErrorKind::RateLimited, true, No, Caller);
    queue_full_429: Submit 429 "queue_full.json" [] => expected(FalErrorKind::RateLimited, true, No, Caller);

    // Submits that were perhaps accepted, and those that never reached the queue.
    nginx_500_on_a_submit: Submit 500 "nginx_500.html" [] => expected(FalErrorKind::Unavailable, true, No, Provider);
    nginx_503_on_a_submit: Submit 503 "nginx_503.html" [] => expected(FalErrorKind::Unavailable, true, No, Provider);
    nginx_502_on_a_submit: Submit 502 "nginx_502.html" [] => LOST;
    nginx_504_on_a_submit: Submit 504 "nginx_504.html" [] => LOST;
    nginx_503_behind_the_queue: Submit 503 "nginx_503.html" [("x-fal-request-id", "1")] => LOST;
    internal_error_500_on_a_submit: Submit 500 "internal_error.json" [] => LOST;
    unhandled_500_on_a_submit: Submit 500 "unhandled.json" [] => LOST;
    empty_503_on_a_submit: Submit 503 "empty.txt" [] => LOST;
}

#[tokio::test]
async fn a_pause_in_seconds_is_read_and_one_by_date_is_not() {
    let error = ask(
        Operation::Submit,
        Reply::with_headers(429, &[("retry-after", "7")], ""),
    )
    .await;
    assert_eq!(error.retry_after().unwrap().as_secs(), 7);
    let date = [("retry-after", "Fri, 20 Nov 2026 10:00:00 GMT")];
    let error = ask(Operation::Submit, Reply::with_headers(429, &date, "")).await;
    assert_eq!(error.retry_after(), None);
}

const UNREADABLE: [&str; 5] = [
    "",
    "<html>",
    "{}",
    r#"{"request_id":7}"#,
    r#"{"request_id":"../x"}"#,
];

#[tokio::test]
async fn an_unreadable_success_of_a_submit_is_unacknowledged() {
    for body in UNREADABLE {
        // Without an id in the head, or with one that is none.
        for headers in [&[][..], &[("x-fal-request-id", "../x")]] {
            let error = ask(Operation::Submit, Reply::with_headers(200, headers, body)).await;
            assert_eq!(error.kind(), FalErrorKind::Unacknowledged, "{body}");
            assert_eq!(error.cause_kind(), FalErrorKind::Malformed, "{body}");
            assert_eq!(error.request_id(), None, "{body}");
        }
    }
}

#[tokio::test]
async fn the_id_in_the_head_of_a_success_stands_for_a_body_that_is_lost() {
    let cut =
        b"HTTP/1.1 201 Created\r\nx-fal-request-id: abc\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let large = format!("\"{}\"", "x".repeat(4 * 1024 * 1024));
    let headers = [("x-fal-request-id", "abc")];
    let replies = UNREADABLE
        .into_iter()
        .chain([large.as_str()])
        .map(|body| Reply::with_headers(200, &headers, body))
        .chain([Reply::Raw(cut)]);
    for reply in replies {
        let (server, queue) = serve([reply]).await;
        let handle = queue
            .submit(&endpoint(), &json!({}), &SubmitOptions::default())
            .await
            .unwrap();
        let expected = JobHandle::new(endpoint(), "abc".parse().unwrap());
        assert_eq!(handle, expected);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn the_id_in_the_body_goes_before_the_one_in_the_head() {
    let body = include_str!("../wire/submitted.json");
    let headers = [("x-fal-request-id", "abc")];
    let (_server, queue) = serve([Reply::with_headers(200, &headers, body)]).await;
    let options = SubmitOptions::default();
    let handle = queue.submit(&endpoint(), &json!({}), &options).await;
    assert_eq!(handle.unwrap(), job());
}

#[tokio::test]
async fn a_failed_submit_with_an_id_in_the_head_names_it() {
    let page = include_str!("../wire/errors/nginx_503.html");
    let headers = [("x-fal-request-id", "abc")];
    let error = ask(Operation::Submit, Reply::with_headers(503, &headers, page)).await;
    assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
    assert_eq!(error.request_id().unwrap().as_str(), "abc");
}

#[tokio::test]
async fn an_unreadable_success_elsewhere_is_malformed() {
    for operation in [Operation::Status, Operation::Result] {
        let error = ask(operation, Reply::json(200, "<html>")).await;
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (FalErrorKind::Malformed, false)
        );
    }
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_leaves_a_submit_open() {
    let error = ask(Operation::Submit, Reply::Close).await;
    assert_eq!(
        (error.kind(), error.fault()),
        (FalErrorKind::Unacknowledged, Fault::Network)
    );
    let error = ask(Operation::Result, Reply::Close).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (FalErrorKind::Unavailable, true)
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer() {
    let cut = Reply::Raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{\"request_id\""
            .to_vec(),
    );
    let error = ask(Operation::Submit, cut.clone()).await;
    assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
    let error = ask(Operation::Result, cut).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (FalErrorKind::Unavailable, true)
    );
}

#[tokio::test]
async fn a_body_past_the_limit_is_not_read() {
    let large = format!("\"{}\"", "x".repeat(4 * 1024 * 1024));
    let error = ask(Operation::Result, Reply::json(200, &large)).await;
    assert_eq!(error.kind(), FalErrorKind::Malformed);
}
