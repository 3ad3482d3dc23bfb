//! Deleting pictures, with a report that never says more than what is so.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures_util::{StreamExt, stream};

use super::key::PictureKey;
use super::link::PictureLink;
use super::service::PictureStorage;
use super::sidecar::sidecar_of;
use crate::error::StorageErrorKind;
use crate::name::{BucketName, ObjectKey, ObjectRef};

/// The number of objects in one bulk delete; the limit of S3.
const BATCH: usize = 1000;

/// The number of batches that are under way at once.
const BATCHES_AT_ONCE: usize = 4;

/// The number of objects of a batch that are looked for at once.
const LOOKS_AT_ONCE: usize = 16;

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionReport {
    /// The object, as asked for.
    pub object: ObjectRef,
    /// What became of it.
    pub outcome: DeletionOutcome,
}

impl DeletionReport {
    /// Returns the object that may still be there: the one that was asked for, or its sidecar
    /// `{key of the picture}.json`.
    pub fn staying(&self) -> Option<ObjectRef> {
        match self.outcome {
            DeletionOutcome::Failed(_) => Some(self.object.clone()),
            DeletionOutcome::SidecarStays(_) => sidecar_place(&self.object),
            _ => None,
        }
    }
}

/// What became of the object behind one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDeletionReport {
    /// The object that the link names; `None` when it names none of ours.
    pub object: Option<ObjectRef>,
    /// What became of it.
    pub outcome: DeletionOutcome,
}

/// What a deletion did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// The object was there and is gone, and so is its sidecar.
    Deleted,
    /// There was no such object.
    AlreadyAbsent,
    /// It may still be there, and its sidecar with it; repeat the call.
    Failed(StorageErrorKind),
    /// The object is gone, and its sidecar may still be there; repeat the call.
    SidecarStays(StorageErrorKind),
    /// The bucket holds no pictures, or the link is none of ours; nothing was done.
    NotOurs,
    /// The key is in several buckets and nobody said which one is meant; nothing was done.
    Ambiguous,
}

/// Objects of one bucket that go together, with their places among all that were asked for.
type Batch<'a> = Vec<(usize, &'a ObjectRef)>;

impl PictureStorage {
    /// Deletes `objects` and reports each, in the order given; one failure does not stop the others.
    ///
    /// Each object is looked for first, since a store also says yes to deleting what never was.
    /// Those that are there go in bulk, at most 1000 of one bucket in a call.
    /// The sidecars of pictures follow, also those whose picture was gone already: each is looked for once its picture
    /// is gone, and those that are there go in calls of their own. So 2500 pictures take three bulk calls, and up to
    /// three more when they have sidecars.
    /// An object that is named twice is `Deleted` once and `AlreadyAbsent` after that.
    /// So is a picture whose delete is staged, and it can still come back: [`StagedDeletion`] purges it.
    /// Key and outcome are logged at level info.
    ///
    /// [`StagedDeletion`]: super::StagedDeletion
    ///
    /// # Cancellation
    ///
    /// Some objects are gone and some are not; repeat the call.
    pub async fn delete(&self, objects: &[ObjectRef]) -> Vec<DeletionReport> {
        let mut places = HashMap::new();
        let mut once = Vec::new();
        for object in objects {
            if let Entry::Vacant(entry) = places.entry(object) {
                entry.insert(once.len());
                once.push(object);
            }
        }
        let mut outcomes = self.delete_each(&once).await;
        objects
            .iter()
            .map(|object| {
                let outcome = &mut outcomes[places[object]];
                let report = DeletionReport {
                    object: object.clone(),
                    outcome: *outcome,
                };
                if *outcome == DeletionOutcome::Deleted {
                    *outcome = DeletionOutcome::AlreadyAbsent;
                }
                report
            })
            .collect()
    }

