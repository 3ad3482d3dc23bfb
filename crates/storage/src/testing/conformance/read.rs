//! Rules of reading.

use bytes::Bytes;
use futures_util::{StreamExt, future};

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, noise};
use crate::error::StorageErrorKind;
use crate::object::{Metadata, Sha256Digest};
use crate::options::{GetOptions, PutOptions};

/// Getting a key that holds nothing is `NotFound`.
pub async fn get_of_a_missing_key_is_not_found(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("there", "one").await;
    for name in ["missing", "there/below", "ther", "2026/01/31/a_1.png"] {
        let got = ground.get(name, GetOptions::default()).await;
        assert_kind(got, StorageErrorKind::NotFound);
    }
}

/// Getting from a missing bucket is `BucketNotFound`.
pub async fn get_of_a_missing_bucket_is_bucket_not_found(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    let got = ground.get("a", GetOptions::default()).await;
    assert_kind(got, StorageErrorKind::BucketNotFound);
}

/// Head of a key that holds nothing is `NotFound`.
pub async fn head_of_a_missing_key_is_not_found(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let asked = ground.store.head(&ground.object("missing")).await;
    assert_kind(asked, StorageErrorKind::NotFound);
}

/// Head in a missing bucket is `BucketNotFound`, or `NotFound` where that is declared.
pub async fn head_of_a_missing_bucket_is_told(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    let asked = ground.store.head(&ground.object("a")).await;
    let told_apart = fixture.expectations().missing_bucket_told_apart_on_head;
    assert_kind(
        asked,
        if told_apart {
            StorageErrorKind::BucketNotFound
        } else {
            StorageErrorKind::NotFound
        },
    );
}

/// Head and get tell the same of an object.
pub async fn head_tells_what_get_tells(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::create_only()
        .with_content_type("image/png")
        .with_metadata(Metadata::new().with("seed", "42").unwrap())
        .with_sha256(Sha256Digest::of(b"one"));
    ground.put_with("a/b.png", "one", options).await.unwrap();
    let got = ground.get("a/b.png", GetOptions::default()).await.unwrap();
    assert_eq!(got.info, ground.head("a/b.png").await);
    assert_eq!(got.range, 0..3);
    assert_eq!(got.body.length(), Some(3));
}

/// Several readers of one object all get all of it.
pub async fn an_object_is_read_by_many_at_once(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(200_000);
    ground.put("a", bytes.clone()).await;
    let readers = (0..8).map(|_| ground.read("a"));
    for got in future::join_all(readers).await {
        assert_eq!(got, bytes);
    }
}

/// A body that is dropped halfway harms neither the object nor the store.
pub async fn a_body_dropped_halfway_harms_nothing(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(2 << 20);
    ground.put("a", bytes.clone()).await;
    for _ in 0..10 {
        let object = ground.get("a", GetOptions::default()).await.unwrap();
        let mut stream = object.body.into_stream();
        let first = stream.next().await.unwrap().unwrap();
        assert!(!first.is_empty());
    }
    assert_eq!(ground.read("a").await, bytes);
}

/// A body that is never read does no harm either.
pub async fn a_body_never_read_harms_nothing(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", noise(2 << 20)).await;
    for _ in 0..10 {
        drop(ground.get("a", GetOptions::default()).await.unwrap());
    }
    ground.put("a", "two").await;
    assert_eq!(ground.read("a").await, Bytes::from_static(b"two"));
}
