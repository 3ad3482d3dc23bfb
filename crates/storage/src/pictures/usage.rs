//! How much lies where, and what lies among the pictures without being one.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::bucket_map::BucketMap;
use super::key::PictureKey;
use super::kind::PictureKind;
use super::service::PictureStorage;
use super::sidecar::picture_of;
use super::staged::is_quarantined;
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::ListEntry;
use crate::options::ListOptions;

/// How many objects, and how large they are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// The number of objects.
    pub objects: u64,
    /// Their length together, in bytes.
    pub bytes: u64,
}

impl Amount {
    fn add(&mut self, entry: &ListEntry) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(entry.size_bytes);
    }
}

/// Which pictures are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageGroup {
    /// Their bucket.
    pub bucket: BucketName,
    /// Their kind, by bucket and folder; `None` when several kinds share the bucket and the folder is none of theirs.
    pub kind: Option<PictureKind>,
    /// The UTC date in their keys: when their generation was created.
    pub day: NaiveDate,
}

/// How much lies in the buckets of pictures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// The pictures by bucket, kind and day.
    pub pictures: BTreeMap<UsageGroup, Amount>,
    /// The sidecars of pictures, by bucket.
    pub sidecars: BTreeMap<BucketName, Amount>,
    /// What staged deletes keep, by bucket.
    pub quarantined: BTreeMap<BucketName, Amount>,
    /// What is neither, by bucket; see [`PictureStorage::foreign`].
    pub foreign: BTreeMap<BucketName, Amount>,
}

impl Usage {
    fn add(&mut self, buckets: &BucketMap, bucket: &BucketName, entry: &ListEntry) {
        let amounts = match form_of(&entry.key) {
            Form::Picture(day) => {
                let group = UsageGroup {
                    bucket: bucket.clone(),
                    kind: kind_at(buckets, bucket, &entry.key),
                    day,
                };
                return self.pictures.entry(group).or_default().add(entry);
            }
            Form::Sidecar => &mut self.sidecars,
            Form::Quarantined => &mut self.quarantined,
            Form::Foreign => &mut self.foreign,
        };
        amounts.entry(bucket.clone()).or_default().add(entry);
    }
}

/// What a key says of its object.
enum Form {
    Picture(NaiveDate),
    Sidecar,
    Quarantined,
    Foreign,
}

fn form_of(key: &ObjectKey) -> Form {
    if is_quarantined(key) {
        Form::Quarantined
    } else if let Some(parsed) = PictureKey::parse(key) {
        Form::Picture(parsed.date)
    } else if picture_of(key).is_some() {
        Form::Sidecar
    } else {
        Form::Foreign
    }
}

/// Returns the kind whose place `key` lies in: the one with the longest folder before it, or the only one there is.
pub(super) fn kind_at(
    buckets: &BucketMap,
    bucket: &BucketName,
    key: &ObjectKey,
) -> Option<PictureKind> {
    let here: Vec<_> = PictureKind::ALL
        .into_iter()
        .filter(|kind| buckets.place(*kind).bucket == *bucket)
        .collect();
    if let [only] = here[..] {
        return Some(only);
    }
    let folder = |kind: &PictureKind| {
        buckets
            .place(*kind)
            .folder
            .as_ref()
            .map(ToString::to_string)
    };
    let fits = |folder: &String| {
        let rest = key.as_str().strip_prefix(folder.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    here.into_iter()
        .filter_map(|kind| Some((folder(&kind).filter(fits)?.len(), kind)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

impl PictureStorage {
    /// Counts what lies in the buckets of pictures, by bucket, kind and day.
    ///
    /// It lists every bucket from its start to its end; its memory grows with the days, and not with the objects.
    ///
    /// # Errors
    ///
    /// The failures of listing: a part of the counts would look like the whole.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn usage(&self) -> Result<Usage> {
        let mut usage = Usage::default();
        for bucket in self.buckets.buckets() {
            self.for_each_entry(bucket, |entry| usage.add(&self.buckets, bucket, entry))
                .await?;
        }
        Ok(usage)
    }

    /// Gives `found` every object in the buckets of pictures that is none of ours: neither a picture nor a sidecar,
    /// nor in the quarantine of staged deletes. They are never touched.
    ///
    /// # Errors
    ///
    /// The failures of listing; what was found until then was given.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn foreign(&self, mut found: impl FnMut(ObjectRef, u64) + Send) -> Result<()> {
        for bucket in self.buckets.buckets() {
            self.for_each_entry(bucket, |entry| {
                if let Form::Foreign = form_of(&entry.key) {
                    let object = ObjectRef::new(bucket.clone(), entry.key.clone());
                    found(object, entry.size_bytes);
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn for_each_entry(
        &self,
        bucket: &BucketName,
        mut each: impl FnMut(&ListEntry) + Send,
    ) -> Result<()> {
        let mut options = ListOptions::default();
        loop {
            let page = self.store.list(bucket, options.clone()).await?;
            page.entries.iter().for_each(&mut each);
            options.start_after = page.next_start_after;
            if options.start_after.is_none() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_folder_tells_the_kind_where_kinds_share_a_bucket() {
        let folder = |text: &str| Some(text.parse().unwrap());
        let bucket: BucketName = "one".parse().unwrap();
        let map = BucketMap::builder()
            .with(PictureKind::Imagen4, bucket.clone(), folder("a"))
            .with(PictureKind::Generated, bucket.clone(), folder("a/b"))
            .build()
            .unwrap();
        for (key, kind) in [
            ("a/2026/03/01/x_1.png", Some(PictureKind::Imagen4)),
            ("a/b/2026/03/01/x_1.png", Some(PictureKind::Generated)),
            ("ab/2026/03/01/x_1.png", None),
            ("2026/03/01/x_1.png", None),
        ] {
            assert_eq!(kind_at(&map, &bucket, &key.parse().unwrap()), kind, "{key}");
        }
        let avatars = "avatars".parse().unwrap();
        let key = "old/2026/03/01/x_1.png".parse().unwrap();
        assert_eq!(kind_at(&map, &avatars, &key), Some(PictureKind::Avatar));
    }
}
