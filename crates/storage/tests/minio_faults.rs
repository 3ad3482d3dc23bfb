//! What the MinIO adapter makes of servers that fail, and of the known faults of the `minio` crate 0.4.0.
//!
//! | Fault | Held by |
//! |---|---|
//! | no time limit of any kind | `silence_ends_at_the_limit_on_both_planes`, `a_body_that_is_cut_or_stalls_is_an_error` |
//! | a refused connection shows as a failed validation | `a_server_that_is_not_there_is_unavailable` |
//! | a connection that was reset while a body was sent says nothing | `a_server_that_hangs_up_is_unavailable` |
//! | a server that was restarted behind a kept connection | `a_server_that_was_restarted_is_reached_again` |
//! | without a region, one more request before the first on each bucket, links included | `a_put_is_one_request_and_asks_nothing_of_the_bucket`, `a_listing_is_one_request`, `a_link_needs_no_server` |
//! | a signing key that outlives its secret | `minio_time::keys::replaced_keys_are_used_at_once_on_both_planes_and_in_links` |
//! | the machine's clock taken for the server's | `minio_time` |
//! | a short stream stored as success, a long one cut | `bodies::short_and_long_streams_are_never_whole_at_the_server` |
//! | an empty piece that ends a stream | `bodies::empty_pieces_do_not_end_a_stream` |
//! | no entity tag after an upload in parts | `the_tag_of_an_upload_in_parts_is_told` |
//! | a 200 with an error taken for a completed upload | `bodies::an_error_in_a_successful_completion_is_an_error_and_aborts`, `vague` |
//! | an upload left behind by a dropped put | `bodies::a_dropped_put_aborts_its_upload`, `bodies::a_body_that_fails_in_the_middle_aborts_the_upload` |
//! | keys not escaped in a bulk delete | `a_bulk_delete_carries_no_key_that_xml_would_change` |
//! | `..` that reaches another key or bucket, a leading slash dropped | `keys_with_dot_segments_are_none`, `percent_forms_of_dot_segments_stay_text` |
//! | a panic at a range of no bytes | `a_range_of_nothing_is_refused_without_asking` |
//! | unknown codes in lower case, and no status | `codes_mean_the_same_in_any_case_on_both_planes` |
//! | an empty 409 taken for a missing bucket | `an_empty_409_is_a_conflict_and_no_missing_bucket` |
//! | tags in quotes in a listing and bare elsewhere | `the_tags_of_a_listing_are_bare` |
//! | a link of more than seven days | `LinkLife`, in `options.rs` |
//! | bucket names that S3 does not allow | `BucketName`, in `name.rs` |
#![cfg(feature = "minio")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

#[path = "minio_faults/bodies.rs"]
mod bodies;
#[path = "minio_faults/name.rs"]
mod name;
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
    Body, ByteRange, Credentials, GetOptions, ListOptions, ObjectRef, ObjectStore, PutOptions,
    SignOptions, StorageErrorKind, SystemClock,
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

#[tokio::test]
async fn a_server_that_hangs_up_is_unavailable() {
    let server = Scripted::start(|_| Act::HangUp).await;
    let unavailable = StorageErrorKind::Unavailable;
    assert_eq!(
        refused_put(&server.store(), "abc".into()).await,
        unavailable
    );
    let head = server.store().head(&object()).await.unwrap_err();
    assert_eq!(head.kind(), unavailable);
    let bucket = object().bucket;
    let list = server.store().list(&bucket, ListOptions::default()).await;
    assert_eq!(list.unwrap_err().kind(), unavailable);
}

#[tokio::test]
async fn a_server_that_was_restarted_is_reached_again() {
    let server = Scripted::start(|_| Act::AnswerAndHangUp).await;
    let store = server.store();
    for _ in 0..3 {
        let object = object();
        let put = store.put(&object, "abc".into(), PutOptions::overwrite());
        put.await.unwrap();
        // The client hears of the end of the connection a little later.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_listing_is_one_request() {
    let empty =
        "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated></ListBucketResult>";
    let server = Scripted::start(move |_| answer(200, empty)).await;
    let bucket = object().bucket;
    let page = server.store().list(&bucket, ListOptions::default()).await;
    assert!(page.unwrap().entries.is_empty());
    assert_eq!(server.seen().len(), 1, "{:?}", server.seen());
}

#[tokio::test]
async fn a_link_needs_no_server() {
    let nobody = "127.0.0.1:1".parse().unwrap();
    let settings = MinioSettings::new(nobody, Credentials::new("who", Secret::new("word")));
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    let link = store.sign_get(&object(), SignOptions::default()).await;
    assert!(
        link.unwrap()
            .expose()
            .starts_with("http://127.0.0.1:1/bucket/key?")
    );
}

#[tokio::test]
async fn a_range_of_nothing_is_refused_without_asking() {
    let server = Scripted::start(|_| stored()).await;
    for range in [ByteRange::Bounded { start: 3, end: 3 }, ByteRange::Last(0)] {
        let got = server.store().get(&object(), GetOptions { range }).await;
        assert_eq!(
            got.unwrap_err().kind(),
            StorageErrorKind::RangeNotSatisfiable
        );
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_tag_of_an_upload_in_parts_is_told() {
    let whole = "<CompleteMultipartUploadResult><ETag>&quot;whole-3&quot;</ETag></CompleteMultipartUploadResult>";
    let server = Scripted::start(multipart(answer(200, whole))).await;
    let (store, object) = (server.store(), object());
    let put = store.put(&object, endless(17), PutOptions::create_only());
    let receipt = put.await.unwrap();
    assert_eq!(receipt.etag.as_deref(), Some("whole-3"));
    assert_eq!(receipt.size_bytes, 17 * MIB as u64);
}

#[tokio::test]
async fn the_tags_of_a_listing_are_bare() {
    let page = "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated><Contents><Key>key</Key>\
        <LastModified>2026-01-31T00:00:00.000Z</LastModified>\
        <Size>3</Size><ETag>&quot;tag&quot;</ETag></Contents></ListBucketResult>";
    let server = Scripted::start(move |_| answer(200, page)).await;
    let bucket = object().bucket;
    let page = server.store().list(&bucket, ListOptions::default()).await;
    let page = page.unwrap();
    assert_eq!(page.entries[0].etag.as_deref(), Some("tag"));
}

/// The token of a session goes along on both planes, and in no other way.
#[tokio::test]
async fn a_session_sends_its_token_on_both_planes() {
    let server = Scripted::start(|_| stored()).await;
    let session =
        Credentials::new("who", Secret::new("word")).with_session_token(Secret::new("token"));
    let settings = MinioSettings::new(server.url().parse().unwrap(), session);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    let object = object();
    let put = store.put(&object, "abc".into(), PutOptions::overwrite());
    put.await.unwrap();
    store.ensure_bucket(&object.bucket).await.unwrap();
    let heads = server.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        assert!(
            head.contains("\r\nx-amz-security-token: token\r\n"),
            "{head}"
        );
        assert!(head.contains(";x-amz-security-token"), "not signed: {head}");
    }
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
