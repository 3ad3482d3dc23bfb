//! Rules of reading parts.

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind, noise};
use crate::error::StorageErrorKind;
use crate::options::{ByteRange, GetOptions};

/// The length of the object that the rules read from.
const LENGTH: usize = 1000;

async fn reads(fixture: &impl Fixture, range: ByteRange, start: usize, end: usize) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(LENGTH);
    ground.put("a", bytes.clone()).await;
    let object = ground.get("a", GetOptions { range }).await.unwrap();
    assert_eq!(object.range, start as u64..end as u64);
    assert_eq!(object.info.size_bytes, LENGTH as u64, "of the whole object");
    assert_eq!(object.body.length(), Some((end - start) as u64));
    let got = object.body.collect(LENGTH as u64).await.unwrap();
    assert_eq!(got, bytes.slice(start..end));
}

async fn refuses(fixture: &impl Fixture, range: ByteRange) {
    let ground = Ground::new(fixture).await;
    ground.put("a", noise(LENGTH)).await;
    let refused = ground.get("a", GetOptions { range }).await;
    assert_kind(refused, StorageErrorKind::RangeNotSatisfiable);
    assert_eq!(ground.read("a").await.len(), LENGTH);
}

/// A bounded range gives its bytes, without the one at its end.
pub async fn a_bounded_range_gives_its_bytes(fixture: &impl Fixture) {
    let range = ByteRange::Bounded {
        start: 100,
        end: 250,
    };
    reads(fixture, range, 100, 250).await;
}

/// A range of one byte gives one byte.
pub async fn a_range_of_one_byte_gives_one_byte(fixture: &impl Fixture) {
    reads(fixture, ByteRange::Bounded { start: 0, end: 1 }, 0, 1).await;
}

/// A range from a byte on goes to the end.
pub async fn a_range_from_a_byte_goes_to_the_end(fixture: &impl Fixture) {
    reads(fixture, ByteRange::From(990), 990, LENGTH).await;
}

/// A range from the first byte on is the whole.
pub async fn a_range_from_the_first_byte_is_the_whole(fixture: &impl Fixture) {
    reads(fixture, ByteRange::From(0), 0, LENGTH).await;
}

/// The last bytes are the last bytes.
pub async fn the_last_bytes_are_read(fixture: &impl Fixture) {
    reads(fixture, ByteRange::Last(7), 993, LENGTH).await;
}

/// More last bytes than there are give all.
pub async fn more_last_bytes_than_there_are_give_all(fixture: &impl Fixture) {
    reads(fixture, ByteRange::Last(5000), 0, LENGTH).await;
}

/// A range that goes on past the end stops there.
pub async fn a_range_past_the_end_is_cut(fixture: &impl Fixture) {
    let range = ByteRange::Bounded {
        start: 900,
        end: 5000,
    };
    reads(fixture, range, 900, LENGTH).await;
}

/// A range that starts at the end has no bytes and is refused.
pub async fn a_range_that_starts_at_the_end_is_refused(fixture: &impl Fixture) {
    refuses(fixture, ByteRange::From(LENGTH as u64)).await;
}

/// A bounded range past the end is refused.
pub async fn a_bounded_range_past_the_end_is_refused(fixture: &impl Fixture) {
    let range = ByteRange::Bounded {
        start: 2000,
        end: 3000,
    };
    refuses(fixture, range).await;
}

/// A range without bytes is refused.
pub async fn a_range_without_bytes_is_refused(fixture: &impl Fixture) {
    refuses(fixture, ByteRange::Bounded { start: 5, end: 5 }).await;
}

/// A range that runs backwards is refused.
pub async fn a_range_that_runs_backwards_is_refused(fixture: &impl Fixture) {
    refuses(fixture, ByteRange::Bounded { start: 9, end: 5 }).await;
}

/// The last zero bytes are refused.
pub async fn the_last_zero_bytes_are_refused(fixture: &impl Fixture) {
    refuses(fixture, ByteRange::Last(0)).await;
}

/// An empty object has a whole and no ranges.
pub async fn an_empty_object_has_no_ranges(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "").await;
    let whole = ground.get("a", GetOptions::default()).await.unwrap();
    assert_eq!((whole.range, whole.info.size_bytes), (0..0, 0));
    for range in [
        ByteRange::From(0),
        ByteRange::Last(1),
        ByteRange::Bounded { start: 0, end: 1 },
    ] {
        let refused = ground.get("a", GetOptions { range }).await;
        assert_kind(refused, StorageErrorKind::RangeNotSatisfiable);
    }
}

/// A range of a missing key is `NotFound`.
pub async fn a_range_of_a_missing_key_is_not_found(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let range = ByteRange::From(5);
    let refused = ground.get("a", GetOptions { range }).await;
    assert_kind(refused, StorageErrorKind::NotFound);
}

/// A range in the middle of a large object gives its bytes.
pub async fn a_range_of_a_large_object_gives_its_bytes(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let bytes = noise(3 << 20);
    ground.put("a", bytes.clone()).await;
    let range = ByteRange::Bounded {
        start: 1_000_001,
        end: 2_500_003,
    };
    let object = ground.get("a", GetOptions { range }).await.unwrap();
    let got = object.body.collect(4 << 20).await.unwrap();
    assert_eq!(got, bytes.slice(1_000_001..2_500_003));
}
