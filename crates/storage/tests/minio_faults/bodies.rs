//! Bodies that go up in parts, fail on their way, or are shorter or longer than said.

use super::*;

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
