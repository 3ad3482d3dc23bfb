//! What is done to an orphan, and how fast.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::OrphanSweep;
use super::find::Orphan;
use super::report::FindingOutcome;
use super::settings::SweepAction;
use crate::error::{Result, StorageErrorKind};
use crate::name::ObjectRef;
use crate::pictures::delete::sidecar_place;
use crate::pictures::staged::{StageOutcome, StagedDeletion};

/// Keeps acts apart.
pub(super) struct Pace {
    between: Option<Duration>,
    next: Instant,
}

impl Pace {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self {
            between: per_second.map(|count| Duration::from_secs(1) / count.get()),
            next: Instant::now(),
        }
    }

    /// Waits until the next act is due; an act that took long is not caught up with.
    pub(super) async fn wait(&mut self) {
        let Some(between) = self.between else {
            return;
        };
        sleep_until(self.next).await;
        self.next = Instant::now() + between;
    }
}

impl OrphanSweep {
    pub(super) async fn act_on(&self, orphan: &Orphan) -> FindingOutcome {
        let object = &orphan.object;
        let done = match &self.settings.action {
            SweepAction::Report => return FindingOutcome::Reported,
            SweepAction::Quarantine(staged) => quarantine(staged, object).await,
            SweepAction::Delete => self.delete(object).await,
        };
        let outcome = done.unwrap_or_else(|error| FindingOutcome::Failed(error.kind()));
        tracing::info!(object.key = %object, ?outcome, "an orphan was acted on");
        outcome
    }

    async fn delete(&self, object: &ObjectRef) -> Result<FindingOutcome> {
        self.store.delete(object).await?;
        if let Some(sidecar) = sidecar_place(object) {
            self.store.delete(&sidecar).await?;
        }
        Ok(FindingOutcome::Deleted)
    }
}

async fn quarantine(staged: &StagedDeletion, object: &ObjectRef) -> Result<FindingOutcome> {
    Ok(match staged.stage(object).await? {
        StageOutcome::Staged { .. } => FindingOutcome::Quarantined,
        StageOutcome::AlreadyAbsent => FindingOutcome::AlreadyAbsent,
        StageOutcome::NotOurs => FindingOutcome::Failed(StorageErrorKind::Config),
    })
}
