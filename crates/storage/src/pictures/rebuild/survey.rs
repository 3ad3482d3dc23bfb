//! One page of a bucket: the pictures whose manifests hold, and what else was met.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};

use super::cursor::SurveyCursor;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::ObjectInfo;
use crate::options::ListOptions;
use crate::pictures::key::PictureKey;
use crate::pictures::kind::PictureKind;
use crate::pictures::manifest::{Manifest, ManifestError, place_of};
use crate::pictures::service::PictureStorage;
use crate::pictures::sidecar;

/// The number of manifests that are read at once.
const AT_ONCE: usize = 16;

/// The kinds of pictures that generations make.
const MADE: [PictureKind; 2] = [PictureKind::Imagen4, PictureKind::Generated];

/// A picture whose manifest holds: the object is there and is what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPicture {
    /// The picture.
    pub object: ObjectRef,
    /// When it was put, to the second, as far as the store knows.
    pub stored_at: Option<DateTime<Utc>>,
    /// What its manifest says.
    pub manifest: Manifest,
}

/// An object from which nothing can be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The picture, there or not.
    pub object: ObjectRef,
    /// Why.
    pub reason: UnusableReason,
}

/// Why nothing can be rebuilt from an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableReason {
    /// The picture is there and has no manifest.
    #[error("it has no manifest")]
    NoManifest,
    /// There is a manifest and no picture.
    #[error("the picture of the manifest is missing")]
    PictureMissing,
    /// The manifest cannot be read.
    #[error("its manifest is {0}")]
    Unreadable(ManifestError),
    /// The manifest names another generation or number than the key does.
    #[error("its manifest is that of another picture")]
    OfAnother,
    /// The picture has another length or digest than the manifest says.
    #[error("the picture is not the one of its manifest")]
    Differs,
    /// The store gave no answer; nothing is known, so look again.
    #[error("the store gave no answer: {0}")]
    NoAnswer(StorageErrorKind),
}

/// A page of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SurveyPage {
    /// The pictures whose manifests hold, in the order of their keys.
    pub found: Vec<FoundPicture>,
    /// The pictures from which nothing can be rebuilt, and why.
    pub unusable: Vec<Unusable>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<SurveyCursor>,
}

/// What a key of a page asks for.
enum Task {
    /// There is a manifest for this picture.
    Read(ObjectRef),
    /// The page has this picture without a manifest.
    Miss(ObjectRef),
}

impl PictureStorage {
    /// Reads the manifests of up to `limit` objects of the buckets that hold generated pictures, from the
    /// beginning on or from `from`.
    ///
    /// Every manifest is held against what the store says of its picture. Nothing is changed.
    /// It takes one listing, and for each picture one get and one head, 16 at once; memory follows `limit`.
    /// Avatars and temporary pictures have no manifests and are passed over, and so is whatever is no picture.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a limit outside 1 to 1000 or a cursor of a bucket that holds no generated pictures;
    /// and the errors of [`ObjectStore::list`](crate::ObjectStore::list). The page can be asked for again.
    /// What fails for one picture is told in [`SurveyPage::unusable`].
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn survey(&self, from: Option<&SurveyCursor>, limit: u16) -> Result<SurveyPage> {
        let buckets = self.made_buckets();
        let (at, after) = match from {
            Some(cursor) => (index_of(&buckets, cursor)?, cursor.after.clone()),
            None => (0, None),
        };
        let bucket = buckets[at];
        let options = ListOptions {
            start_after: after,
            limit,
            ..ListOptions::default()
        };
        let listed = self.store.list(bucket, options).await?;
        let keys = listed.entries.into_iter().map(|entry| entry.key).collect();
        let mut page = self.examine(bucket, keys).await;
        page.next = match listed.next_start_after {
            Some(key) => Some((bucket, Some(key))),
            None => buckets.get(at + 1).map(|next| (*next, None)),
        }
        .map(|(bucket, after)| SurveyCursor {
            bucket: bucket.clone(),
            after,
        });
        Ok(page)
    }

    /// Returns each bucket of generated pictures once.
    fn made_buckets(&self) -> Vec<&BucketName> {
        let mut buckets: Vec<_> = MADE.map(|kind| &self.buckets.place(kind).bucket).into();
        buckets.dedup();
        buckets
    }

