//! Rules of putting whole bodies.

use bytes::Bytes;

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, noise};
use crate::error::StorageErrorKind;
use crate::options::{GetOptions, PutOptions};

/// What was put is what is got, byte by byte.
pub async fn a_put_object_is_read_back_whole(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(10_000);
    ground.put("2026/01/31/a_1.png", bytes.clone()).await;
    assert_eq!(ground.read("2026/01/31/a_1.png").await, bytes);
}

async fn keeps_the_type(fixture: &impl Fixture, content_type: &str, name: &str) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::create_only().with_content_type(content_type);
    ground.put_with(name, noise(100), options).await.unwrap();
    let expected = Some(content_type.to_owned());
    assert_eq!(ground.head(name).await.content_type, expected);
    let got = ground.get(name, GetOptions::default()).await.unwrap();
    assert_eq!(got.info.content_type, expected);
}

/// `image/png` comes back.
pub async fn a_png_keeps_its_content_type(fixture: &impl Fixture) {
    keeps_the_type(fixture, "image/png", "a_1.png").await;
}

/// `image/jpeg` comes back.
pub async fn a_jpeg_keeps_its_content_type(fixture: &impl Fixture) {
    keeps_the_type(fixture, "image/jpeg", "a_1.jpg").await;
}

/// `image/webp` comes back.
pub async fn a_webp_keeps_its_content_type(fixture: &impl Fixture) {
    keeps_the_type(fixture, "image/webp", "a_1.webp").await;
}

/// `image/gif` comes back.
pub async fn a_gif_keeps_its_content_type(fixture: &impl Fixture) {
    keeps_the_type(fixture, "image/gif", "a_1.gif").await;
}

/// `image/avif` comes back.
pub async fn an_avif_keeps_its_content_type(fixture: &impl Fixture) {
    keeps_the_type(fixture, "image/avif", "a_1.avif").await;
}

/// The type is kept, not guessed from the name.
pub async fn the_content_type_is_not_guessed_from_the_key(fixture: &impl Fixture) {
    keeps_the_type(fixture, "image/webp", "a_1.png").await;
}

/// Without a type the object has none, or the declared default of the server.
pub async fn an_object_put_without_content_type_has_none(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a_1.png", "bytes").await;
    let expected = fixture.expectations().default_content_type;
    assert_eq!(ground.head("a_1.png").await.content_type, expected);
}

/// The receipt, head and get agree on the length.
pub async fn the_receipt_tells_the_size(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    assert_eq!(ground.put("a", noise(1234)).await.size_bytes, 1234);
    assert_eq!(ground.head("a").await.size_bytes, 1234);
}

/// The entity tag is told alike everywhere, without quotes, and changes with the bytes.
pub async fn the_etag_changes_with_the_bytes(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let first = ground.put("a", "one").await.etag;
    assert_eq!(ground.head("a").await.etag, first);
    let second = ground.put("a", "two").await.etag;
    let got = ground.get("a", GetOptions::default()).await.unwrap();
    assert_eq!(got.info.etag, second);
    if fixture.expectations().gives_etags {
        assert_ne!(first, second);
        assert!(!second.unwrap().contains('"'));
    } else {
        assert_eq!((first, second), (None, None));
    }
}

/// An object without bytes is an object.
pub async fn an_empty_object_is_kept(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("empty", Bytes::new()).await;
    assert_eq!(ground.head("empty").await.size_bytes, 0);
    assert_eq!(ground.read("empty").await, Bytes::new());
    assert_eq!(ground.names().await, ["empty"]);
}

/// Three megabytes come back.
pub async fn three_megabytes_are_kept(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(3 << 20);
    ground.put("large", bytes.clone()).await;
    assert_eq!(ground.read("large").await, bytes);
}

/// A second create-only put is refused and changes nothing.
pub async fn create_only_leaves_the_original(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let first = PutOptions::create_only().with_content_type("image/png");
    ground.put_with("a", "one", first).await.unwrap();
    let second = PutOptions::create_only().with_content_type("image/gif");
    let refused = ground.put_with("a", "other", second).await;
    assert_kind(refused, StorageErrorKind::AlreadyExists);
    assert_eq!(ground.read("a").await, "one");
    let kept = ground.head("a").await.content_type;
    assert_eq!(kept.as_deref(), Some("image/png"));
}

/// Create-only refuses the same bytes too; whoever repeats compares.
pub async fn create_only_refuses_the_same_bytes_too(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    let refused = ground.put_with("a", "one", PutOptions::create_only()).await;
    assert_kind(refused, StorageErrorKind::AlreadyExists);
}

/// After a delete the key is free again.
pub async fn create_only_works_again_after_a_delete(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    ground.delete("a").await;
    let again = ground.put_with("a", "two", PutOptions::create_only()).await;
    assert_eq!(again.unwrap().size_bytes, 3);
    assert_eq!(ground.read("a").await, "two");
}

/// Overwriting a key that holds nothing creates.
pub async fn overwriting_nothing_creates(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    assert_eq!(ground.read("a").await, "one");
}

/// Overwriting replaces everything: bytes, length and type.
pub async fn overwriting_replaces_everything(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::overwrite().with_content_type("image/png");
    ground
        .put_with("a", "a longer body", options)
        .await
        .unwrap();
    let options = PutOptions::overwrite().with_content_type("image/gif");
    ground.put_with("a", "short", options).await.unwrap();
    assert_eq!(ground.read("a").await, "short");
    let info = ground.head("a").await;
    assert_eq!(info.size_bytes, 5);
    assert_eq!(info.content_type.as_deref(), Some("image/gif"));
    assert_eq!(ground.names().await, ["a"]);
}

/// A put into a missing bucket is refused and does not make the bucket.
pub async fn a_put_into_a_missing_bucket_is_refused(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    for options in [PutOptions::create_only(), PutOptions::overwrite()] {
        let refused = ground.put_with("a/b", "one", options).await;
        assert_kind(refused, StorageErrorKind::BucketNotFound);
    }
    let listed = ground.list(crate::ListOptions::default()).await;
    assert_kind(listed, StorageErrorKind::BucketNotFound);
}
