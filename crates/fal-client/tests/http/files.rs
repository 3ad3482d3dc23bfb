//! Uploads: whole and in parts, repeated, given up, and never with the key in the wrong place.

use std::time::Duration;

use fal_client::{
    FalErrorKind, FalFiles, ObjectLifecycle, RetryPolicy, UploadFile,
    http::{HttpFalFiles, UploadLimits},
    testing::{Reply, ScriptedServer},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{KEY, settings, start};

fn files(server: &ScriptedServer) -> HttpFalFiles {
    let limits = UploadLimits {
        most: 100,
        multipart_from: 20,
        part: 10,
        parallel: 3,
    };
    HttpFalFiles::new(&settings(server))
        .unwrap()
        .with_limits(limits)
        .with_retry(RetryPolicy::new(3).with_base(Duration::ZERO))
}

fn file(size: usize) -> UploadFile {
    let bytes: Vec<u8> = (0..size)
        .map(|index| u8::try_from(index).unwrap())
        .collect();
    UploadFile::new(bytes, "image/png")
        .unwrap()
        .with_name("cat.png")
}

/// An answer that sends the file to another server.
fn initiated(to: &ScriptedServer) -> Reply {
    let upload = format!("http://{}/signed/abc?signature=s", to.address());
    let file = "https://v3.fal.media/files/abc/cat.png";
    Reply::json(
        200,
        &json!({ "upload_url": upload, "file_url": file }).to_string(),
    )
}

fn tagged(tag: &str) -> Reply {
    Reply::with_headers(200, &[("etag", tag)], "")
}

#[tokio::test]
async fn a_small_file_goes_whole_to_the_signed_address_without_the_key() {
    let cdn = start([Reply::html(503, "busy"), Reply::json(200, "")]).await;
    let rest = start([initiated(&cdn)]).await;
    let lifecycle = ObjectLifecycle::default().with_expires(Duration::from_hours(1));
    let url = files(&rest)
        .upload(file(19).with_lifecycle(lifecycle))
        .await
        .unwrap();
    assert_eq!(url.expose(), "https://v3.fal.media/files/abc/cat.png");

    let asked = rest.requests().remove(0);
    assert_eq!(
        asked.target,
        "/storage/upload/initiate?storage_type=fal-cdn-v3"
    );
    assert_eq!(
        asked.header("authorization"),
        Some(format!("Key {KEY}").as_str())
    );
    assert_eq!(
        asked.header("x-fal-object-lifecycle-preference"),
        Some(r#"{"expiration_duration_seconds":3600}"#)
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&asked.body).unwrap(),
        json!({ "content_type": "image/png", "file_name": "cat.png" })
    );
    let sent = cdn.requests();
    assert_eq!(sent.len(), 2, "a busy address is asked again");
    for request in sent {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("PUT", "/signed/abc?signature=s")
        );
        assert_eq!(request.body.len(), 19);
        assert_eq!(request.header("content-type"), Some("image/png"));
        assert!(!format!("{request:?}").contains("canary"), "{request:?}");
    }
}

#[tokio::test]
async fn a_large_file_goes_in_parts_and_is_completed_in_order() {
    let cdn = start(
        (0..3)
            .map(|_| tagged("\"t\""))
            .chain([Reply::json(200, "{}")]),
    )
    .await;
    let rest = start([initiated(&cdn)]).await;
    files(&rest).upload(file(25)).await.unwrap();
    assert_eq!(
        rest.requests()[0].target,
        "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3"
    );
    let mut sent = cdn.requests();
    let complete = sent.pop().unwrap();
    sent.sort_by(|one, other| one.target.cmp(&other.target));
    let whole: Vec<u8> = sent
        .iter()
        .flat_map(|request| request.body.clone())
        .collect();
    assert_eq!(whole, file(25).bytes().to_vec());
    let targets: Vec<_> = sent.iter().map(|request| request.target.as_str()).collect();
    let part = |number| format!("/signed/abc/{number}?signature=s");
    assert_eq!(targets, [part(1), part(2), part(3)]);
    assert_eq!(
        (complete.method.as_str(), complete.target.as_str()),
        ("POST", "/signed/abc/complete?signature=s")
    );
    let tag = "\"t\"";
    let parts: Vec<_> = (1..4)
        .map(|number| json!({ "partNumber": number, "etag": tag }))
        .collect();
    assert_eq!(
        serde_json::from_slice::<Value>(&complete.body).unwrap(),
        json!({ "parts": parts })
    );
    assert!(!format!("{sent:?} {complete:?}").contains("canary"));
}

