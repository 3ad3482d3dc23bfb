//! Rules of deleting.

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, key};
use super::keys::ODD_KEYS;
use crate::error::{Result, StorageErrorKind};
use crate::name::ObjectKey;
use crate::object::Deletion;
use crate::options::PutOptions;

async fn delete_many(ground: &Ground, names: &[&str]) -> Vec<Deletion> {
    let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
    let report = ground.store.delete_many(&ground.bucket, &keys).await;
    all_gone(&keys, report)
}

/// Asserts that the report names the keys in the order given and says that all are gone.
fn all_gone(keys: &[ObjectKey], report: Result<Vec<Deletion>>) -> Vec<Deletion> {
    let report = report.unwrap();
    let reported: Vec<_> = report.iter().map(|deletion| &deletion.key).collect();
    assert_eq!(reported, keys.iter().collect::<Vec<_>>());
    for deletion in &report {
        assert!(deletion.outcome.is_ok(), "{deletion:?}");
    }
    report
}

/// A deleted object is gone for get, head and list.
pub async fn a_deleted_object_is_gone(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::create_only().with_content_type("image/png");
    ground
        .put_with("2026/01/31/a_1.png", "one", options)
        .await
        .unwrap();
    ground.delete("2026/01/31/a_1.png").await;
    ground.assert_absent("2026/01/31/a_1.png").await;
    assert!(ground.names().await.is_empty());
}

/// Deleting twice is fine.
pub async fn deleting_twice_is_fine(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    ground.delete("a").await;
    ground.delete("a").await;
    ground.assert_absent("a").await;
}

/// Deleting what never was is fine.
pub async fn deleting_a_missing_key_is_fine(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.delete("never/was.png").await;
    assert!(ground.names().await.is_empty());
}

/// Deleting in a missing bucket is `BucketNotFound`, or `Ok` where that is declared.
pub async fn deleting_in_a_missing_bucket_is_told(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    let answer = ground.store.delete(&ground.object("a")).await;
    if fixture.expectations().missing_bucket_told_on_delete {
        assert_kind(answer, StorageErrorKind::BucketNotFound);
    } else {
        answer.unwrap();
    }
}

/// Deleting one object leaves those with similar keys.
pub async fn deleting_leaves_the_neighbours(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let names = ["a", "a.b", "a/b", "a/b/c", "a0", "b"];
    ground.put_all(&names).await;
    ground.delete("a/b").await;
    assert_eq!(ground.names().await, ["a", "a.b", "a/b/c", "a0", "b"]);
    assert_eq!(ground.read("a/b/c").await, "a/b/c");
}

/// An object put after a delete has nothing of the earlier one.
pub async fn nothing_of_a_deleted_object_comes_back(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let options = PutOptions::create_only()
        .with_content_type("image/gif")
        .with_metadata(crate::Metadata::new().with("seed", "42").unwrap());
    ground.put_with("a.png", "one", options).await.unwrap();
    ground.delete("a.png").await;
    ground.put("a.png", "one").await;
    let info = ground.head("a.png").await;
    assert!(info.metadata.is_empty());
    let expected = fixture.expectations().default_content_type;
    assert_eq!(info.content_type, expected);
}

/// A bulk delete of no keys does nothing.
pub async fn deleting_no_keys_does_nothing(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    assert!(delete_many(&ground, &[]).await.is_empty());
    assert_eq!(ground.names().await, ["a"]);
}

/// A bulk delete of one key deletes it.
pub async fn a_bulk_delete_of_one_key_deletes_it(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put_all(&["a", "b"]).await;
    delete_many(&ground, &["a"]).await;
    assert_eq!(ground.names().await, ["b"]);
}

/// A bulk delete reports each key in the order given, the missing ones too.
pub async fn a_bulk_delete_reports_each_key_in_order(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put_all(&["a", "b/c", "d", "kept"]).await;
    delete_many(&ground, &["d", "missing", "a", "b", "b/c"]).await;
    assert_eq!(ground.names().await, ["kept"]);
}

/// A bulk delete takes a key twice.
pub async fn a_bulk_delete_takes_a_key_twice(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    delete_many(&ground, &["a", "a"]).await;
    ground.assert_absent("a").await;
}

/// A bulk delete takes keys with any signs.
pub async fn a_bulk_delete_takes_odd_keys(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put_all(ODD_KEYS).await;
    ground.put("kept", "one").await;
    delete_many(&ground, ODD_KEYS).await;
    assert_eq!(ground.names().await, ["kept"]);
}

/// A bulk delete takes more than a thousand keys.
pub async fn a_bulk_delete_takes_more_than_a_thousand_keys(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let names: Vec<_> = (0..1203).map(|n| format!("n/{n:04}.png")).collect();
    // The last ones matter: they are in the second batch of a server that takes a thousand at once.
    ground.put_all(&names[..10]).await;
    ground.put_all(&names[1190..]).await;
    ground.put("n/kept.png", "one").await;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    delete_many(&ground, &names).await;
    assert_eq!(ground.names().await, ["n/kept.png"]);
}

/// A bulk delete in a missing bucket fails as a whole.
pub async fn a_bulk_delete_in_a_missing_bucket_fails(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    let keys = [key("a"), key("b")];
    let answer = ground.store.delete_many(&ground.bucket, &keys).await;
    if fixture.expectations().missing_bucket_told_on_delete {
        assert_kind(answer, StorageErrorKind::BucketNotFound);
    } else {
        all_gone(&keys, answer);
    }
}
