//! Rules of metadata, digests and times.

use chrono::Timelike;

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, cut, noise, pieces};
use crate::error::StorageErrorKind;
use crate::object::{Metadata, Sha256Digest};
use crate::options::{GetOptions, PutOptions};

async fn comes_back(fixture: &impl Fixture, metadata: Metadata) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::create_only().with_metadata(metadata.clone());
    ground.put_with("a", "one", options).await.unwrap();
    let expected = if fixture.expectations().keeps_metadata {
        metadata
    } else {
        Metadata::new()
    };
    assert_eq!(ground.head("a").await.metadata, expected);
    let got = ground.get("a", GetOptions::default()).await.unwrap();
    assert_eq!(got.info.metadata, expected);
}

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    let with = |all: Metadata, (name, value): &(&str, &str)| all.with(name, value).unwrap();
    pairs.iter().fold(Metadata::new(), with)
}

/// Metadata comes back.
pub async fn metadata_is_kept(fixture: &impl Fixture) {
    let pairs = [
        ("generation-id", "0190"),
        ("seed", "42"),
        ("width-2", "1024"),
    ];
    comes_back(fixture, metadata(&pairs)).await;
}

/// Values beyond ASCII come back.
pub async fn metadata_beyond_ascii_is_kept(fixture: &impl Fixture) {
    comes_back(
        fixture,
        metadata(&[("city", "Zürich ß 東京"), ("mood", "🌲")]),
    )
    .await;
}

/// Values with spaces, percent signs, quotes and commas come back.
pub async fn metadata_with_spaces_and_signs_is_kept(fixture: &impl Fixture) {
    let pairs = [
        ("words", "a b  c"),
        ("signs", "100% \"quoted\", a=b; c+d %41 =?x?="),
        ("edges", " leading and trailing "),
        ("empty", ""),
    ];
    comes_back(fixture, metadata(&pairs)).await;
}

/// Metadata of the greatest size comes back.
pub async fn metadata_of_the_greatest_size_is_kept(fixture: &impl Fixture) {
    let value = "x".repeat(2048 - "long".len());
    comes_back(fixture, metadata(&[("long", &value)])).await;
}

/// Overwriting leaves nothing of the earlier metadata and digest.
pub async fn overwriting_forgets_the_earlier_metadata(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::overwrite()
        .with_metadata(metadata(&[("seed", "42")]))
        .with_sha256(Sha256Digest::of(b"one"));
    ground.put_with("a", "one", options).await.unwrap();
    ground.put("a", "two").await;
    let info = ground.head("a").await;
    assert!(info.metadata.is_empty());
    assert_eq!(info.sha256, None);
}

/// The digest given to the put is told later.
pub async fn the_sha256_is_kept(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let digest = Sha256Digest::of(b"one");
    let options = PutOptions::create_only().with_sha256(digest);
    ground.put_with("a", "one", options).await.unwrap();
    let expected = fixture.expectations().keeps_sha256.then_some(digest);
    assert_eq!(ground.head("a").await.sha256, expected);
    let got = ground.get("a", GetOptions::default()).await.unwrap();
    assert_eq!(got.info.sha256, expected);
    assert!(got.info.metadata.is_empty(), "the digest is no metadata");
}

/// An object put without digest has none.
pub async fn an_object_put_without_sha256_has_none(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    assert_eq!(ground.head("a").await.sha256, None);
}

/// A body with another digest is refused and nothing is stored.
pub async fn a_wrong_sha256_stores_nothing(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::create_only().with_sha256(Sha256Digest::of(b"other"));
    let answer = ground.put_with("a", "one", options).await;
    if fixture.expectations().checks_sha256 {
        assert_kind(answer, StorageErrorKind::Corrupt);
        ground.assert_absent("a").await;
    } else {
        answer.unwrap();
        assert_eq!(ground.read("a").await, "one");
    }
}

/// A stream with another digest is refused and the earlier object stays.
pub async fn a_wrong_sha256_leaves_the_earlier_object(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "earlier").await;
    let bytes = noise(100_000);
    let options = PutOptions::overwrite().with_sha256(Sha256Digest::of(b"other"));
    let body = pieces(cut(&bytes, 30_000), Some(100_000));
    let answer = ground.put_with("a", body, options).await;
    if fixture.expectations().checks_sha256 {
        assert_kind(answer, StorageErrorKind::Corrupt);
        assert_eq!(ground.read("a").await, "earlier");
    } else {
        answer.unwrap();
        assert_eq!(ground.read("a").await, bytes);
    }
}

/// The time of the last put is told, to the second.
pub async fn the_time_of_the_put_is_told_to_the_second(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    let at = ground.head("a").await.last_modified.unwrap();
    assert_eq!(at.nanosecond(), 0);
    let got = ground.get("a", GetOptions::default()).await.unwrap();
    assert_eq!(got.info.last_modified, Some(at));
}
