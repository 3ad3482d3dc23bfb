//! Finding what the records have lost, and what has lost its record: both ways at once, and safely.
//!
//! A sweep walks through the listing of a bucket and through what the records name in it, side by side and page by
//! page, so that its memory does not grow with the bucket.
//! It trusts neither side at once: whatever seems to be without record is asked for again, and whatever seems to be
//! without object is looked for again, before it is reported.
//!
//! To act it goes twice: first it counts in every bucket, and only when no bucket would lose more than its share does
//! it go again and act.

mod act;
mod cursor;
mod find;
mod report;
mod settings;

use std::fmt;
use std::sync::Arc;

pub use self::cursor::{InvalidCursor, SweepCursor};
pub use self::report::{Finding, FindingKind, FindingOutcome, SweepCounts, SweepEnd, SweepReport};
pub use self::settings::{InvalidSweepSetting, MinimumAge, SweepAction, SweepSettings};

use self::act::Pace;
use self::cursor::Phase;
use self::find::Walk;
use super::bucket_map::BucketMap;
use super::index::PictureIndex;
use super::kind::PictureKind;
use super::staged::is_quarantined;
use super::usage::kind_at;
use crate::clock::Clock;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey};
use crate::store::ObjectStore;

/// Takes each finding as it comes, so that the sweep keeps none.
pub type FindingSink<'a> = dyn FnMut(Finding) + Send + 'a;

/// Finds objects without record and records without object, and moves the former away when told to.
///
/// Only objects whose key is that of a picture or of a sidecar are ever touched; everything else is foreign, and is
/// counted. A sidecar goes with its picture; without its picture it is an orphan of its own.
#[derive(Clone)]
pub struct OrphanSweep {
    store: Arc<dyn ObjectStore>,
    index: Arc<dyn PictureIndex>,
    map: BucketMap,
    kinds: Vec<PictureKind>,
    buckets: Vec<BucketName>,
    clock: Arc<dyn Clock>,
    settings: SweepSettings,
}