    /// Deletes the objects behind `links` and reports each, in the order given.
    ///
    /// A link that [`parse_link`](Self::parse_link) does not know as ours is `NotOurs`, and nothing is sent
    /// for it. Of a link that is ours only bucket and key are logged, of another one nothing but its place
    /// in the list.
    /// The rest is as with [`delete`](Self::delete).
    ///
    /// # Cancellation
    ///
    /// Some objects are gone and some are not; repeat the call.
    pub async fn delete_links(&self, links: &[&str]) -> Vec<LinkDeletionReport> {
        let named: Vec<_> = links.iter().map(|link| self.parse_link(link)).collect();
        let ours: Vec<_> = named
            .iter()
            .cloned()
            .filter_map(PictureLink::into_object)
            .collect();
        let mut reports = self.delete(&ours).await.into_iter();
        let mut next = |at: usize, link: PictureLink| {
            let report = link.into_object().and_then(|_| reports.next());
            if report.is_none() {
                tracing::info!(link.index = at, outcome = ?DeletionOutcome::NotOurs, "delete by link");
            }
            match report {
                Some(report) => LinkDeletionReport {
                    object: Some(report.object),
                    outcome: report.outcome,
                },
                None => LinkDeletionReport {
                    object: None,
                    outcome: DeletionOutcome::NotOurs,
                },
            }
        };
        let named = named.into_iter().enumerate();
        named.map(|(at, link)| next(at, link)).collect()
    }

    /// Deletes objects that are named once each, and returns their outcomes in the same order.
    async fn delete_each(&self, objects: &[&ObjectRef]) -> Vec<DeletionOutcome> {
        let mut outcomes = vec![DeletionOutcome::NotOurs; objects.len()];
        // A closure within the stream would keep callers from spawning a delete.
        let batches = self.batches(objects).into_iter();
        let batches: Vec<_> = batches.map(|batch| self.delete_batch(batch)).collect();
        let mut batches = stream::iter(batches).buffer_unordered(BATCHES_AT_ONCE);
        while let Some(done) = batches.next().await {
            for (at, outcome) in done {
                outcomes[at] = outcome;
                log(objects[at], outcome);
            }
        }
        for object in objects.iter().filter(|object| !self.holds(object)) {
            log(object, DeletionOutcome::NotOurs);
        }
        outcomes
    }

    fn holds(&self, object: &ObjectRef) -> bool {
        self.buckets.contains(&object.bucket)
    }

