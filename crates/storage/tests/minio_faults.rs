//! What the MinIO adapter makes of servers that fail.
#![cfg(feature = "minio")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

#[path = "minio_faults/scripted.rs"]
mod scripted;
#[path = "minio_faults/vague.rs"]
mod vague;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use core_config::Secret;
use futures_util::stream;
use storage::minio::{ConditionalPut, MinioSettings, MinioStore};
use storage::{
    Body, Credentials, GetOptions, ListOptions, ObjectRef, ObjectStore, PutOptions,
    StorageErrorKind, SystemClock,
};
use tokio::time::Instant;

use self::scripted::{Act, Scripted, answer, multipart, stored};

const MIB: usize = 1024 * 1024;

fn object() -> ObjectRef {
    "bucket/key".parse().unwrap()
}

async fn refused_put(store: &MinioStore, body: Body) -> StorageErrorKind {
    let put = store.put(&object(), body, PutOptions::create_only()).await;
    put.unwrap_err().kind()
}

fn endless(megabytes: usize) -> Body {
    let piece = Bytes::from(vec![1; MIB]);
    Body::from_stream(
        stream::iter((0..megabytes).map(move |_| Ok(piece.clone()))),
        None,
    )
}

#[tokio::test]
async fn silence_ends_at_the_limit_on_both_planes() {
    let server = Scripted::start(|_| Act::Stall).await;
    let store = server.store();
    let begun = Instant::now();
    let head = store.head(&object()).await.unwrap_err();
    let list = store
        .list(&object().bucket, ListOptions::default())
        .await
        .unwrap_err();
    assert_eq!(head.kind(), StorageErrorKind::TimedOut);
    assert_eq!(list.kind(), StorageErrorKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let server = Scripted::start(|_| Act::Stall).await;
    let gone = MinioSettings::new(
        "127.0.0.1:1".parse().unwrap(),
        Credentials::new("who", Secret::new("word")),
    );
    let store = MinioStore::new(&gone, Arc::new(SystemClock)).unwrap();
    let head = store.head(&object()).await.unwrap_err();
    let list = store
        .list(&object().bucket, ListOptions::default())
        .await
        .unwrap_err();
    assert_eq!(head.kind(), StorageErrorKind::Unavailable);
    assert_eq!(list.kind(), StorageErrorKind::Unavailable);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_body_that_is_cut_or_stalls_is_an_error() {
    for (act, kind) in [
        (Act::Cut, StorageErrorKind::Unavailable),
        (Act::StallInBody, StorageErrorKind::TimedOut),
    ] {
        let server = Scripted::start(move |_| act.clone()).await;
        let found = server
            .store()
            .get(&object(), GetOptions::default())
            .await
            .unwrap();
        let error = found.body.collect(1000).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn the_pause_that_a_busy_server_asks_for_is_told() {
    let server = Scripted::start(|_| {
        let body = "<Error><Code>SlowDown</Code></Error>".to_owned();
        Act::Answer(503, "retry-after: 7\r\n".to_owned(), body)
    })
    .await;
    let put = server
        .store()
        .put(&object(), "abc".into(), PutOptions::overwrite())
        .await;
    let error = put.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_put_is_one_request_and_asks_nothing_of_the_bucket() {
    let server = Scripted::start(|_| stored()).await;
    let store = server.store();
    for _ in 0..3 {
        store
            .put(&object(), "abc".into(), PutOptions::create_only())
            .await
            .unwrap();
    }
    assert_eq!(server.seen(), ["put /bucket/key http/1.1"; 3]);
}

#[tokio::test]
async fn a_server_that_overwrites_is_found_out_and_then_asked_first() {
    let server = Scripted::start(|_| stored()).await;
    let bucket = object().bucket;
    let found = server.store().probe_conditional_put(&bucket).await.unwrap();
    assert_eq!(found, ConditionalPut::Ignored);

    let settings = server.settings().with_conditional_put(found);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    assert!(!store.capabilities().atomic_create);
    let before = server.seen().len();
    let put = store
        .put(&object(), "abc".into(), PutOptions::create_only())
        .await;
    assert_eq!(put.unwrap_err().kind(), StorageErrorKind::AlreadyExists);
    assert_eq!(server.seen()[before..], ["head /bucket/key http/1.1"]);
}

#[tokio::test]
async fn an_error_in_a_successful_completion_is_an_error_and_aborts() {
    let failed = answer(
        200,
        "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>",
    );
    let server = Scripted::start(multipart(failed)).await;
    let put = server
        .store()
        .put(&object(), endless(17), PutOptions::create_only())
        .await;
    assert_eq!(put.unwrap_err().kind(), StorageErrorKind::Unavailable);
    let seen = server.seen();
    assert_eq!(
        seen.iter()
            .filter(|line| line.contains("partnumber="))
            .count(),
        3
    );
    assert_eq!(
        seen.last().unwrap(),
        "delete /bucket/key?uploadid=id%2b%2f%3d http/1.1"
    );
}

#[tokio::test]
async fn a_body_that_fails_in_the_middle_aborts_the_upload() {
    let server = Scripted::start(multipart(answer(200, ""))).await;
    let pieces = (0..20).map(|at| match at {
        12 => Err(storage::StorageError::new(
            StorageErrorKind::BodyFailed,
            "read",
            "test",
        )),
        _ => Ok(Bytes::from(vec![1; MIB])),
    });
    let body = Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()), None);
    let put = server
        .store()
        .put(&object(), body, PutOptions::create_only())
        .await;
    assert_eq!(put.unwrap_err().kind(), StorageErrorKind::BodyFailed);
    assert!(
        server
            .seen()
            .last()
            .unwrap()
            .starts_with("delete /bucket/key?uploadid=")
    );
}

#[tokio::test]
async fn a_dropped_put_aborts_its_upload() {
    let server = Scripted::start(multipart(Act::Stall)).await;
    let store = server.store();
    let object = object();
    let put = store.put(&object, endless(20), PutOptions::create_only());
    assert!(
        tokio::time::timeout(Duration::from_millis(400), put)
            .await
            .is_err()
    );
    for _ in 0..50 {
        if server.seen().iter().any(|line| line.starts_with("delete")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no abort: {:?}", server.seen());
}

#[tokio::test]
async fn short_and_long_streams_are_never_whole_at_the_server() {
    for length in [100_001, 99_999] {
        let server = Scripted::start(|_| stored()).await;
        let pieces = (0..10).map(|_| Ok(Bytes::from(vec![b'a'; 10_000])));
        let body = Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()), Some(length));
        let put = server
            .store()
            .put(&object(), body, PutOptions::overwrite())
            .await;
        assert_eq!(put.unwrap_err().kind(), StorageErrorKind::Corrupt);
        assert!(server.bodies().is_empty() && server.seen().is_empty());
    }
}

#[tokio::test]
async fn empty_pieces_do_not_end_a_stream() {
    for length in [Some(6), None] {
        let server = Scripted::start(|_| stored()).await;
        let pieces = ["", "abc", "", "", "def", ""].map(|piece| Ok(Bytes::from(piece)));
        let body = Body::from_stream(stream::iter(pieces), length);
        let put = server
            .store()
            .put(&object(), body, PutOptions::overwrite())
            .await;
        assert_eq!(put.unwrap().size_bytes, 6);
        assert_eq!(server.bodies(), ["abcdef"]);
    }
}

/// The url crate would make another key or bucket of these, so they must not become references at all.
#[test]
fn keys_with_dot_segments_are_none() {
    for key in [
        "../other/a",
        "odd/../a",
        "a/..",
        "..",
        ".",
        "./a",
        "a/./b",
        "/a",
        "a//b",
        "a\\..\\b",
    ] {
        assert!(key.parse::<storage::ObjectKey>().is_err(), "{key}");
        assert!(
            format!("bucket/{key}").parse::<ObjectRef>().is_err(),
            "{key}"
        );
    }
}

/// What only looks like a dot segment reaches the server as it is.
#[tokio::test]
async fn percent_forms_of_dot_segments_stay_text() {
    let server = Scripted::start(|_| stored()).await;
    let store = server.store();
    for key in ["%2e%2e/a", "a/%2E%2E", ".../a"] {
        let object = format!("bucket/{key}").parse().unwrap();
        let put = store.put(&object, "abc".into(), PutOptions::overwrite());
        put.await.unwrap();
    }
    assert_eq!(
        server.seen(),
        [
            "put /bucket/%252e%252e/a http/1.1",
            "put /bucket/a/%252e%252e http/1.1",
            "put /bucket/.../a http/1.1",
        ]
    );
}

/// The crate keeps a signing key for a day, whatever the secret; a new store must not meet the old one.
#[cfg(feature = "s3-endpoint")]
#[tokio::test]
async fn a_rotated_secret_is_used_at_once_on_both_planes() {
    let inside = storage::MemoryStore::new(Arc::new(SystemClock));
    inside.ensure_bucket(&object().bucket).await.unwrap();
    let right = Credentials::new("who", Secret::new("the-new-secret"));
    let endpoint = storage::endpoint::S3Endpoint::serve(
        Arc::new(inside),
        ([127, 0, 0, 1], 0).into(),
        std::slice::from_ref(&right),
        "us-east-1",
    )
    .await
    .unwrap();
    let store_of = |keys| {
        let settings = MinioSettings::new(endpoint.url().parse().unwrap(), keys);
        MinioStore::new(&settings, Arc::new(SystemClock)).unwrap()
    };
    let old = store_of(Credentials::new("who", Secret::new("the-old-secret")));
    let denied = StorageErrorKind::Denied;
    assert_eq!(refused_put(&old, "abc".into()).await, denied);
    let list = old.list(&object().bucket, ListOptions::default()).await;
    assert_eq!(list.unwrap_err().kind(), denied);

    let new = store_of(right);
    let object = object();
    let put = new.put(&object, "abc".into(), PutOptions::overwrite());
    put.await.unwrap();
    let page = new.list(&object.bucket, ListOptions::default()).await;
    assert_eq!(page.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_bulk_delete_carries_no_key_that_xml_would_change() {
    let server = Scripted::start(|line| {
        if line.starts_with("post") {
            answer(
                200,
                "<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>j</Key></Deleted></DeleteResult>",
            )
        } else {
            answer(204, "")
        }
    })
    .await;
    let names = ["a", "b&c", "d<e>", "f\"g", "h'i", "j", " k ", "l&amp;m"];
    let keys: Vec<_> = names.iter().map(|name| name.parse().unwrap()).collect();
    let report = server.store().delete_many(&object().bucket, &keys).await;
    let report = report.unwrap();
    let told: Vec<_> = report.iter().map(|gone| gone.key.as_str()).collect();
    assert_eq!(told, names);
    assert!(report.iter().all(|gone| gone.outcome.is_ok()));
    let document = server.bodies().concat();
    assert_eq!(document.matches("<Key>").count(), 2, "{document}");
    assert!(document.contains("<Key>a</Key>") && document.contains("<Key>j</Key>"));
    let mut singles = server.seen();
    singles.retain(|line| line.starts_with("delete"));
    singles.sort();
    assert_eq!(
        singles,
        [
            "delete /bucket/%20k%20 http/1.1",
            "delete /bucket/b%26c http/1.1",
            "delete /bucket/d%3ce%3e http/1.1",
            "delete /bucket/f%22g http/1.1",
            "delete /bucket/h%27i http/1.1",
            "delete /bucket/l%26amp%3bm http/1.1",
        ]
    );
}

fn refusal(status: u16, code: &str) -> Act {
    let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
    Act::Answer(status, "content-type: application/xml\r\n".to_owned(), body)
}

/// The crate lower-cases the codes that it does not know, and servers differ of their own accord.
#[tokio::test]
async fn codes_mean_the_same_in_any_case_on_both_planes() {
    for (status, code, kind) in [
        (503, "SlowDown", StorageErrorKind::Throttled),
        (503, "slowdown", StorageErrorKind::Throttled),
        (412, "PRECONDITIONFAILED", StorageErrorKind::AlreadyExists),
        (412, "preconditionfailed", StorageErrorKind::AlreadyExists),
        (404, "nosuchbucket", StorageErrorKind::BucketNotFound),
        (403, "ACCESSDENIED", StorageErrorKind::Denied),
    ] {
        let server = Scripted::start(move |_| refusal(status, code)).await;
        let store = server.store();
        assert_eq!(refused_put(&store, "abc".into()).await, kind, "{code}");
        let list = store.list(&object().bucket, ListOptions::default()).await;
        assert_eq!(list.unwrap_err().kind(), kind, "{code}");
    }
}

/// The crate takes a 409 without a body for a missing bucket; it says that somebody else is at work.
#[tokio::test]
async fn an_empty_409_is_a_conflict_and_no_missing_bucket() {
    let server =
        Scripted::start(|line| answer(if line.starts_with("head") { 404 } else { 409 }, "")).await;
    let store = server.store();
    let throttled = StorageErrorKind::Throttled;
    assert_eq!(refused_put(&store, "abc".into()).await, throttled);
    assert_eq!(refused_put(&store, endless(17)).await, throttled);
    let made = store.ensure_bucket(&object().bucket).await;
    assert_eq!(made.unwrap_err().kind(), throttled);
}
