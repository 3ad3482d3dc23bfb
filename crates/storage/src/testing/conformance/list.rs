//! Rules of listing.

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, key, names_of, noise};
use crate::error::StorageErrorKind;
use crate::options::ListOptions;

/// Keys whose order shows whether a store compares bytes: `-`, `.` and `!` come before `/`.
const MIXED: &[&str] = &[
    "A/b", "B", "a", "a!b", "a-b/c", "a.b", "a/b", "a/b-c", "a/b.png", "a/b/c", "a/c", "a0",
    "a0/b", "ab", "b", "é", "ü/a", "ｆ", "🌲",
];

async fn mixed(fixture: &impl Fixture) -> Ground {
    let ground = Ground::new(fixture).await;
    ground.put_all(MIXED).await;
    ground
}

fn after(name: &str) -> ListOptions {
    ListOptions {
        start_after: Some(key(name)),
        ..ListOptions::default()
    }
}

fn with_prefix(prefix: &str) -> ListOptions {
    ListOptions {
        prefix: prefix.to_owned(),
        ..ListOptions::default()
    }
}

/// An empty bucket lists nothing and has no next page.
pub async fn an_empty_bucket_lists_nothing(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let page = ground.list(ListOptions::default()).await.unwrap();
    assert!(page.entries.is_empty());
    assert_eq!(page.next_start_after, None);
}

/// A listing goes by the bytes of the keys.
pub async fn a_listing_goes_by_the_bytes_of_the_keys(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    let mut expected = MIXED.to_vec();
    expected.sort_unstable();
    assert_eq!(ground.names().await, expected);
}

/// A prefix gives the keys that start with it.
pub async fn a_prefix_gives_the_keys_below_it(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    let below = ground.names_by("a/", 1000).await;
    assert_eq!(below, ["a/b", "a/b-c", "a/b.png", "a/b/c", "a/c"]);
    assert_eq!(ground.names_by("a/b/", 1000).await, ["a/b/c"]);
}

/// A prefix need not end where a segment ends.
pub async fn a_prefix_need_not_end_at_a_segment(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    let found = ground.names_by("a/b", 1000).await;
    assert_eq!(found, ["a/b", "a/b-c", "a/b.png", "a/b/c"]);
    assert_eq!(ground.names_by("a0", 1000).await, ["a0", "a0/b"]);
    assert_eq!(ground.names_by("ü", 1000).await, ["ü/a"]);
}

/// A prefix that is a whole key gives that key too.
pub async fn a_prefix_that_is_a_key_gives_it(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    assert_eq!(ground.names_by("a/b/c", 1000).await, ["a/b/c"]);
}

/// A prefix that no key has gives nothing, whatever it looks like.
pub async fn a_prefix_without_keys_lists_nothing(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    for prefix in ["zz", "a/b/c/", "a//b", "/", "..", "../", "a/../", "./a"] {
        let page = ground.list(with_prefix(prefix)).await.unwrap();
        assert!(page.entries.is_empty(), "{prefix}: {page:?}");
        assert_eq!(page.next_start_after, None);
    }
}

/// A listing that starts after a key leaves that key out.
pub async fn a_listing_starts_after_the_key_given(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    let mut sorted = MIXED.to_vec();
    sorted.sort_unstable();
    for (at, name) in sorted.iter().enumerate() {
        let page = ground.list(after(name)).await.unwrap();
        assert_eq!(names_of(&page), sorted[at + 1..], "after {name}");
    }
}

/// A listing may start after a key that does not exist.
pub async fn a_listing_may_start_after_a_missing_key(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    let page = ground.list(after("a/b/zzz")).await.unwrap();
    assert_eq!(page.entries[0].key.as_str(), "a/c");
    let page = ground.list(after("a/b.")).await.unwrap();
    assert_eq!(page.entries[0].key.as_str(), "a/b.png");
    assert!(ground.list(after("🌳")).await.unwrap().entries.is_empty());
}

