//! Deleting in stages: a picture is hidden, then moved away, then purged, and can come back until then.
//!
//! Nothing but the store is needed to know where a staged delete stands. Beside the pictures, below
//! `.quarantine/{key of the picture}/{number of the delete}/`, stand up to six objects:
//!
//! | object | says |
//! |---|---|
//! | `intent` | the delete was asked for, when, and until when it can be undone; made first, create-only |
//! | `picture`, `sidecar` | the copies, with type, metadata and digest |
//! | `moved` | the originals are gone |
//! | `verdict` | `restore` or `purge`; create-only, so that of an undo and a purge at once one decides |
//! | `done` | the verdict has been carried out |
//!
//! Whoever finds them can go on from there, and several may do so at once: every step can be repeated, and each of
//! the two decisions is one create-only put. The record is hidden before the original goes and shown after it is
//! back, so a record that is to be seen always has its object.
//!
//! In one process the calls on one picture come one after the other. Among processes one may undo a delete that
//! another one is still in the middle of; the other one then removes the picture too late, sees that, and puts it
//! back. For that the copy is kept for a while after an undo. Only if that process also dies between the two steps
//! does a shown record stay without its object, with the copy in the quarantine for as long.

mod moving;
mod records;
mod resume;
mod ticket;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

#[cfg(feature = "testing")]
pub use self::records::MockDeletionRecords;
pub use self::records::{DeletionRecords, DeletionTicket, WithoutRecords};
pub use self::resume::ResumeReport;
use self::ticket::{Intent, Part, Ticket, Verdict};
pub(super) use self::ticket::{is_quarantine, is_quarantined, prefix as quarantine_of};
use self::turns::Turns;
use super::bucket_map::BucketMap;
use super::find::is_missing;
use crate::clock::Clock;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::store::ObjectStore;

/// How long a staged delete can be undone, unless set otherwise.
const DEFAULT_WINDOW: TimeDelta = TimeDelta::days(7);

/// The longest window: the end of a longer one has a year that no date format of the web can hold.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(36_500);

/// How long what is done stays visible, and copies stay after an undo, unless set otherwise.
const DEFAULT_SETTLE: TimeDelta = TimeDelta::minutes(10);

/// How often a call looks again after others were faster; each time somebody got on.
const TRIES: u32 = 8;

/// What a staged delete did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOutcome {
    /// The picture is gone from its place and can come back until then.
    Staged {
        /// The time from which on the picture may be purged.
        undo_until: DateTime<Utc>,
    },
    /// There was no such picture.
    AlreadyAbsent,
    /// The bucket holds no pictures; nothing was done.
    NotOurs,
}

/// What an undo did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoOutcome {
    /// The picture is back, with its type, its metadata and its sidecar, and its record is shown.
    Restored,
    /// The time to undo is over; the picture is purged, or will be.
    TooLate,
    /// No delete of it is staged: there never was one, it was undone, or it was purged a while ago.
    NothingStaged,
}

/// What a purge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeOutcome {
    /// Neither the picture nor a copy is left.
    Purged,
    /// An undo came first; the picture is back.
    Restored,
    /// No delete of it is staged.
    NothingStaged,
}

/// Deletes pictures in stages, with undo inside a window.
///
/// A staged delete costs a copy of the picture, and a second one when it is undone.
/// Clones share the store, the records and the order in which calls on one picture come; make one service for each
/// process and clone it.
#[derive(Clone)]
pub struct StagedDeletion {
    store: Arc<dyn ObjectStore>,
    buckets: Arc<BucketMap>,
    records: Arc<dyn DeletionRecords>,
    clock: Arc<dyn Clock>,
    window: TimeDelta,
    settle: TimeDelta,
    turns: Turns,
}

