//! The walk through a bucket: listing and index side by side, a page at a time.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, Utc};

use super::cursor::SweepCursor;
use super::report::{Finding, FindingKind, FindingOutcome, SweepCounts};
use super::{FindingSink, OrphanSweep};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::ListEntry;
use crate::options::ListOptions;
use crate::pictures::index::PAGE;
use crate::pictures::key::PictureKey;
use crate::pictures::sidecar::picture_of;
use crate::pictures::staged::{is_quarantined, quarantine_of};

/// An object to be acted on.
#[derive(Debug, Clone)]
pub(super) struct Orphan {
    pub(super) object: ObjectRef,
    kind: FindingKind,
}

impl Orphan {
    pub(super) fn into_finding(self, outcome: FindingOutcome) -> Finding {
        Finding {
            object: self.object,
            kind: self.kind,
            outcome,
        }
    }
}

/// What a page of the listing came to.
pub(super) struct Page {
    pub(super) orphans: Vec<Orphan>,
    pub(super) counts: SweepCounts,
    /// The last key that is done with.
    pub(super) until: Option<ObjectKey>,
}

/// A walk through one bucket.
pub(super) struct Walk<'a> {
    sweep: &'a OrphanSweep,
    bucket: &'a BucketName,
    /// The last key of the listing that is done with.
    after: Option<ObjectKey>,
    /// Keys of the index that lie behind the page of the listing.
    ahead: VecDeque<ObjectKey>,
    /// The last key that was read from the index.
    indexed: Option<ObjectKey>,
    index_ended: bool,
    listing_ended: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn start(
        sweep: &'a OrphanSweep,
        bucket: &'a BucketName,
        cursor: &SweepCursor,
    ) -> Self {
        let after = cursor.after(bucket).cloned();
        Self {
            sweep,
            bucket,
            indexed: after.clone(),
            after,
            ahead: VecDeque::new(),
            index_ended: false,
            listing_ended: false,
        }
    }

    /// Goes through the next page of the listing and what the index has up to its end; lost pictures are told on the
    /// way. `None` after the last page.
    pub(super) async fn next_page(&mut self, found: &mut FindingSink<'_>) -> Result<Option<Page>> {
        if self.listing_ended {
            return Ok(None);
        }
        let options = ListOptions {
            start_after: self.after.clone(),
            ..ListOptions::default()
        };
        let page = self.sweep.store.list(self.bucket, options).await?;
        let until = page.next_start_after;
        let mut counts = SweepCounts::default();
        let listed: HashSet<_> = page.entries.iter().map(|entry| &entry.key).collect();
        let mut named = HashSet::new();
        while let Some(batch) = self.indexed_until(until.as_ref()).await? {
            let (there, missing) = batch.into_iter().partition(|key| listed.contains(key));
            named.extend::<Vec<ObjectKey>>(there);
            counts.lost_pictures += self.tell_lost(missing, found).await?;
        }
        let swept: Vec<_> = page
            .entries
            .iter()
            .filter(|entry| self.sweep.sweeps(self.bucket, &entry.key))
            .collect();
        counts.foreign += (page.entries.len() - swept.len()) as u64;
        let mut orphans = self.orphan_sidecars(&swept, &listed, &mut counts).await?;
        let pictures = self.orphan_pictures(&swept, &named, &mut counts).await?;
        orphans.extend(pictures);
        self.listing_ended = until.is_none();
        self.after.clone_from(&until);
        Ok(Some(Page {
            orphans,
            counts,
            until,
        }))
    }

    /// Returns a batch of the keys that the index has up to `until`, or `None` when all were given.
    async fn indexed_until(&mut self, until: Option<&ObjectKey>) -> Result<Option<Vec<ObjectKey>>> {
        if self.ahead.is_empty() && !self.index_ended {
            self.read_index().await?;
        }
        let within = |key: &ObjectKey| until.is_none_or(|until| key <= until);
        let count = self.ahead.iter().take_while(|key| within(key)).count();
        if count == 0 {
            return Ok(None);
        }
        Ok(Some(self.ahead.drain(..count).collect()))
    }

    async fn read_index(&mut self) -> Result<()> {
        let index = &self.sweep.index;
        let page = index.page(self.bucket, self.indexed.clone(), PAGE).await?;
        let mut keys: Vec<_> = page.into_iter().map(|known| known.object.key).collect();
        keys.dedup();
        let Some(last) = keys.last() else {
            self.index_ended = true;
            return Ok(());
        };
        if self.indexed.as_ref().is_some_and(|indexed| last <= indexed) {
            let error = StorageError::new(StorageErrorKind::Unexpected, "sweep", self.bucket);
            return Err(error.with_detail("the index does not go on"));
        }
        self.indexed = Some(last.clone());
        self.ahead.extend(keys);
        Ok(())
    }

    /// Looks once more for pictures that were not in the listing, and tells those that are lost.
    async fn tell_lost(&self, keys: Vec<ObjectKey>, found: &mut FindingSink<'_>) -> Result<u64> {
        let mut lost = 0;
        for object in self.still_known(self.objects(keys)).await? {
            if self.is_there(&object).await? || self.is_staged(&object).await? {
                continue;
            }
            lost += 1;
            found(Finding {
                object,
                kind: FindingKind::LostPicture,
                outcome: FindingOutcome::Reported,
            });
        }
        Ok(lost)
    }

    /// Counts all but pictures, and returns the sidecars whose picture is certainly gone.
    async fn orphan_sidecars(
        &self,
        entries: &[&ListEntry],
        listed: &HashSet<&ObjectKey>,
        counts: &mut SweepCounts,
    ) -> Result<Vec<Orphan>> {
        let oldest = self.oldest();
        let mut orphans = Vec::new();
        for entry in entries {
            if is_quarantined(&entry.key) {
                counts.quarantined += 1;
            } else if let Some(picture) = picture_of(&entry.key) {
                counts.sidecars += 1;
                // The picture comes before its sidecar, and so perhaps on an earlier page.
                if listed.contains(&picture) || self.is_there(&self.object(picture)).await? {
                    continue;
                }
                if is_old(entry, oldest) {
                    orphans.push(self.orphan(entry, FindingKind::OrphanSidecar));
                } else {
                    counts.young += 1;
                }
            } else if !is_picture(&entry.key) {
                counts.foreign += 1;
            }
        }
        counts.orphan_sidecars += orphans.len() as u64;
        Ok(orphans)
    }

    /// Counts pictures, and returns those that certainly no record names; `named` holds those that the index has.
    async fn orphan_pictures(
        &self,
        entries: &[&ListEntry],
        named: &HashSet<ObjectKey>,
        counts: &mut SweepCounts,
    ) -> Result<Vec<Orphan>> {
        let oldest = self.oldest();
        let mut nameless = Vec::new();
        for entry in entries.iter().filter(|entry| is_picture(&entry.key)) {
            counts.pictures += 1;
            if named.contains(&entry.key) {
                continue;
            }
            if is_old(entry, oldest) {
                nameless.push(self.orphan(entry, FindingKind::OrphanPicture));
            } else {
                counts.young += 1;
            }
        }
        let objects = nameless.iter().map(|orphan| orphan.object.clone());
        let known = self.still_known(objects.collect()).await?;
        let known: HashSet<_> = known.into_iter().collect();
        nameless.retain(|orphan| !known.contains(&orphan.object));
        counts.orphan_pictures += nameless.len() as u64;
        Ok(nameless)
    }

    /// Returns the time before which an object must have been put.
    fn oldest(&self) -> DateTime<Utc> {
        let age = self.sweep.settings.minimum_age.as_delta();
        let oldest = self.sweep.clock.now().checked_sub_signed(age);
        oldest.unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// Returns those of `objects` that records name now, in their order.
    async fn still_known(&self, objects: Vec<ObjectRef>) -> Result<Vec<ObjectRef>> {
        let mut known = HashSet::new();
        for batch in objects.chunks(PAGE.into()) {
            let found = self.sweep.index.find(batch).await?;
            known.extend(found.into_iter().map(|picture| picture.object));
        }
        Ok(objects
            .into_iter()
            .filter(|object| known.contains(object))
            .collect())
    }

    async fn is_there(&self, object: &ObjectRef) -> Result<bool> {
        match self.sweep.store.head(object).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == StorageErrorKind::Corrupt => Ok(true),
            Err(error) if error.kind() == StorageErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tells whether a picture is missing because its delete is staged.
    async fn is_staged(&self, object: &ObjectRef) -> Result<bool> {
        let options = ListOptions {
            prefix: quarantine_of(&object.key),
            limit: 1,
            ..ListOptions::default()
        };
        let page = self.sweep.store.list(&object.bucket, options).await?;
        Ok(!page.entries.is_empty())
    }

    fn orphan(&self, entry: &ListEntry, kind: FindingKind) -> Orphan {
        let object = self.object(entry.key.clone());
        Orphan { object, kind }
    }

    fn object(&self, key: ObjectKey) -> ObjectRef {
        ObjectRef::new(self.bucket.clone(), key)
    }

    fn objects(&self, keys: Vec<ObjectKey>) -> Vec<ObjectRef> {
        keys.into_iter().map(|key| self.object(key)).collect()
    }
}

/// The copies in the quarantine end in no picture's name, so what is left is the key itself.
fn is_picture(key: &ObjectKey) -> bool {
    !is_quarantined(key) && PictureKey::parse(key).is_some()
}

/// An object whose age is not known is young for ever.
fn is_old(entry: &ListEntry, oldest: DateTime<Utc>) -> bool {
    entry.last_modified.is_some_and(|at| at <= oldest)
}
