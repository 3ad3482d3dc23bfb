//! Rules of putting streams: whole or not at all.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time;

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, broken, cut, noise, pieces};
use crate::body::Body;
use crate::error::StorageErrorKind;
use crate::object::Sha256Digest;
use crate::options::PutOptions;

/// Above the size at which S3 adapters begin to send parts.
const LARGE: usize = (9 << 20) + 1;

/// How long a put that is going to be dropped runs first.
const A_WHILE: Duration = Duration::from_millis(150);

/// A stream of known length is stored.
pub async fn a_stream_of_known_length_is_stored(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(300_000);
    let receipt = ground
        .put("a", pieces(cut(&bytes, 70_000), Some(300_000)))
        .await;
    assert_eq!(receipt.size_bytes, 300_000);
    assert_eq!(ground.read("a").await, bytes);
}

/// A stream of unknown length is stored.
pub async fn a_stream_of_unknown_length_is_stored(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(300_000);
    let receipt = ground.put("a", pieces(cut(&bytes, 70_000), None)).await;
    assert_eq!(receipt.size_bytes, 300_000);
    assert_eq!(ground.read("a").await, bytes);
}

/// A large stream of unknown length is stored with its type and digest.
pub async fn a_large_stream_of_unknown_length_is_stored(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(LARGE);
    let digest = Sha256Digest::of(&bytes);
    let options = PutOptions::create_only()
        .with_content_type("image/png")
        .with_sha256(digest);
    let body = pieces(cut(&bytes, 1_000_003), None);
    let receipt = ground.put_with("a", body, options).await.unwrap();
    assert_eq!(receipt.size_bytes, LARGE as u64);
    assert_eq!(ground.read("a").await, bytes);
    let info = ground.head("a").await;
    assert_eq!(info.content_type.as_deref(), Some("image/png"));
    let kept = fixture.expectations().keeps_sha256.then_some(digest);
    assert_eq!(info.sha256, kept);
}

/// A large create-only stream on a taken key is refused and leaves the original.
pub async fn a_large_create_only_stream_leaves_the_original(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    let body = pieces(cut(&noise(LARGE), 1 << 20), None);
    let refused = ground.put_with("a", body, PutOptions::create_only()).await;
    assert_kind(refused, StorageErrorKind::AlreadyExists);
    assert_eq!(ground.read("a").await, "one");
}

/// Empty pieces do not end a stream.
pub async fn empty_pieces_do_not_end_a_stream(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    for (name, length) in [("known", Some(4)), ("unknown", None)] {
        let parts = ["", "ab", "", "", "cd", ""];
        let parts = parts.map(|part| Ok(Bytes::from_static(part.as_bytes())));
        ground.put(name, pieces(parts.into(), length)).await;
        assert_eq!(ground.read(name).await, "abcd");
    }
}

/// A stream without pieces is an empty object.
pub async fn a_stream_without_pieces_is_an_empty_object(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    for (name, length) in [("known", Some(0)), ("unknown", None)] {
        ground.put(name, pieces(Vec::new(), length)).await;
        assert_eq!(ground.head(name).await.size_bytes, 0);
    }
}

async fn stores_nothing(fixture: &impl Fixture, body: Body, kind: StorageErrorKind) {
    let ground = Ground::new(fixture).await;
    let failed = ground.put_with("a", body, PutOptions::create_only()).await;
    assert_kind(failed, kind);
    ground.assert_absent("a").await;
}

/// A stream that ends too early stores nothing.
pub async fn a_short_stream_stores_nothing(fixture: &impl Fixture) {
    let body = pieces(cut(&noise(40_000), 10_000), Some(100_000));
    stores_nothing(fixture, body, StorageErrorKind::Corrupt).await;
}

/// A stream that goes on too long stores nothing.
pub async fn a_long_stream_stores_nothing(fixture: &impl Fixture) {
    let body = pieces(cut(&noise(100_000), 10_000), Some(45_000));
    stores_nothing(fixture, body, StorageErrorKind::Corrupt).await;
}

/// A stream that is one byte short stores nothing.
pub async fn a_stream_short_by_one_byte_stores_nothing(fixture: &impl Fixture) {
    let body = pieces(cut(&noise(9_999), 10_000), Some(10_000));
    stores_nothing(fixture, body, StorageErrorKind::Corrupt).await;
}