/// Prefix and start work together, wherever the start lies.
pub async fn prefix_and_start_work_together(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    for (start, expected) in [
        ("A", vec!["a/b", "a/b-c", "a/b.png", "a/b/c", "a/c"]),
        ("a", vec!["a/b", "a/b-c", "a/b.png", "a/b/c", "a/c"]),
        ("a/b-c", vec!["a/b.png", "a/b/c", "a/c"]),
        ("a/c", vec![]),
        ("b", vec![]),
    ] {
        let mut options = with_prefix("a/");
        options.start_after = Some(key(start));
        let page = ground.list(options).await.unwrap();
        assert_eq!(names_of(&page), expected, "after {start}");
    }
}

/// Paging goes to the end without repeating or skipping.
pub async fn paging_neither_repeats_nor_skips(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    let mut expected = MIXED.to_vec();
    expected.sort_unstable();
    for limit in [1, 2, 3, 7, 18, 19, 20] {
        assert_eq!(ground.names_by("", limit).await, expected, "by {limit}");
    }
}

/// Paging within a prefix neither repeats nor skips.
pub async fn paging_works_within_a_prefix(fixture: &impl Fixture) {
    let ground = mixed(fixture).await;
    for limit in [1, 2, 5] {
        let found = ground.names_by("a/", limit).await;
        assert_eq!(found, ["a/b", "a/b-c", "a/b.png", "a/b/c", "a/c"]);
    }
}

/// A last page that is full has no next page.
pub async fn a_full_last_page_has_no_next(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put_all(&["a", "b", "c"]).await;
    for (limit, next) in [(2, Some(key("b"))), (3, None), (4, None)] {
        let options = ListOptions {
            limit,
            ..ListOptions::default()
        };
        let page = ground.list(options).await.unwrap();
        assert_eq!(page.next_start_after, next, "by {limit}");
    }
}

/// More than a thousand keys come in pages.
pub async fn more_than_a_thousand_keys_come_in_pages(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let names: Vec<_> = (0..1021).map(|n| format!("{}/{n:04}.png", n % 7)).collect();
    ground.put_all(&names).await;
    let mut expected = names;
    expected.sort_unstable();
    let first = ground.list(ListOptions::default()).await.unwrap();
    assert_eq!(first.entries.len(), 1000);
    assert_eq!(ground.names().await, expected);
}

async fn refuses_the_limit(fixture: &impl Fixture, limit: u16) {
    let ground = mixed(fixture).await;
    let options = ListOptions {
        limit,
        ..ListOptions::default()
    };
    let refused = ground.list(options).await;
    assert_kind(refused, StorageErrorKind::InvalidInput);
}

/// A limit of zero is refused.
pub async fn a_limit_of_zero_is_refused(fixture: &impl Fixture) {
    refuses_the_limit(fixture, 0).await;
}

/// A limit above a thousand is refused.
pub async fn a_limit_above_a_thousand_is_refused(fixture: &impl Fixture) {
    refuses_the_limit(fixture, 1001).await;
}

/// Listing a missing bucket is `BucketNotFound`.
pub async fn listing_a_missing_bucket_is_bucket_not_found(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    for options in [ListOptions::default(), with_prefix("a/")] {
        let refused = ground.list(options).await;
        assert_kind(refused, StorageErrorKind::BucketNotFound);
    }
}

/// Entries tell the length of each object.
pub async fn entries_tell_the_sizes(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    for (name, length) in [("a", 0), ("b/c.png", 1), ("d", 70_000)] {
        ground.put(name, noise(length)).await;
    }
    let page = ground.list(ListOptions::default()).await.unwrap();
    let sizes: Vec<_> = page.entries.iter().map(|entry| entry.size_bytes).collect();
    assert_eq!(sizes, [0, 1, 70_000]);
}

/// Entries tell the same time as head.
pub async fn entries_tell_the_times(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a.png", "one").await;
    let page = ground.list(ListOptions::default()).await.unwrap();
    let listed = page.entries[0].last_modified.unwrap();
    let asked = ground.head("a.png").await.last_modified.unwrap();
    assert_eq!(listed.timestamp(), asked.timestamp());
}

/// A put and a delete are seen by the next listing.
pub async fn a_listing_sees_what_was_just_done(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    for round in 0..5 {
        let name = format!("a/{round}.png");
        ground.put(&name, "one").await;
        assert_eq!(ground.names().await, [name.as_str()]);
        ground.delete(&name).await;
        assert!(ground.names().await.is_empty());
    }
}