    fn batches<'a>(&self, objects: &[&'a ObjectRef]) -> Vec<Batch<'a>> {
        let mut by_bucket: HashMap<&BucketName, Batch<'a>> = HashMap::new();
        for (at, &object) in objects.iter().enumerate() {
            if self.holds(object) {
                by_bucket
                    .entry(&object.bucket)
                    .or_default()
                    .push((at, object));
            }
        }
        let batches = by_bucket.values().flat_map(|all| all.chunks(BATCH));
        batches.map(<[_]>::to_vec).collect()
    }

    /// Deletes the objects of a batch, and then the sidecars of those that are gone.
    async fn delete_batch(&self, batch: Batch<'_>) -> Vec<(usize, DeletionOutcome)> {
        let objects: HashMap<usize, &ObjectRef> = batch.iter().copied().collect();
        let mut done = self.delete_there(batch).await;
        let sidecars: Vec<_> = done
            .iter()
            .filter(|(_, outcome)| outcome.is_gone())
            .filter_map(|(at, _)| Some((*at, sidecar_place(objects.get(at)?)?)))
            .collect();
        let batch = sidecars.iter().map(|(at, object)| (*at, object)).collect();
        let left: HashMap<_, _> = self.delete_there(batch).await.into_iter().collect();
        for (at, outcome) in &mut done {
            if let Some(DeletionOutcome::Failed(kind)) = left.get(at) {
                *outcome = DeletionOutcome::SidecarStays(*kind);
            }
        }
        done
    }

    /// Deletes those of a batch that are there.
    async fn delete_there(&self, batch: Batch<'_>) -> Vec<(usize, DeletionOutcome)> {
        let (there, mut done) = self.look_for(batch).await;
        let Some((_, first)) = there.first() else {
            return done;
        };
        let bucket = first.bucket.clone();
        let (places, keys): (Vec<_>, Vec<_>) = there
            .into_iter()
            .map(|(at, object)| (at, object.key.clone()))
            .unzip();
        let outcomes = self.delete_present(&bucket, &keys).await;
        done.extend(places.into_iter().zip(outcomes));
        done
    }

    /// Splits a batch into the objects that are there and those whose outcome is known already.
    async fn look_for<'a>(&self, batch: Batch<'a>) -> (Batch<'a>, Vec<(usize, DeletionOutcome)>) {
        let (mut there, mut done) = (Vec::with_capacity(batch.len()), Vec::new());
        let look = async |at, object| (at, object, self.store.head(object).await);
        let looks: Vec<_> = batch
            .into_iter()
            .map(|(at, object)| look(at, object))
            .collect();
        let mut looks = stream::iter(looks).buffered(LOOKS_AT_ONCE);
        while let Some((at, object, found)) = looks.next().await {
            match found {
                Ok(_) => there.push((at, object)),
                // What cannot be described is there, and can go.
                Err(error) if error.kind() == StorageErrorKind::Corrupt => there.push((at, object)),
                Err(error) if error.kind() == StorageErrorKind::NotFound => {
                    done.push((at, DeletionOutcome::AlreadyAbsent));
                }
                Err(error) => done.push((at, DeletionOutcome::Failed(error.kind()))),
            }
        }
        (there, done)
    }

    /// Deletes keys that were seen in `bucket`, and returns an outcome for each, in order.
    async fn delete_present(
        &self,
        bucket: &BucketName,
        keys: &[ObjectKey],
    ) -> Vec<DeletionOutcome> {
        // One object needs no bulk request, which servers answer more slowly.
        if let [key] = keys {
            let object = ObjectRef::new(bucket.clone(), key.clone());
            return vec![outcome_of(self.store.delete(&object).await)];
        }
        let reports = match self.store.delete_many(bucket, keys).await {
            Ok(reports) => reports,
            Err(error) => return vec![DeletionOutcome::Failed(error.kind()); keys.len()],
        };
        let told: HashMap<_, _> = reports
            .into_iter()
            .map(|report| (report.key, outcome_of(report.outcome)))
            .collect();
        // A store that says nothing of a key has not said that it is gone.
        let untold = DeletionOutcome::Failed(StorageErrorKind::Unexpected);
        let outcome = |key| told.get(key).copied().unwrap_or(untold);
        keys.iter().map(outcome).collect()
    }

    /// Deletes an object that was seen a moment ago, and its sidecar after it.
    pub(super) async fn delete_seen(&self, object: &ObjectRef) -> DeletionOutcome {
        let outcome = outcome_of(self.store.delete(object).await);
        let Some(sidecar) = sidecar_place(object).filter(|_| outcome.is_gone()) else {
            return outcome;
        };
        match self.store.delete(&sidecar).await {
            Ok(()) => outcome,
            Err(error) => DeletionOutcome::SidecarStays(error.kind()),
        }
    }
}

impl DeletionOutcome {
    /// Tells whether the object itself is known to be gone.
    fn is_gone(self) -> bool {
        matches!(self, Self::Deleted | Self::AlreadyAbsent)
    }
}

/// Returns where the sidecar of `object` stands, or would stand; only a picture has one.
pub(super) fn sidecar_place(object: &ObjectRef) -> Option<ObjectRef> {
    PictureKey::parse(&object.key)?;
    let key = sidecar_of(&object.key).ok()?;
    Some(ObjectRef::new(object.bucket.clone(), key))
}

fn outcome_of(result: crate::error::Result<()>) -> DeletionOutcome {
    match result {
        Ok(()) => DeletionOutcome::Deleted,
        Err(error) => DeletionOutcome::Failed(error.kind()),
    }
}

/// Logs an outcome once, with the key and never with a link.
pub(super) fn log(object: &ObjectRef, outcome: DeletionOutcome) {
    if let DeletionOutcome::SidecarStays(_) = outcome {
        tracing::info!(object.key = %object, ?outcome, stays = ".json", "delete of a picture");
        return;
    }
    tracing::info!(object.key = %object, ?outcome, "delete of a picture");
}
