//! Listings with common prefixes, over a store that knows none.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{CommonPrefix, EncodingType, Object};

use super::convert::{length, refusal, tag, timestamp};
use crate::name::{BucketName, ObjectKey};
use crate::object::{ListEntry, ListPage};
use crate::options::ListOptions;
use crate::sigv4::encode_path;
use crate::store::ObjectStore;

/// Sorts after every key of a group, so that the group can be skipped.
const LAST_LETTER: char = char::MAX;

/// What is asked of a listing.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) bucket: BucketName,
    pub(super) prefix: String,
    /// Groups keys by their text up to its first occurrence after the prefix.
    pub(super) delimiter: Option<String>,
    /// Only keys after this text.
    pub(super) after: Option<String>,
    /// At most so many keys and groups together.
    pub(super) limit: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) entries: Vec<ListEntry>,
    pub(super) groups: Vec<String>,
    /// After which text the next page starts; `None` on the last page.
    pub(super) next: Option<String>,
}

/// How a walk goes on after a page of the store.
enum Step {
    Full,
    GoOnAfter(ObjectKey),
    End,
}

/// Returns the limit for what the request names: 1000 at most, and when it names none.
pub(super) fn limit(max_keys: Option<i32>) -> usize {
    max_keys.map_or(1000, |limit| usize::try_from(limit).unwrap_or(0).min(1000))
}

impl Question {
    /// Walks through the store page by page.
    pub(super) async fn answer(self, store: &Arc<dyn ObjectStore>) -> S3Result<Found> {
        let mut after = self.after.clone();
        let mut cursor = after.as_deref().and_then(key_not_after);
        let mut found = Found::default();
        loop {
            let options = ListOptions {
                prefix: self.prefix.clone(),
                start_after: cursor,
                limit: 1000,
            };
            let page = store.list(&self.bucket, options).await.map_err(refusal)?;
            match self.take(page, &mut after, &mut found) {
                Step::Full => {
                    // A limit of nothing is no page with a next one.
                    found.next = after.filter(|_| self.limit > 0);
                    return Ok(found);
                }
                Step::GoOnAfter(key) => cursor = Some(key),
                Step::End => return Ok(found),
            }
        }
    }

    /// Takes what belongs to the answer from a page of the store; `after` is the last text taken.
    fn take(&self, page: ListPage, after: &mut Option<String>, found: &mut Found) -> Step {
        for entry in page.entries {
            let key = entry.key.as_str();
            if after.as_deref().is_some_and(|after| key <= after) {
                continue;
            }
            if found.entries.len() + found.groups.len() >= self.limit {
                return Step::Full;
            }
            let Some(group) = self.group(key) else {
                *after = Some(key.to_owned());
                found.entries.push(entry);
                continue;
            };
            let end_of_group = format!("{group}{LAST_LETTER}");
            found.groups.push(group.to_owned());
            let skip_to = end_of_group.parse();
            *after = Some(end_of_group);
            if let Ok(skip_to) = skip_to {
                return Step::GoOnAfter(skip_to);
            }
        }
        page.next_start_after.map_or(Step::End, Step::GoOnAfter)
    }

    fn group<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref().filter(|text| !text.is_empty())?;
        let rest = key.get(self.prefix.len()..)?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        key.get(..end)
    }
}

/// Returns the longest start of `text` that is a key: no key between it and `text` is lost, since what
/// lies before `text` is sorted out later.
fn key_not_after(text: &str) -> Option<ObjectKey> {
    (1..=text.len())
        .rev()
        .filter_map(|end| text.get(..end))
        .find_map(|start| start.parse().ok())
}

impl Found {
    /// Returns the keys as s3s writes them.
    pub(super) fn objects(&self, encoding: Option<&EncodingType>) -> Vec<Object> {
        let object = |entry: &ListEntry| Object {
            key: Some(encoded(entry.key.as_str(), encoding)),
            size: length(entry.size_bytes),
            e_tag: entry.etag.clone().map(tag),
            last_modified: Some(timestamp(entry.last_modified.unwrap_or_default())),
            ..Object::default()
        };
        self.entries.iter().map(object).collect()
    }

    /// Returns the groups as s3s writes them.
    pub(super) fn common_prefixes(&self, encoding: Option<&EncodingType>) -> Vec<CommonPrefix> {
        let prefix = |group: &String| CommonPrefix {
            prefix: Some(encoded(group, encoding)),
        };
        self.groups.iter().map(prefix).collect()
    }
}

/// Returns a key as the client wants it: percent-encoded when it asked for that.
pub(super) fn encoded(text: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(encoding) if encoding.as_str() == EncodingType::URL => encode_path(text),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::memory::MemoryStore;
    use crate::options::PutOptions;

    async fn store(keys: &[&str]) -> (Arc<dyn ObjectStore>, BucketName) {
        let store: Arc<dyn ObjectStore> = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let bucket: BucketName = "bucket".parse().unwrap();
        store.ensure_bucket(&bucket).await.unwrap();
        for key in keys {
            let object = format!("bucket/{key}").parse().unwrap();
            let put = store.put(&object, "x".into(), PutOptions::create_only());
            put.await.unwrap();
        }
        (store, bucket)
    }

    async fn walk(keys: &[&str], prefix: &str, delimiter: &str, limit: usize) -> Vec<String> {
        let (store, bucket) = store(keys).await;
        let (mut seen, mut after) = (Vec::new(), None);
        for _ in 0..20 {
            let question = Question {
                bucket: bucket.clone(),
                prefix: prefix.to_owned(),
                delimiter: Some(delimiter.to_owned()),
                after,
                limit,
            };
            let found = question.answer(&store).await.unwrap();
            let keys = found.entries.iter().map(|entry| entry.key.to_string());
            let mut page: Vec<_> = keys.chain(found.groups.clone()).collect();
            assert!(page.len() <= limit);
            page.sort();
            seen.extend(page);
            after = found.next;
            if after.is_none() {
                return seen;
            }
        }
        panic!("the listing does not end: {seen:?}");
    }

    #[tokio::test]
    async fn keys_are_grouped_whatever_the_page_size() {
        let keys = ["a", "a-b", "a/1", "a/2", "b/c/1", "b/d", "c", "ü/1", "ü/2"];
        for limit in [1, 2, 3, 100] {
            let all = walk(&keys, "", "/", limit).await;
            assert_eq!(all, ["a", "a-b", "a/", "b/", "c", "ü/"], "{limit}");
            let inside = walk(&keys, "b/", "/", limit).await;
            assert_eq!(inside, ["b/c/", "b/d"], "{limit}");
            assert_eq!(walk(&keys, "", "", limit).await, keys, "{limit}");
        }
    }

    #[tokio::test]
    async fn a_start_that_is_no_key_works() {
        let (store, bucket) = store(&["a", "a-b", "a/1", "b"]).await;
        let question = Question {
            bucket,
            prefix: String::new(),
            delimiter: None,
            after: Some("a/".to_owned()),
            limit: 10,
        };
        let found = question.answer(&store).await.unwrap();
        let keys: Vec<_> = found
            .entries
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        assert_eq!(keys, ["a/1", "b"]);
    }

    #[test]
    fn keys_are_encoded_when_asked() {
        let url = EncodingType::from_static(EncodingType::URL);
        assert_eq!(encoded("a b/+", Some(&url)), "a%20b/%2B");
        assert_eq!(encoded("a b/+", None), "a b/+");
    }
}
