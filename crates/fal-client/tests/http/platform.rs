//! What is asked of the platform, and how its answers are read.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use fal_client::{
    FalErrorKind, FalPlatform, PayloadDeletion, RequestQuery, RetryPolicy,
    http::{FalSettings, HttpFalPlatform},
    layer::Retrying,
    testing::{Reply, ScriptedServer},
};

use crate::support::{ID, KEY, settings, start};

fn platform(server: &ScriptedServer) -> HttpFalPlatform {
    HttpFalPlatform::new(&settings(server)).unwrap()
}

fn query() -> RequestQuery {
    let since = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_500);
    RequestQuery::new("fal-ai/imagen4/preview".parse().unwrap(), since)
}

#[tokio::test]
async fn a_page_is_asked_for_and_read() {
    let body = include_str!("../wire/platform/requests.json");
    let server = start([Reply::json(200, body), Reply::json(200, r#"{"items":[]}"#)]).await;
    let platform = platform(&server);
    let page = platform.list_requests(&query()).await.unwrap();
    assert_eq!(page.requests.len(), 2);
    let mut next = query();
    next.cursor = page.next_cursor;
    next.until = Some(next.since + TimeDelta::hours(1));
    next.with_inputs = false;
    next.limit = 0;
    let last = platform.list_requests(&next).await.unwrap();
    assert_eq!((last.requests.len(), last.next_cursor), (0, None));

    let requests = server.requests();
    let start = "/models/requests/by-endpoint?endpoint_id=fal-ai%2Fimagen4%2Fpreview";
    assert_eq!(
        requests[0].target,
        format!("{start}&start=1970-01-01T00%3A00%3A01.500Z&limit=100&expand=payloads")
    );
    assert_eq!(
        requests[1].target,
        format!(
            "{start}&start=1970-01-01T00%3A00%3A01.500Z&limit=1&end=1970-01-01T01%3A00%3A01.500Z&cursor=Mg%3D%3D"
        )
    );
    assert_eq!(
        requests[0].header("authorization"),
        Some(format!("Key {KEY}").as_str())
    );
}

#[tokio::test]
async fn errors_of_the_platform_have_their_kinds() {
    let not_found = include_str!("../wire/platform/not_found.json");
    for (reply, kind) in [
        (
            Reply::json(401, include_str!("../wire/platform/unauthorized.json")),
            FalErrorKind::Unauthorized,
        ),
        (
            Reply::json(403, include_str!("../wire/platform/forbidden.json")),
            FalErrorKind::Unauthorized,
        ),
        (Reply::json(404, not_found), FalErrorKind::NotFound),
        (
            Reply::json(429, include_str!("../wire/platform/rate_limited.json")),
            FalErrorKind::RateLimited,
        ),
        (Reply::json(500, "{}"), FalErrorKind::Unavailable),
        (
            Reply::json(200, r#"{"items":[],"has_more":true}"#),
            FalErrorKind::Malformed,
        ),
        (Reply::json(200, "canary"), FalErrorKind::Malformed),
        (Reply::Close, FalErrorKind::Unavailable),
    ] {
        let shown = format!("{reply:?}");
        let server = start([reply]).await;
        let error = platform(&server).list_requests(&query()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_payload_is_deleted_and_deleting_it_again_is_no_error() {
    let body = include_str!("../wire/platform/payload_deleted.json");
    let server = start([
        Reply::json(200, body),
        Reply::json(404, include_str!("../wire/platform/not_found.json")),
        Reply::with_headers(204, &[], ""),
    ])
    .await;
    let platform = platform(&server);
    let id = ID.parse().unwrap();
    let first = platform.delete_payload(&id).await.unwrap();
    assert!(!first.is_complete());
    let PayloadDeletion::Deleted { files: 1, left } = &first else {
        panic!("{first:?}");
    };
    assert_eq!(left.len(), 1);
    assert!(!format!("{first:?}").contains("canary"));
    let second = platform.delete_payload(&id).await.unwrap();
    assert_eq!(second, PayloadDeletion::AlreadyGone);
    assert!(platform.delete_payload(&id).await.unwrap().is_complete());

    let requests = server.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].target.as_str()),
        ("DELETE", format!("/models/requests/{ID}/payloads").as_str())
    );
    assert!(
        requests
            .iter()
            .all(|request| request.header("idempotency-key") == Some(ID))
    );
}

#[tokio::test]
async fn a_delete_without_the_admin_scope_has_a_kind_of_its_own() {
    let id = ID.parse().unwrap();
    for (status, body, kind) in [
        (
            403,
            include_str!("../wire/platform/forbidden.json"),
            FalErrorKind::NeedsAdminKey,
        ),
        (
            401,
            include_str!("../wire/platform/unauthorized.json"),
            FalErrorKind::Unauthorized,
        ),
        (
            403,
            include_str!("../wire/errors/locked.json"),
            FalErrorKind::Locked,
        ),
    ] {
        let server = start([Reply::json(status, body)]).await;
        let error = platform(&server).delete_payload(&id).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(error.request_id(), Some(&id));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn calls_of_the_platform_are_repeated_as_any_that_change_nothing() {
    let limited = include_str!("../wire/platform/rate_limited.json");
    let server = start([
        Reply::json(429, limited),
        Reply::html(502, "nginx"),
        Reply::json(200, r#"{"items":[]}"#),
        Reply::Close,
        Reply::json(200, "{}"),
    ])
    .await;
    let policy = RetryPolicy::default().with_base(Duration::ZERO);
    let platform = Retrying::new(platform(&server), policy);
    platform.list_requests(&query()).await.unwrap();
    platform.delete_payload(&ID.parse().unwrap()).await.unwrap();
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn a_key_for_another_queue_does_not_go_to_fals_platform() {
    let key = fal_client::FalKey::new(&core_config::Secret::new(KEY)).unwrap();
    let settings = FalSettings::new(key).with_queue_url("http://127.0.0.1:9".parse().unwrap());
    let error = HttpFalPlatform::new(&settings).unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Config);
    assert!(error.to_string().contains("FAL_PLATFORM_URL"), "{error}");
}