impl OrphanSweep {
    /// Returns a sweep over all buckets that hold pictures, and all kinds of pictures in them.
    ///
    /// Whatever `index` does not know is an orphan: when it knows of generations alone, name their kinds with
    /// [`of_kinds`](Self::of_kinds), or avatars and temporary pictures are taken for orphans too.
    /// Ages are told by `clock` and by the times of the store: where their clocks may differ, the least age must
    /// be longer by as much.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        index: Arc<dyn PictureIndex>,
        map: &BucketMap,
        clock: Arc<dyn Clock>,
        settings: SweepSettings,
    ) -> Self {
        let mut buckets: Vec<_> = map.buckets().into_iter().cloned().collect();
        buckets.sort();
        Self {
            store,
            index,
            map: map.clone(),
            kinds: PictureKind::ALL.into(),
            buckets,
            clock,
            settings,
        }
    }

    /// Returns the sweep over pictures of these kinds alone; all others are foreign, also where they share a bucket.
    #[must_use]
    pub fn of_kinds(mut self, kinds: &[PictureKind]) -> Self {
        self.kinds = kinds.to_vec();
        self
    }

    /// Returns the sweep over `bucket` alone; over nothing when it holds no pictures.
    #[must_use]
    pub fn over(mut self, bucket: &BucketName) -> Self {
        self.buckets.retain(|other| other == bucket);
        self
    }

    /// Sweeps from `from` on, which is [`SweepCursor::start`] or where an earlier sweep with the same settings
    /// stopped, and gives each finding to `found`.
    ///
    /// It stops at the first page of the listing or of the index that fails, and says how far it came. Going on from
    /// there may report the findings of one page again, and counts each once.
    ///
    /// A sweep that acts keeps silent about orphans while it counts, and reports each with what became of it. One that
    /// cannot be moved or deleted does not stop the others.
    ///
    /// # Cancellation
    ///
    /// Each orphan is in its place, or in the quarantine or gone as a whole; a quarantine that was cut short is ended by
    /// [`StagedDeletion::resume`](super::StagedDeletion::resume). Sweep again from the start, or from the last cursor.
    pub async fn run(&self, from: SweepCursor, found: &mut FindingSink<'_>) -> SweepReport {
        let mut cursor = from;
        let end = match self.run_from(&mut cursor, found).await {
            Ok(end) => end,
            Err(error) => SweepEnd::Stopped {
                at: Box::new(cursor.clone()),
                error,
            },
        };
        let counts = cursor.counts();
        tracing::info!(
            ?counts,
            end = end.name(),
            "a sweep of the buckets has ended"
        );
        SweepReport { counts, end }
    }

    async fn run_from(
        &self,
        cursor: &mut SweepCursor,
        found: &mut FindingSink<'_>,
    ) -> Result<SweepEnd> {
        let acts = !matches!(self.settings.action, SweepAction::Report);
        if cursor.phase == Phase::Act && !acts {
            let error = StorageError::new(StorageErrorKind::InvalidInput, "sweep", &cursor);
            return Err(error.with_detail("it comes from a sweep that acts"));
        }
        if cursor.phase == Phase::Survey {
            if let Some(refused) = self.survey(cursor, !acts, found).await? {
                return Ok(refused);
            }
            if !acts {
                return Ok(SweepEnd::Complete);
            }
            cursor.begin_to_act();
        }
        self.act(cursor, found).await
    }

    /// Counts in every bucket from the cursor on.
    async fn survey(
        &self,
        cursor: &mut SweepCursor,
        tell_orphans: bool,
        found: &mut FindingSink<'_>,
    ) -> Result<Option<SweepEnd>> {
        for bucket in self.remaining(cursor) {
            let mut walk = Walk::start(self, &bucket, cursor);
            while let Some(page) = walk.next_page(found).await? {
                for orphan in page.orphans.iter().filter(|_| tell_orphans) {
                    found(orphan.clone().into_finding(FindingOutcome::Reported));
                }
                cursor.advance(&bucket, page.until, page.counts);
            }
            let here = cursor.end_bucket(&bucket);
            let acts = !tell_orphans;
            if acts
                && self
                    .settings
                    .is_too_much(here.orphans(), here.known_forms())
            {
                return Ok(Some(SweepEnd::Refused {
                    bucket,
                    orphans: here.orphans(),
                    objects: here.known_forms(),
                }));
            }
        }
        Ok(None)
    }

    /// Acts in every bucket from the cursor on.
    async fn act(&self, cursor: &mut SweepCursor, found: &mut FindingSink<'_>) -> Result<SweepEnd> {
        let mut pace = Pace::new(self.settings.actions_per_second);
        let mut silent = |_: Finding| {};
        for bucket in self.remaining(cursor) {
            let mut walk = Walk::start(self, &bucket, cursor);
            while let Some(page) = walk.next_page(&mut silent).await? {
                for orphan in page.orphans {
                    // More than were counted means that something has changed under our feet.
                    if cursor.acted() >= cursor.counts().orphans() {
                        let counts = cursor.counts();
                        return Ok(SweepEnd::Refused {
                            bucket,
                            orphans: counts.orphans() + 1,
                            objects: counts.known_forms(),
                        });
                    }
                    pace.wait().await;
                    let outcome = self.act_on(&orphan).await;
                    cursor.count_act(outcome);
                    found(orphan.into_finding(outcome));
                }
                cursor.advance_act(&bucket, page.until);
            }
            cursor.end_bucket(&bucket);
        }
        Ok(SweepEnd::Complete)
    }

    /// Tells whether what has `key` is swept, by its place.
    fn sweeps(&self, bucket: &BucketName, key: &ObjectKey) -> bool {
        is_quarantined(key)
            || kind_at(&self.map, bucket, key).is_none_or(|kind| self.kinds.contains(&kind))
    }

    /// Returns the buckets that the cursor has not passed.
    fn remaining(&self, cursor: &SweepCursor) -> Vec<BucketName> {
        let rest = self.buckets.iter().filter(|bucket| !cursor.is_past(bucket));
        rest.cloned().collect()
    }
}

impl fmt::Debug for OrphanSweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrphanSweep")
            .field("store", &self.store)
            .field("index", &self.index)
            .field("buckets", &self.buckets)
            .field("kinds", &self.kinds)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