#[tokio::test]
async fn a_part_that_fails_is_sent_again_and_one_that_keeps_failing_ends_the_file() {
    // One at a time, so that the order of the answers is the order of the parts.
    let one_by_one = |server: &ScriptedServer| {
        files(server).with_limits(UploadLimits {
            most: 100,
            multipart_from: 20,
            part: 10,
            parallel: 1,
        })
    };
    let cdn = start([
        tagged("a"),
        Reply::Close,
        tagged("b"),
        Reply::json(200, "{}"),
    ])
    .await;
    let rest = start([initiated(&cdn)]).await;
    one_by_one(&rest).upload(file(20)).await.unwrap();
    assert_eq!(cdn.requests().len(), 4);

    for (broken, kind, sent) in [
        (Reply::html(500, "x"), FalErrorKind::Exhausted, 4),
        (Reply::html(403, "expired"), FalErrorKind::Unauthorized, 2),
        (Reply::json(200, ""), FalErrorKind::Malformed, 2),
    ] {
        let cdn = start([tagged("a"), broken.clone(), broken.clone(), broken]).await;
        let rest = start([initiated(&cdn)]).await;
        let error = one_by_one(&rest).upload(file(40)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        let requests = cdn.requests();
        assert_eq!(requests.len(), sent, "{kind:?}");
        assert!(
            requests
                .iter()
                .all(|request| !request.target.contains("complete")),
            "what is not whole is not completed"
        );
        assert!(!format!("{error:?}").contains("signature"), "{error:?}");
    }
}

#[tokio::test]
async fn a_part_whose_tag_is_in_the_body_alone_is_completed_with_it() {
    let taken = |number| json!({ "partNumber": number, "etag": "\"t\"" }).to_string();
    let cdn = start([
        Reply::json(200, &taken(1)),
        Reply::json(200, &taken(2)),
        Reply::json(200, "{}"),
    ])
    .await;
    let rest = start([initiated(&cdn)]).await;
    files(&rest).upload(file(20)).await.unwrap();
    let complete = cdn.requests().pop().unwrap();
    let parts: Value = serde_json::from_slice(&complete.body).unwrap();
    assert_eq!(parts["parts"].as_array().unwrap().len(), 2);
    assert!(
        parts["parts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|part| part["etag"] == "\"t\"")
    );
}

#[tokio::test]
async fn a_dropped_upload_sends_no_more() {
    let cdn = start([tagged("a"), Reply::Silence, Reply::Silence, Reply::Silence]).await;
    let rest = start([initiated(&cdn)]).await;
    let files = files(&rest);
    let upload = files.upload(file(90));
    assert!(timeout(Duration::from_millis(300), upload).await.is_err());
    let sent = cdn.requests().len();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(cdn.requests().len(), sent);
    assert!(sent <= 4, "one done and three under way: {sent}");
}

#[tokio::test]
async fn a_file_that_is_empty_or_too_large_costs_no_call() {
    let rest = start([]).await;
    for size in [0, 101] {
        let error = files(&rest).upload(file(size)).await.unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::InvalidInput);
        assert!(error.is_unsent());
    }
    assert!(rest.requests().is_empty());
}

#[tokio::test]
async fn an_address_that_is_not_safe_is_not_used() {
    for upload in [
        "http://v3.fal.media/x",
        "ftp://v3.fal.media/x",
        "https://user:word@v3.fal.media/x",
        "file:///etc/passwd",
        "",
    ] {
        let body = json!({ "upload_url": upload, "file_url": "https://v3.fal.media/x" });
        let rest = start([Reply::json(200, &body.to_string())]).await;
        let error = files(&rest).upload(file(1)).await.unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Malformed, "{upload}");
    }
}

#[tokio::test]
async fn a_whole_file_may_take_longer_than_a_request() {
    let cdn = start([Reply::Silence]).await;
    let rest = start([initiated(&cdn)]).await;
    let settings = settings(&rest).with_request_timeout(Duration::from_millis(500));
    let files = HttpFalFiles::new(&settings)
        .unwrap()
        .with_retry(RetryPolicy::new(1));
    let outcome = timeout(Duration::from_secs(2), files.upload(file(19))).await;
    assert!(outcome.is_err(), "{outcome:?}");
    assert_eq!(cdn.requests().len(), 1);
}
