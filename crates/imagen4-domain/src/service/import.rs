//! Importing the records of an earlier program, whose pictures lie in the buckets already.

mod outcome;
mod plan;
mod row;
mod time;

use std::sync::Arc;

use chrono::{FixedOffset, Offset, Utc};
use storage::StorageError;
use storage::pictures::{LegacyPicture, PictureStorage};

pub use outcome::{ImportTotals, PictureOutcome, RowOutcome, RowReport};
pub use row::{LegacyRow, RowProblem};

use self::plan::Plan;
use crate::catalogue::Catalogue;
use crate::replay::{Replay, ReplayError, Replayed};
use crate::service::GenerationCache;
use crate::store::GenerationStore;

/// Imports the rows of an earlier program, one JSON object a line.
///
/// Nothing is guessed: every row has an outcome of its own, and what is not beyond doubt is told and left out.
/// Objects are neither moved nor changed: a record gets the key that the users' links have, and the type that
/// the bytes have.
/// Nothing is written unless [`with_write`](Self::with_write) says so; importing a row again changes nothing.
///
/// What a record gets that a row does not tell: the shape `auto` when the row names none, a request id
/// `imported-…` when it has none, the time of the creation for every step, seven days of life for the provider's
/// links, and a name made from user and id when the id is no UUID of version 7.
#[derive(Debug, Clone)]
pub struct ImportService {
    replay: Replay,
    pictures: PictureStorage,
    catalogue: Arc<Catalogue>,
    naive_offset: FixedOffset,
    writes: bool,
}

impl ImportService {
    /// Returns the service that reads pictures through `pictures` and would write to `store`.
    ///
    /// The hosts and buckets of `pictures` say which links are ours: name those that the earlier program used.
    pub fn new(store: Arc<dyn GenerationStore>, pictures: PictureStorage) -> Self {
        Self {
            replay: Replay::new(store),
            pictures,
            catalogue: Arc::default(),
            naive_offset: Utc.fix(),
            writes: false,
        }
    }

    /// Sets the models by whose names and aliases rows name theirs.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Arc<Catalogue>) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Sets the cache, a clone of the one that the services have: what it knows of a user is old once a record of
    /// theirs was written. Without it lists may miss the record for a day, and pages for five minutes.
    #[must_use]
    pub fn with_cache(mut self, cache: GenerationCache) -> Self {
        self.replay = self.replay.with_cache(cache);
        self
    }

    /// Sets what times without an offset mean; UTC unless set.
    #[must_use]
    pub fn with_naive_offset(mut self, offset: FixedOffset) -> Self {
        self.naive_offset = offset;
        self
    }

    /// Sets whether records are written; otherwise the reports say what would be.
    #[must_use]
    pub fn with_write(mut self, writes: bool) -> Self {
        self.writes = writes;
        self
    }

    /// Imports `lines`, one after the other, and tells each row to `on_row`; empty lines are passed over.
    ///
    /// # Cancellation
    ///
    /// Some rows are imported; run again.
    pub async fn run<L>(&self, lines: L, mut on_row: impl FnMut(&RowReport) + Send) -> ImportTotals
    where
        L: IntoIterator<Item = String> + Send,
        L::IntoIter: Send,
    {
        let mut totals = ImportTotals::default();
        for (number, line) in (1..).zip(lines) {
            if line.trim().is_empty() {
                continue;
            }
            let report = self.row(number, &line).await;
            totals.add(&report);
            on_row(&report);
        }
        totals
    }

    /// Imports one row, which stands in the line of this number.
    ///
    /// # Cancellation
    ///
    /// The row is imported or a part of its steps is written; import it again.
    pub async fn row(&self, line_number: usize, line: &str) -> RowReport {
        let report = |id, pictures, outcome| RowReport {
            line: line_number,
            id,
            pictures,
            outcome,
        };
        let row = match LegacyRow::from_json(line, self.naive_offset) {
            Ok(row) => row,
            Err(problem) => return report(None, Vec::new(), RowOutcome::Refused(problem)),
        };
        let id = Some(row.id().to_owned());
        if let Some(status) = row.unfinished_status() {
            return report(id, Vec::new(), RowOutcome::Skipped(status.to_owned()));
        }
        let found = match self.find_all(&row).await {
            Ok(found) => found,
            Err(error) => return report(id, Vec::new(), RowOutcome::NoAnswer(error.kind())),
        };
        let pictures: Vec<_> = found.iter().map(PictureOutcome::of).collect();
        let outcome = self.import(&row, &found).await;
        report(id, pictures, outcome)
    }

    async fn find_all(&self, row: &LegacyRow) -> Result<Vec<LegacyPicture>, StorageError> {
        let mut found = Vec::with_capacity(row.urls().len());
        for entry in row.urls().iter() {
            found.push(self.pictures.find_legacy(entry).await?);
        }
        Ok(found)
    }

    async fn import(&self, row: &LegacyRow, found: &[LegacyPicture]) -> RowOutcome {
        let is_had =
            |one: &LegacyPicture| matches!(one, LegacyPicture::There(_) | LegacyPicture::Provider);
        if !found.iter().any(is_had) {
            return RowOutcome::Lost;
        }
        let plan = match Plan::of(row, found, &self.catalogue) {
            Ok(plan) => plan,
            Err(problem) => return RowOutcome::Refused(problem),
        };
        let replayed = if self.writes {
            self.replay.write(&plan.first, &plan.entries).await
        } else {
            self.replay.look(&plan.first, &plan.entries).await
        };
        match replayed {
            Ok((Replayed::Written, generation)) => RowOutcome::Imported(Box::new(generation)),
            Ok((Replayed::AlreadyThere, _)) => RowOutcome::AlreadyThere,
            Err(ReplayError::Store(error)) => RowOutcome::Records(error.kind()),
            Err(ReplayError::Illegal) => RowOutcome::Refused(RowProblem::Unlawful("result_urls")),
            Err(ReplayError::Taken | ReplayError::UnderWay) => {
                RowOutcome::Refused(RowProblem::Unlawful("id"))
            }
        }
    }
}