/// A stream of known length that fails midway stores nothing.
pub async fn a_stream_that_fails_midway_stores_nothing(fixture: &impl Fixture) {
    let mut parts = cut(&noise(40_000), 10_000);
    parts.push(broken());
    let body = pieces(parts, Some(100_000));
    stores_nothing(fixture, body, StorageErrorKind::BodyFailed).await;
}

/// A stream that fails before its first byte stores nothing.
pub async fn a_stream_that_fails_at_once_stores_nothing(fixture: &impl Fixture) {
    let body = pieces(vec![broken()], None);
    stores_nothing(fixture, body, StorageErrorKind::BodyFailed).await;
}

/// A stream that fails after its last byte stores nothing.
pub async fn a_stream_that_fails_at_its_end_stores_nothing(fixture: &impl Fixture) {
    let mut parts = cut(&noise(40_000), 10_000);
    parts.push(broken());
    let body = pieces(parts, None);
    stores_nothing(fixture, body, StorageErrorKind::BodyFailed).await;
}

/// A large stream of unknown length that fails late stores nothing.
pub async fn a_large_stream_that_fails_late_stores_nothing(fixture: &impl Fixture) {
    let mut parts = cut(&noise(LARGE), 1 << 20);
    parts.push(broken());
    let body = pieces(parts, None);
    stores_nothing(fixture, body, StorageErrorKind::BodyFailed).await;
}

/// A failed overwrite leaves the earlier object with its type.
pub async fn a_failed_overwrite_leaves_the_earlier_object(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::overwrite().with_content_type("image/png");
    ground.put_with("a", "earlier", options).await.unwrap();
    let body = pieces(vec![Ok(noise(10_000)), broken()], Some(20_000));
    let options = PutOptions::overwrite().with_content_type("image/gif");
    let failed = ground.put_with("a", body, options).await;
    assert_kind(failed, StorageErrorKind::BodyFailed);
    assert_eq!(ground.read("a").await, "earlier");
    let kept = ground.head("a").await.content_type;
    assert_eq!(kept.as_deref(), Some("image/png"));
}

/// A body that gives some bytes and then never ends.
fn endless() -> Body {
    let some = stream::iter([Ok(noise(20_000))]);
    Body::from_stream(some.chain(stream::pending()), Some(40_000))
}

/// A put that is dropped midway leaves nothing.
pub async fn a_dropped_put_leaves_nothing(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let put = ground.put_with("a", endless(), PutOptions::create_only());
    assert!(time::timeout(A_WHILE, put).await.is_err(), "it cannot end");
    time::sleep(A_WHILE).await;
    ground.assert_absent("a").await;
    let again = ground.put_with("a", "one", PutOptions::create_only()).await;
    assert_eq!(again.unwrap().size_bytes, 3);
}

/// An overwrite that is dropped midway leaves the earlier object.
pub async fn a_dropped_overwrite_leaves_the_earlier_object(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "earlier").await;
    let put = ground.put_with("a", endless(), PutOptions::overwrite());
    assert!(time::timeout(A_WHILE, put).await.is_err(), "it cannot end");
    time::sleep(A_WHILE).await;
    assert_eq!(ground.read("a").await, "earlier");
}

/// An object is not visible before its put has ended.
pub async fn a_running_put_is_not_visible(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let (sender, receiver) = mpsc::channel(1);
    let receive = |mut receiver: mpsc::Receiver<Bytes>| async move {
        let piece = receiver.recv().await?;
        Some((Ok(piece), receiver))
    };
    let body = Body::from_stream(stream::unfold(receiver, receive), Some(40_000));
    let put = ground.put_with("a", body, PutOptions::create_only());
    let watch = async {
        sender.send(noise(20_000)).await.unwrap();
        time::sleep(A_WHILE).await;
        ground.assert_absent("a").await;
        sender.send(noise(20_000)).await.unwrap();
        drop(sender);
    };
    let (answer, ()) = futures_util::future::join(put, watch).await;
    assert_eq!(answer.unwrap().size_bytes, 40_000);
    assert_eq!(ground.head("a").await.size_bytes, 40_000);
}
