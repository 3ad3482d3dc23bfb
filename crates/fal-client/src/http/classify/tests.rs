//! The table of statuses, and the rule that a submit is paid once.

use reqwest::header::{HeaderMap, HeaderValue};

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        head: Head {
            status,
            headers: HeaderMap::new(),
        },
        body: body.as_bytes().to_vec(),
        hidden: Hidden::default(),
    }
}

/// Adds a header.
fn tell(answer: &mut Answer, name: &'static str, value: &'static str) {
    let value = HeaderValue::from_static(value);
    answer.head.headers.insert(name, value);
}

fn kind(operation: Operation, status: u16, body: &str) -> FalErrorKind {
    of_answer(operation, &answer(status, body)).cause_kind()
}

const NGINX: &str = "<html><center>nginx</center></html>";
const DETAIL: &str = r#"{"detail":"x"}"#;

#[test]
fn statuses_without_a_word_have_a_kind() {
    for (status, body, expected) in [
        (301, "", FalErrorKind::Config),
        (400, DETAIL, FalErrorKind::InvalidInput),
        (401, DETAIL, FalErrorKind::Unauthorized),
        (402, DETAIL, FalErrorKind::Locked),
        (403, DETAIL, FalErrorKind::Unauthorized),
        (404, DETAIL, FalErrorKind::NotFound),
        (404, NGINX, FalErrorKind::Config),
        (405, DETAIL, FalErrorKind::Config),
        (408, "", FalErrorKind::Unavailable),
        (409, "", FalErrorKind::Unavailable),
        (413, "", FalErrorKind::InvalidInput),
        (418, "", FalErrorKind::Config),
        (422, DETAIL, FalErrorKind::InvalidInput),
        (425, "", FalErrorKind::Unavailable),
        (429, "", FalErrorKind::RateLimited),
        (499, DETAIL, FalErrorKind::Cancelled),
        (500, DETAIL, FalErrorKind::Provider),
        (500, "", FalErrorKind::Unavailable),
        (500, NGINX, FalErrorKind::Unavailable),
        (
            500,
            r#"{"detail":[{"type":"new_word"}]}"#,
            FalErrorKind::Provider,
        ),
        (502, DETAIL, FalErrorKind::Unavailable),
        (503, "", FalErrorKind::Unavailable),
        (504, NGINX, FalErrorKind::Unavailable),
        (599, "", FalErrorKind::Unavailable),
    ] {
        assert_eq!(
            kind(Operation::Result, status, body),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn a_500_on_a_status_is_the_queues_and_may_be_asked_again() {
    let error = of_answer(Operation::Status, &answer(500, DETAIL));
    assert_eq!(error.kind(), FalErrorKind::Unavailable);
    assert!(error.is_retryable());
    assert_eq!(error.billed(), Billed::Maybe);
}

/// Status, `x-fal-request-id` present, body → proven unsent, kind shown.
#[test]
fn a_submit_is_unsent_only_where_that_is_proven() {
    for (status, from_queue, body, unsent) in [
        (301, false, "", true),
        (400, false, DETAIL, true),
        (401, false, DETAIL, true),
        (403, false, DETAIL, true),
        (404, false, DETAIL, true),
        (422, true, DETAIL, true),
        (429, false, "", true),
        (429, true, DETAIL, true),
        (500, false, NGINX, true),
        (503, false, NGINX, true),
        (502, false, NGINX, false),
        (504, false, NGINX, false),
        (503, true, NGINX, false),
        (500, false, DETAIL, false),
        (503, false, "", false),
        (503, false, r#"{"detail":"nginx"}"#, false),
        (408, false, "", false),
        (409, false, "", false),
        (499, false, DETAIL, false),
    ] {
        let mut answer = answer(status, body);
        if from_queue {
            tell(&mut answer, "x-fal-request-id", "id");
        }
        let error = of_answer(Operation::Submit, &answer);
        assert_eq!(error.is_unsent(), unsent, "{status} {from_queue} {body}");
        assert_eq!(
            error.kind() == FalErrorKind::Unacknowledged,
            !unsent,
            "{status} {from_queue} {body}"
        );
        assert_eq!(
            error.billed(),
            if unsent { Billed::No } else { Billed::Maybe },
            "{status} {body}"
        );
    }
}

#[test]
fn the_head_outvotes_the_table() {
    let mut told = answer(503, DETAIL);
    tell(&mut told, "x-fal-needs-retry", "0");
    assert!(!of_answer(Operation::Result, &told).is_retryable());

    let mut told = answer(422, DETAIL);
    tell(&mut told, "x-fal-needs-retry", "1");
    assert!(
        !of_answer(Operation::Result, &told).is_retryable(),
        "the flag counts on 5xx and 429 only"
    );

    let mut free = answer(422, DETAIL);
    tell(&mut free, "x-fal-billable-units", "0");
    assert_eq!(of_answer(Operation::Result, &free).billed(), Billed::No);
    tell(&mut free, "x-fal-billable-units", "1");
    assert_eq!(of_answer(Operation::Result, &free).billed(), Billed::Yes);
    assert_eq!(of_answer(Operation::Submit, &free).billed(), Billed::No);
}

#[test]
fn the_callers_own_limit_to_start_is_final() {
    let mut late = answer(504, r#"{"detail":"x","error_type":"request_timeout"}"#);
    assert_eq!(
        of_answer(Operation::Result, &late).kind(),
        FalErrorKind::Unavailable
    );
    tell(&mut late, "x-fal-request-timeout-type", "user");
    let error = of_answer(Operation::Result, &late);
    assert_eq!(
        (error.kind(), error.is_retryable(), error.billed()),
        (FalErrorKind::TimedOut, false, Billed::No)
    );
}

#[test]
fn the_word_may_stand_in_the_head_alone() {
    let mut told = answer(503, "");
    tell(&mut told, "x-fal-error-type", "runner_disconnected");
    assert_eq!(
        of_answer(Operation::Result, &told).error_type(),
        Some("runner_disconnected")
    );
}
