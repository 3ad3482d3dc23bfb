//! The rules that every [`PictureIndex`] keeps, one function each, and a macro that makes tests of them.
//!
//! ```
//! use std::sync::Arc;
//! use storage::pictures::testing::index_conformance::IndexFixture;
//! use storage::pictures::{KnownPicture, MemoryPictureIndex};
//!
//! async fn memory(known: Vec<KnownPicture>) -> IndexFixture {
//!     let index = MemoryPictureIndex::new();
//!     for picture in known {
//!         index.insert(picture);
//!     }
//!     IndexFixture::new(Arc::new(index))
//! }
//!
//! storage::picture_index_conformance!(fixture = memory);
//! # fn main() {}
//! ```

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a rule reports by panicking, as every assertion does"
)]

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::StorageErrorKind;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::pictures::{KnownPicture, PictureIndex};

/// An index under test, and what it needs to live.
///
/// It is made of the entries that it is to know; their record ids are UUIDs of version 7, each of one owner, and the
/// numbers within a record go from 1 on without a gap.
pub struct IndexFixture {
    index: Arc<dyn PictureIndex>,
    _keep: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for IndexFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.index.fmt(f)
    }
}

impl IndexFixture {
    /// Returns the fixture of an index.
    pub fn new(index: Arc<dyn PictureIndex>) -> Self {
        Self::keeping(index, ())
    }

    /// Returns the fixture of an index that needs `keep` to live on, such as a temporary directory.
    pub fn keeping(index: Arc<dyn PictureIndex>, keep: impl Any + Send + Sync) -> Self {
        Self {
            index,
            _keep: Box::new(keep),
        }
    }

    /// Returns the index.
    pub fn index(&self) -> &dyn PictureIndex {
        &*self.index
    }

    /// Returns all entries of `bucket`, page by page.
    async fn all(&self, bucket: &str, limit: u16) -> Vec<KnownPicture> {
        let bucket = bucket.parse().unwrap();
        let mut all: Vec<KnownPicture> = Vec::new();
        loop {
            let after: Option<ObjectKey> = all.last().map(|last| last.object.key.clone());
            let page = self
                .index
                .page(&bucket, after.clone(), limit)
                .await
                .unwrap();
            if page.is_empty() {
                return all;
            }
            let mut keys: Vec<_> = page.iter().map(|picture| &picture.object.key).collect();
            keys.dedup();
            assert!(keys.len() <= usize::from(limit), "a page over its limit");
            assert!(
                keys.iter()
                    .all(|key| after.as_ref().is_none_or(|after| *key > after))
            );
            all.extend(page);
        }
    }
}

fn known(object: &str, record: u32, number: u8) -> KnownPicture {
    KnownPicture {
        object: object.parse().unwrap(),
        owner: format!("user-{}", record % 3),
        record_id: format!("01932c07-0000-7000-8000-{record:012x}"),
        number,
    }
}

/// Entries in two buckets whose names sort otherwise than their texts with a slash behind them, with keys that a
/// collation of words would sort otherwise than their bytes, and with an object of two records.
pub fn samples() -> Vec<KnownPicture> {
    vec![
        known("one/2026/03/01/a_1.png", 1, 1),
        known("one/2026/03/01/a_2.png", 1, 2),
        known("one/2026/03/01/B_1.png", 2, 1),
        known("one/2026/03/01/b_1.png", 3, 1),
        known("one/2026/03/01/shared_1.png", 4, 1),
        known("one/2026/03/01/shared_1.png", 5, 1),
        known("one/2026/03/01/ü_1.png", 6, 1),
        known("one/2026/03/01-x/a_1.png", 7, 1),
        known("one-more/2026/03/01/a_1.png", 8, 1),
        known("one.too/2026/03/01/a_1.png", 9, 1),
    ]
}

fn sorted(mut pictures: Vec<KnownPicture>) -> Vec<KnownPicture> {
    pictures.sort();
    pictures
}

fn in_bucket(bucket: &str) -> Vec<KnownPicture> {
    let here = |picture: &KnownPicture| picture.object.bucket.as_str() == bucket;
    sorted(samples().into_iter().filter(here).collect())
}

/// What a record names is found, with whose it is, by its exact name.
pub async fn what_a_record_names_is_found(fixture: &IndexFixture) {
    for picture in samples() {
        let object = picture.object.clone();
        let found = fixture.index().find(&[object]).await.unwrap();
        assert!(found.contains(&picture), "{picture:?} is not in {found:?}");
    }
}

/// What no record names is not found, however near its name is.
pub async fn what_no_record_names_is_not_found(fixture: &IndexFixture) {
    let near: Vec<ObjectRef> = [
        "one/2026/03/01/a_3.png",
        "one/2026/03/01/A_1.png",
        "one/2026/03/01/a_1.pn",
        "one/2026/03/01/a_1.png.json",
        "one/2026/03/01/a%1.png",
        "two/2026/03/01/a_1.png",
        "one-more/2026/03/01/a_2.png",
    ]
    .map(|text| text.parse().unwrap())
    .to_vec();
    assert_eq!(fixture.index().find(&near).await.unwrap(), []);
}

