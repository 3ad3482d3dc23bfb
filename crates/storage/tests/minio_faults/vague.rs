//! Answers that say success, or absence, without the words of an S3 server.

use storage::{ObjectKey, ObjectStore, StorageErrorKind};

use crate::scripted::{Scripted, answer, multipart};
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
