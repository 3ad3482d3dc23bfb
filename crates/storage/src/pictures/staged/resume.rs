//! Going on with what stands still: after a crash, and when a window is over.

use super::ticket::{self, Part, QUARANTINE, Ticket, Verdict};
use super::{StagedDeletion, is_missing};
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::options::ListOptions;

/// What a resume did and met, counted by staged deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResumeReport {
    /// Moved to the quarantine now: their delete was cut short.
    pub moved: u64,
    /// In quarantine, waiting for the end of their window.
    pub waiting: u64,
    /// Brought back now: their undo was cut short.
    pub restored: u64,
    /// Purged now.
    pub purged: u64,
    /// Done a while ago; what was left of them is removed now.
    pub cleaned: u64,
    /// Done, and kept a little longer.
    pub settling: u64,
    /// Met an error, which was logged; the next resume tries again.
    pub failed: u64,
}

/// What became of one staged delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Moved,
    Waiting,
    Restored,
    Purged,
    Cleaned,
    Settling,
}

impl ResumeReport {
    fn count(&mut self, standing: Standing) {
        match standing {
            Standing::Moved => self.moved += 1,
            Standing::Waiting => self.waiting += 1,
            Standing::Restored => self.restored += 1,
            Standing::Purged => self.purged += 1,
            Standing::Cleaned => self.cleaned += 1,
            Standing::Settling => self.settling += 1,
        }
    }
}

impl StagedDeletion {
    /// Goes on with every staged delete: moves what a crash left in place, carries out what is decided, purges what
    /// has waited for its whole window, and removes what is left of those that ended a while ago.
    ///
    /// Call it at start and then now and again, such as every hour. Several workers may do so at once.
    /// One picture's failure is logged at level warn and does not stop the others.
    ///
    /// # Errors
    ///
    /// The failures of listing the quarantine; what was done until then is done.
    ///
    /// # Cancellation
    ///
    /// Some are done and some are not; call again.
    pub async fn resume(&self) -> Result<ResumeReport> {
        let mut report = ResumeReport::default();
        for bucket in self.buckets.buckets() {
            self.resume_bucket(bucket, &mut report).await?;
        }
        Ok(report)
    }

    async fn resume_bucket(&self, bucket: &BucketName, report: &mut ResumeReport) -> Result<()> {
        let mut options = ListOptions {
            prefix: QUARANTINE.to_owned(),
            ..ListOptions::default()
        };
        let mut last: Option<ObjectKey> = None;
        loop {
            let page = match self.store.list(bucket, options.clone()).await {
                Ok(page) => page,
                Err(error) if is_missing(error.kind()) => return Ok(()),
                Err(error) => return Err(error),
            };
            for entry in page.entries {
                let Some((picture, ..)) = ticket::parse(&entry.key) else {
                    continue;
                };
                if last.as_ref() != Some(&picture) {
                    let object = ObjectRef::new(bucket.clone(), picture.clone());
                    self.resume_object(&object, report).await;
                    last = Some(picture);
                }
            }
            options.start_after = page.next_start_after;
            if options.start_after.is_none() {
                return Ok(());
            }
        }
    }

    async fn resume_object(&self, object: &ObjectRef, report: &mut ResumeReport) {
        let _turn = self.turns.take(object).await;
        let tickets = match self.tickets(object).await {
            Ok(tickets) => tickets,
            Err(error) => return warn(object, &error, report),
        };
        for ticket in tickets {
            match self.resume_ticket(ticket).await {
                Ok(standing) => report.count(standing),
                Err(error) => warn(object, &error, report),
            }
        }
    }

    async fn resume_ticket(&self, mut ticket: Ticket) -> Result<Standing> {
        if ticket.has(Part::Done) || !ticket.has(Part::Intent) {
            return self.clean(&ticket).await;
        }
        let mut standing = Standing::Waiting;
        if ticket.is_open() {
            let until = self.intent(&ticket).await?.undo_until;
            if !ticket.has(Part::Moved) {
                self.move_away(&mut ticket).await?;
                standing = Standing::Moved;
            }
            if self.clock.now() >= until {
                self.decide(&mut ticket, Verdict::Purge).await?;
            }
        }
        if !ticket.has(Part::Verdict) {
            return Ok(standing);
        }
        Ok(match self.carry_out(&mut ticket).await? {
            Verdict::Restore => Standing::Restored,
            Verdict::Purge => Standing::Purged,
        })
    }

    /// Removes the parts of what is done; also those that a late worker made after all was removed.
    async fn clean(&self, ticket: &Ticket) -> Result<Standing> {
        let settled = |at| self.clock.now().signed_duration_since(at) >= self.settle;
        if !ticket.changed.is_some_and(settled) {
            return Ok(Standing::Settling);
        }
        for part in Part::ALL {
            if ticket.has(part) {
                self.store.delete(&ticket.place(part)?).await?;
            }
        }
        Ok(Standing::Cleaned)
    }
}

fn warn(object: &ObjectRef, error: &crate::error::StorageError, report: &mut ResumeReport) {
    report.failed += 1;
    tracing::warn!(
        object.key = %object,
        error = error as &dyn std::error::Error,
        "a staged delete cannot go on now"
    );
}
