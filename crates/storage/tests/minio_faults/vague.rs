//! Answers that say success, or absence, without the words of an S3 server.

use storage::{ByteRange, GetOptions, ObjectKey, ObjectStore, StorageErrorKind};

use crate::scripted::{Act, Scripted, answer, multipart};
use crate::{endless, object, refused_put};

#[tokio::test]
async fn a_put_is_stored_only_when_the_server_names_its_tag() {
    for page in ["", "<html>login</html>"] {
        let server = Scripted::start(move |_| answer(200, page)).await;
        let kind = refused_put(&server.store(), "abc".into()).await;
        assert_eq!(kind, StorageErrorKind::Unavailable, "{page:?}");
    }
}

#[tokio::test]
async fn an_upload_in_parts_is_stored_only_when_the_server_names_its_tag() {
    for page in ["", "<html>login</html>"] {
        let server = Scripted::start(multipart(answer(200, page))).await;
        let kind = refused_put(&server.store(), endless(17)).await;
        assert_eq!(kind, StorageErrorKind::Unavailable, "{page:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_knows_no_route_has_deleted_nothing() {
    let missing = "<Error><Code>NoSuchKey</Code></Error>";
    let server = Scripted::start(move |_| answer(404, missing)).await;
    server.store().delete(&object()).await.unwrap();

    let server = Scripted::start(|_| answer(404, "<html>no route</html>")).await;
    let error = server.store().delete(&object()).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Unexpected);
}

#[tokio::test]
async fn a_key_named_twice_in_a_bulk_delete_fails_twice() {
    let refused =
        "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>";
    let server = Scripted::start(move |_| answer(200, refused)).await;
    let key: ObjectKey = "a".parse().unwrap();
    let keys = [key.clone(), key];
    let reports = server
        .store()
        .delete_many(&object().bucket, &keys)
        .await
        .unwrap();
    let kinds: Vec<_> = reports
        .iter()
        .map(|report| report.outcome.as_ref().unwrap_err().kind())
        .collect();
    assert_eq!(kinds, [StorageErrorKind::Denied; 2]);
}

/// Asks for the bytes from 5 to 10 and returns what is made of an answer with five bytes.
async fn asked_for_five(status: u16, content_range: &str) -> Result<(), StorageErrorKind> {
    let headers = match content_range {
        "" => String::new(),
        range => format!("content-range: bytes {range}\r\n"),
    };
    let act = Act::Answer(status, headers, "fghij".to_owned());
    let server = Scripted::start(move |_| act.clone()).await;
    let range = ByteRange::Bounded { start: 5, end: 10 };
    let got = server.store().get(&object(), GetOptions { range }).await;
    got.map(drop).map_err(|error| error.kind())
}

#[tokio::test]
async fn a_206_for_another_range_is_not_read_as_the_one_asked_for() {
    for (status, content_range) in [
        (206, "0-4/20"),
        (206, "6-10/20"),
        (206, "5-9/7"),
        (206, "5-9/*"),
        (206, "none/20"),
        (206, ""),
        (200, ""),
        (200, "5-9/20"),
    ] {
        let answer = asked_for_five(status, content_range).await;
        let unexpected = Err(StorageErrorKind::Unexpected);
        assert_eq!(answer, unexpected, "{status} {content_range:?}");
    }
    assert_eq!(asked_for_five(206, "5-9/20").await, Ok(()));
    assert_eq!(asked_for_five(206, "5-9/10").await, Ok(()));
}
