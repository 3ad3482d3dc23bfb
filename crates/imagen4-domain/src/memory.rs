//! The record store in memory: for tests and for programs that may forget.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::generation::Generation;
use crate::journal::{JournalEntry, Step};
use crate::store::{Cursor, GenerationStore, StoreError, StoreErrorKind};
use crate::{GenerationId, UserId};

/// Keeps generations in the memory of the process; they are gone with it.
#[derive(Debug, Default)]
pub struct MemoryGenerationStore {
    records: Mutex<BTreeMap<GenerationId, Record>>,
}

#[derive(Debug)]
struct Record {
    generation: Generation,
    journal: Vec<JournalEntry>,
}

impl MemoryGenerationStore {
    /// Returns a store that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change is made in one go, so what a panicking thread left behind is whole.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<GenerationId, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(&self, keep: impl Fn(&Generation) -> bool) -> Vec<Generation> {
        let records = self.lock();
        let all = records.values().map(|record| &record.generation);
        all.filter(|generation| keep(generation)).cloned().collect()
    }
}

#[async_trait]
impl GenerationStore for MemoryGenerationStore {
    async fn create(&self, generation: &Generation) -> Result<(), StoreError> {
        let id = generation.id();
        let error = |kind| Err(StoreError::new(kind, "create").with_id(id));
        if generation.revision() != 0 {
            return error(StoreErrorKind::IllegalStep);
        }
        let mut records = self.lock();
        if records.contains_key(&id) {
            return error(StoreErrorKind::AlreadyExists);
        }
        let first = JournalEntry::new(generation.created_at(), Step::Accepted);
        let record = Record {
            generation: generation.clone(),
            journal: vec![first],
        };
        records.insert(id, record);
        Ok(())
    }

    async fn advance(
        &self,
        owner: &UserId,
        id: &GenerationId,
        expected_revision: u64,
        entry: &JournalEntry,
    ) -> Result<Generation, StoreError> {
        let error = |kind| StoreError::new(kind, "advance").with_id(*id);
        let mut records = self.lock();
        let record = records
            .get_mut(id)
            .filter(|record| record.generation.owner() == owner)
            .ok_or_else(|| error(StoreErrorKind::NotFound))?;
        if record.generation.revision() != expected_revision {
            return Err(error(StoreErrorKind::Conflict));
        }
        let next = record
            .generation
            .apply(entry)
            .map_err(|illegal| error(StoreErrorKind::IllegalStep).with_source(illegal))?;
        record.generation = next.clone();
        record.journal.push(entry.clone());
        Ok(next)
    }

    async fn find(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError> {
        let records = self.lock();
        let found = records.get(id).map(|record| &record.generation);
        Ok(found
            .filter(|generation| generation.owner() == owner)
            .cloned())
    }

    async fn recent(
        &self,
        owner: &UserId,
        limit: u32,
        before: Option<Cursor>,
    ) -> Result<Vec<Generation>, StoreError> {
        let place = |generation: &Generation| (generation.created_at(), generation.id());
        let mut found = self.collect(|generation| {
            let is_older = before.is_none_or(|end| place(generation) < (end.created_at, end.id));
            generation.owner() == owner && is_older
        });
        found.sort_by_key(|generation| std::cmp::Reverse(place(generation)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn journal(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let records = self.lock();
        let found = records
            .get(id)
            .filter(|record| record.generation.owner() == owner);
        Ok(found
            .map(|record| record.journal.clone())
            .unwrap_or_default())
    }

    async fn unfinished(
        &self,
        older_than: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Generation>, StoreError> {
        let mut found = self.collect(|generation| {
            !generation.state().is_final() && generation.updated_at() < older_than
        });
        found.sort_by_key(|generation| (generation.updated_at(), generation.id()));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}
