//! Writing a generation that is over already, by the steps that it once went.

use std::sync::Arc;

use crate::generation::Generation;
use crate::journal::{JournalEntry, Step};
use crate::service::GenerationCache;
use crate::store::{GenerationStore, StoreError, StoreErrorKind};

/// Writes generations whose history is known.
#[derive(Debug, Clone)]
pub(crate) struct Replay {
    store: Arc<dyn GenerationStore>,
    cache: Option<GenerationCache>,
}

/// What became of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replayed {
    /// It was written, or its rest was.
    Written,
    /// There is a record of this generation, and it was left alone.
    AlreadyThere,
}

/// Why a history was not written.
#[derive(Debug, Clone)]
pub(crate) enum ReplayError {
    /// A generation of another user has the name, or one had it that was deleted.
    Taken,
    /// There is an unfinished record of this generation, and it went another way.
    UnderWay,
    /// The steps do not follow each other.
    Illegal,
    /// The record store failed.
    Store(StoreError),
}

impl Replay {
    pub(crate) fn new(store: Arc<dyn GenerationStore>) -> Self {
        Self { store, cache: None }
    }

    /// Sets the cache, where what is written makes old what is known of its owner.
    pub(crate) fn with_cache(mut self, cache: GenerationCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Tells what [`write`](Self::write) would do, as far as can be told without writing.
    pub(crate) async fn look(
        &self,
        first: &Generation,
        entries: &[JournalEntry],
    ) -> Result<(Replayed, Generation), ReplayError> {
        let last = applied(first, entries)?;
        match self.find(first).await? {
            Some(there) if there.state().is_final() => Ok((Replayed::AlreadyThere, there)),
            Some(there) => {
                self.rest(&there, entries).await?;
                Ok((Replayed::Written, last))
            }
            None => Ok((Replayed::Written, last)),
        }
    }

    /// Writes `first` and then `entries`; what an earlier run has written of them is not written again.
    pub(crate) async fn write(
        &self,
        first: &Generation,
        entries: &[JournalEntry],
    ) -> Result<(Replayed, Generation), ReplayError> {
        let outcome = self.write_all(first, entries).await;
        // A step whose answer was lost is perhaps written, and nobody looks at it again.
        let is_perhaps_written = matches!(
            outcome,
            Ok((Replayed::Written, _)) | Err(ReplayError::Store(_))
        );
        if let Some(cache) = self.cache.as_ref().filter(|_| is_perhaps_written) {
            cache.written_late(first).await;
        }
        outcome
    }

    async fn write_all(
        &self,
        first: &Generation,
        entries: &[JournalEntry],
    ) -> Result<(Replayed, Generation), ReplayError> {
        applied(first, entries)?;
        let (mut now, rest) = match self.find(first).await? {
            Some(there) if there.state().is_final() => return Ok((Replayed::AlreadyThere, there)),
            Some(there) => {
                let rest = self.rest(&there, entries).await?;
                (there, rest)
            }
            None => (self.create(first).await?, entries),
        };
        for entry in rest {
            let (owner, id) = (now.owner().clone(), now.id());
            let next = self.store.advance(&owner, &id, now.revision(), entry).await;
            now = next.map_err(ReplayError::Store)?;
        }
        Ok((Replayed::Written, now))
    }

    async fn find(&self, first: &Generation) -> Result<Option<Generation>, ReplayError> {
        let found = self.store.find(first.owner(), &first.id()).await;
        found.map_err(ReplayError::Store)
    }

    async fn create(&self, first: &Generation) -> Result<Generation, ReplayError> {
        match self.store.create(first).await {
            Ok(()) => Ok(first.clone()),
            Err(error) if error.kind() == StoreErrorKind::AlreadyExists => Err(ReplayError::Taken),
            Err(error) => Err(ReplayError::Store(error)),
        }
    }

    /// Returns the entries that a record lacks, when it went exactly this way so far.
    ///
    /// A generation that is really under way has times of its own and is not ours to finish.
    async fn rest<'a>(
        &self,
        there: &Generation,
        entries: &'a [JournalEntry],
    ) -> Result<&'a [JournalEntry], ReplayError> {
        let journal = self.store.journal(there.owner(), &there.id()).await;
        let journal = journal.map_err(ReplayError::Store)?;
        let begins = journal.first().map(|entry| &entry.step) == Some(&Step::Accepted);
        let gone = journal.get(1..).unwrap_or_default();
        match entries.strip_prefix(gone) {
            Some(rest) if begins => Ok(rest),
            _ => Err(ReplayError::UnderWay),
        }
    }
}

fn applied(first: &Generation, entries: &[JournalEntry]) -> Result<Generation, ReplayError> {
    let mut steps = entries.iter();
    let last = steps.try_fold(first.clone(), |now, entry| now.apply(entry));
    last.map_err(|_| ReplayError::Illegal)
}