impl StagedDeletion {
    /// Returns a service that can undo for seven days, and keeps copies for ten minutes after an undo.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        buckets: BucketMap,
        records: Arc<dyn DeletionRecords>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            buckets: Arc::new(buckets),
            records,
            clock,
            window: DEFAULT_WINDOW,
            settle: DEFAULT_SETTLE,
            turns: Turns::default(),
        }
    }

    /// Returns the service with another time in which later deletes can be undone, at most a hundred years.
    #[must_use]
    pub fn with_window(mut self, window: Duration) -> Self {
        let window = TimeDelta::from_std(window).unwrap_or(LONGEST_WINDOW);
        self.window = window.min(LONGEST_WINDOW);
        self
    }

    /// Returns the service with another time for which copies stay after an undo.
    ///
    /// It must be longer than any call on the store can take, and than any pause of a process that goes on
    /// afterwards; and by as much as our clock may be ahead of the store's, whose times it is measured from.
    #[must_use]
    pub fn with_settle_time(mut self, settle: Duration) -> Self {
        self.settle = TimeDelta::from_std(settle).unwrap_or(TimeDelta::MAX);
        self
    }

    /// Hides the record of `object` and moves the picture and its sidecar to the quarantine.
    ///
    /// A picture whose delete is staged already keeps the end of its first window.
    ///
    /// # Errors
    ///
    /// The failures of the store and of the records, with the picture as it was or hidden. Repeat the call, or
    /// leave it to [`resume`](Self::resume): a delete that has begun goes on.
    ///
    /// # Cancellation
    ///
    /// As after an error.
    pub async fn stage(&self, object: &ObjectRef) -> Result<StageOutcome> {
        if !self.buckets.contains(&object.bucket) {
            return Ok(StageOutcome::NotOurs);
        }
        let _turn = self.turns.take(object).await;
        for _ in 0..TRIES {
            let newest = self.newest(object).await?;
            let next = match newest {
                Some(ticket) if ticket.is_open() => return self.complete_stage(ticket).await,
                Some(mut ticket) if !ticket.has(Part::Done) => {
                    self.carry_out(&mut ticket).await?;
                    continue;
                }
                Some(ticket) => ticket.number + 1,
                None => 1,
            };
            if !self.exists(object).await? {
                return Ok(StageOutcome::AlreadyAbsent);
            }
            if let Some(ticket) = self.begin(object, next).await? {
                return self.complete_stage(ticket).await;
            }
        }
        Err(busy("stage", object))
    }

    /// Brings a staged picture back, and shows its record.
    ///
    /// # Errors
    ///
    /// The failures of the store and of the records; `AlreadyExists` when other bytes stand at the key of the
    /// picture by now: they stay, and so does the copy. Repeat the call: an undo that has begun goes on.
    ///
    /// # Cancellation
    ///
    /// As after an error.
    pub async fn undo(&self, object: &ObjectRef) -> Result<UndoOutcome> {
        let _turn = self.turns.take(object).await;
        let Some(mut ticket) = self.newest_of_ours(object).await? else {
            return Ok(UndoOutcome::NothingStaged);
        };
        if ticket.has(Part::Done) {
            return Ok(match self.verdict(&ticket).await? {
                Some(Verdict::Purge) => UndoOutcome::TooLate,
                _ => UndoOutcome::NothingStaged,
            });
        }
        if ticket.is_open() {
            let intent = self.intent(&ticket).await?;
            if self.clock.now() >= intent.undo_until {
                return Ok(UndoOutcome::TooLate);
            }
            self.move_away(&mut ticket).await?;
            self.decide(&mut ticket, Verdict::Restore).await?;
        }
        match self.carry_out(&mut ticket).await? {
            Verdict::Restore => Ok(UndoOutcome::Restored),
            Verdict::Purge => Ok(UndoOutcome::TooLate),
        }
    }

    /// Purges a staged picture now, whether or not its window is over.
    ///
    /// # Errors
    ///
    /// The failures of the store and of the records. Repeat the call: a purge that has begun goes on.
    ///
    /// # Cancellation
    ///
    /// As after an error.
    pub async fn purge(&self, object: &ObjectRef) -> Result<PurgeOutcome> {
        let _turn = self.turns.take(object).await;
        let Some(mut ticket) = self.newest_of_ours(object).await? else {
            return Ok(PurgeOutcome::NothingStaged);
        };
        if ticket.has(Part::Done) {
            return Ok(match self.verdict(&ticket).await? {
                Some(Verdict::Purge) => PurgeOutcome::Purged,
                _ => PurgeOutcome::NothingStaged,
            });
        }
        if ticket.is_open() {
            self.move_away(&mut ticket).await?;
            self.decide(&mut ticket, Verdict::Purge).await?;
        }
        Ok(match self.carry_out(&mut ticket).await? {
            Verdict::Purge => PurgeOutcome::Purged,
            Verdict::Restore => PurgeOutcome::Restored,
        })
    }

    async fn newest_of_ours(&self, object: &ObjectRef) -> Result<Option<Ticket>> {
        if !self.buckets.contains(&object.bucket) {
            return Ok(None);
        }
        self.newest(object).await
    }

    async fn complete_stage(&self, mut ticket: Ticket) -> Result<StageOutcome> {
        let intent = self.intent(&ticket).await?;
        self.move_away(&mut ticket).await?;
        if ticket.has(Part::Verdict) && self.carry_out(&mut ticket).await? == Verdict::Purge {
            return Ok(StageOutcome::AlreadyAbsent);
        }
        tracing::info!(object.key = %ticket.object, until = %intent.undo_until, "a picture is staged for deletion");
        Ok(StageOutcome::Staged {
            undo_until: intent.undo_until,
        })
    }

    /// Writes down that `object` is to go, unless somebody else has just done so.
    async fn begin(&self, object: &ObjectRef, number: u32) -> Result<Option<Ticket>> {
        let now = self.clock.now();
        let undo_until = now.checked_add_signed(self.window);
        let intent = Intent {
            id: ticket::new_id(),
            undo_until: undo_until.unwrap_or(DateTime::<Utc>::MAX_UTC),
        };
        let mut ticket = Ticket::new(object, number);
        let made = self
            .mark(&mut ticket, Part::Intent, intent.to_metadata()?)
            .await?;
        Ok(made.then_some(ticket))
    }

    async fn exists(&self, object: &ObjectRef) -> Result<bool> {
        match self.store.head(object).await {
            Ok(_) => Ok(true),
            // What cannot be described is there, and can go.
            Err(error) if error.kind() == StorageErrorKind::Corrupt => Ok(true),
            Err(error) if is_missing(error.kind()) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for StagedDeletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagedDeletion")
            .field("store", &self.store)
            .field("records", &self.records)
            .field("window", &self.window)
            .field("settle", &self.settle)
            .finish_non_exhaustive()
    }
}

fn busy(operation: &'static str, object: &ObjectRef) -> StorageError {
    StorageError::new(StorageErrorKind::Unavailable, operation, object)
        .with_detail("others kept changing it")
}