    /// Reads the manifests among `keys` and looks for those of pictures that have none there.
    pub(super) async fn examine(&self, bucket: &BucketName, keys: Vec<ObjectKey>) -> SurveyPage {
        let described: HashSet<_> = keys.iter().filter_map(sidecar::picture_of).collect();
        let tasks = keys.into_iter().filter_map(|key| {
            let of = |key| ObjectRef::new(bucket.clone(), key);
            match sidecar::picture_of(&key) {
                Some(picture) => Some(Task::Read(of(picture))),
                None if described.contains(&key) => None,
                None => Some(of(key)).filter(|it| self.is_made(it)).map(Task::Miss),
            }
        });
        let mut done = stream::iter(tasks)
            .map(|task| self.work_off(task))
            .buffered(AT_ONCE);
        let mut page = SurveyPage::default();
        while let Some(outcome) = done.next().await {
            match outcome {
                Some(Ok(found)) => page.found.push(found),
                Some(Err(unusable)) => page.unusable.push(unusable),
                None => {}
            }
        }
        page
    }

    /// Tells whether `object` is a picture by its key, and none of a kind that has no manifests.
    fn is_made(&self, object: &ObjectRef) -> bool {
        let Some(parsed) = PictureKey::parse(&object.key) else {
            return false;
        };
        let others = [PictureKind::Avatar, PictureKind::Temporary];
        !others.into_iter().any(|kind| {
            let place = self.buckets.place(kind);
            place.bucket == object.bucket && place.folder == parsed.folder
        })
    }

    async fn work_off(&self, task: Task) -> Option<std::result::Result<FoundPicture, Unusable>> {
        match task {
            Task::Read(object) => Some(match self.read_found(&object).await {
                Ok(found) => Ok(found),
                Err(reason) => Err(Unusable { object, reason }),
            }),
            Task::Miss(object) => {
                let reason = self.why_missed(&object).await?;
                Some(Err(Unusable { object, reason }))
            }
        }
    }

    async fn read_found(
        &self,
        object: &ObjectRef,
    ) -> std::result::Result<FoundPicture, UnusableReason> {
        let place = place_of(object).map_err(|_| UnusableReason::NoManifest)?;
        let manifest = match self.read_manifest(&place).await {
            Ok(read) => read.map_err(UnusableReason::Unreadable)?,
            Err(error) if error.kind() == StorageErrorKind::NotFound => {
                return Err(UnusableReason::NoManifest);
            }
            Err(error) => return Err(UnusableReason::NoAnswer(error.kind())),
        };
        if !manifest.belongs_to(&object.key) {
            return Err(UnusableReason::OfAnother);
        }
        let info = match self.store.head(object).await {
            Ok(info) => info,
            Err(error) if error.kind() == StorageErrorKind::NotFound => {
                return Err(UnusableReason::PictureMissing);
            }
            Err(error) => return Err(UnusableReason::NoAnswer(error.kind())),
        };
        if !agrees(&manifest, &info) {
            return Err(UnusableReason::Differs);
        }
        Ok(FoundPicture {
            object: object.clone(),
            stored_at: info.last_modified,
            manifest,
        })
    }

    /// Tells why a picture has no manifest in its page; `None` when its manifest comes on the next one.
    async fn why_missed(&self, object: &ObjectRef) -> Option<UnusableReason> {
        let Ok(place) = place_of(object) else {
            return Some(UnusableReason::NoManifest);
        };
        match self.store.head(&place).await {
            Ok(_) => None,
            Err(error) if error.kind() == StorageErrorKind::NotFound => {
                Some(UnusableReason::NoManifest)
            }
            Err(error) => Some(UnusableReason::NoAnswer(error.kind())),
        }
    }
}

fn index_of(buckets: &[&BucketName], cursor: &SurveyCursor) -> Result<usize> {
    let found = buckets.iter().position(|bucket| **bucket == cursor.bucket);
    found.ok_or_else(|| {
        let kind = StorageErrorKind::InvalidInput;
        StorageError::new(kind, "survey", &cursor.bucket)
            .with_detail("the bucket holds no generated pictures")
    })
}

/// Tells whether the store says of the picture what its manifest says; a store that keeps no digest is asked
/// for the length alone.
fn agrees(manifest: &Manifest, info: &ObjectInfo) -> bool {
    let same_bytes = info.sha256.is_none_or(|digest| digest == manifest.sha256);
    info.size_bytes == manifest.size_bytes && same_bytes
}