/// A batch is answered as a whole, and an object that is asked for twice is answered once.
pub async fn a_batch_is_answered_once_each(fixture: &IndexFixture) {
    let mut asked: Vec<_> = samples()
        .into_iter()
        .map(|picture| picture.object)
        .collect();
    asked.push("one/2026/03/01/none_1.png".parse().unwrap());
    asked.extend(asked.clone());
    let found = fixture.index().find(&asked).await.unwrap();
    assert_eq!(sorted(found), sorted(samples()));
    assert_eq!(fixture.index().find(&[]).await.unwrap(), []);
}

/// An object of two records has two entries.
pub async fn an_object_of_two_records_has_two_entries(fixture: &IndexFixture) {
    let shared: ObjectRef = "one/2026/03/01/shared_1.png".parse().unwrap();
    let found = fixture
        .index()
        .find(std::slice::from_ref(&shared))
        .await
        .unwrap();
    let expected: Vec<_> = samples()
        .into_iter()
        .filter(|picture| picture.object == shared)
        .collect();
    assert_eq!(sorted(found), sorted(expected));
}

/// A thousand objects may be asked for at once, and one more may not.
pub async fn a_batch_has_a_largest_size(fixture: &IndexFixture) {
    let object = |number: usize| format!("one/2026/03/01/x{number}_1.png").parse().unwrap();
    let mut asked: Vec<ObjectRef> = (0..1000).map(object).collect();
    assert_eq!(fixture.index().find(&asked).await.unwrap(), []);
    asked.push(object(1000));
    let error = fixture.index().find(&asked).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
}

/// Pages of every size hold all entries of their bucket in the order of the bytes of the keys.
pub async fn paging_neither_repeats_nor_skips(fixture: &IndexFixture) {
    for bucket in ["one", "one-more", "one.too"] {
        for limit in [1, 2, 3, 1000] {
            let all = fixture.all(bucket, limit).await;
            assert_eq!(all, in_bucket(bucket), "{bucket} by {limit}");
        }
    }
}

/// A page starts after its key, whether or not a record names that key.
pub async fn a_page_may_start_after_a_missing_key(fixture: &IndexFixture) {
    let bucket = "one".parse().unwrap();
    let after: ObjectKey = "2026/03/01/a_1.png0".parse().unwrap();
    let page = fixture.index().page(&bucket, Some(after), 1).await.unwrap();
    assert_eq!(page, [known("one/2026/03/01/a_2.png", 1, 2)]);
}

/// A bucket that no record names has an empty page.
pub async fn a_bucket_without_records_has_an_empty_page(fixture: &IndexFixture) {
    let bucket = "two".parse().unwrap();
    assert_eq!(fixture.index().page(&bucket, None, 10).await.unwrap(), []);
}

/// A page has one to a thousand objects.
pub async fn a_page_has_one_to_a_thousand_objects(fixture: &IndexFixture) {
    let bucket = "one".parse().unwrap();
    for limit in [0, 1001] {
        let error = fixture
            .index()
            .page(&bucket, None, limit)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::InvalidInput, "{limit}");
    }
}

/// The buckets come once each, sorted.
pub async fn the_buckets_come_once_each(fixture: &IndexFixture) {
    let buckets = fixture.index().buckets().await.unwrap();
    let names: Vec<_> = buckets.iter().map(BucketName::as_str).collect();
    assert_eq!(names, ["one", "one-more", "one.too"]);
}

/// Makes one test of each rule for one index.
///
/// `fixture` is the path of an `async fn(Vec<KnownPicture>) -> IndexFixture`; see
/// [`index_conformance`](crate::pictures::testing::index_conformance) for an example.
#[macro_export]
macro_rules! picture_index_conformance {
    ($(#[$attribute:meta])* fixture = $fixture:path $(,)?) => {
        $crate::picture_index_conformance! {
            @all [$(#[$attribute])*] $fixture;
            what_a_record_names_is_found,
            what_no_record_names_is_not_found,
            a_batch_is_answered_once_each,
            an_object_of_two_records_has_two_entries,
            a_batch_has_a_largest_size,
            paging_neither_repeats_nor_skips,
            a_page_may_start_after_a_missing_key,
            a_bucket_without_records_has_an_empty_page,
            a_page_has_one_to_a_thousand_objects,
            the_buckets_come_once_each,
        }
    };
    (@all $attributes:tt $fixture:path; $($rule:ident,)*) => {
        $( $crate::picture_index_conformance!(@one $attributes $fixture; $rule); )*
    };
    (@one [$(#[$attribute:meta])*] $fixture:path; $rule:ident) => {
        #[::tokio::test]
        $(#[$attribute])*
        async fn $rule() {
            let known = $crate::pictures::testing::index_conformance::samples();
            let fixture = $fixture(known).await;
            $crate::pictures::testing::index_conformance::$rule(&fixture).await;
        }
    };
}

#[cfg(test)]
mod tests {
    /// Reads the rules where they are written, so that none can be left out of the macro.
    #[test]
    fn every_rule_is_in_the_macro() {
        let source = include_str!("index_conformance.rs");
        let rules: Vec<_> = source
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next())
            .collect();
        assert_eq!(rules.len(), 10);
        for rule in rules {
            assert!(source.contains(&format!("            {rule},\n")), "{rule}");
        }
    }
}
