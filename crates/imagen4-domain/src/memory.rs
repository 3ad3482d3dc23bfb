//! The record store in memory: for tests and for programs that may forget.

mod gallery;
mod shelves;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use self::shelves::Shelves;
use crate::generation::Generation;
use crate::journal::{JournalEntry, Step};
use crate::store::{Cursor, GenerationStore, StoreError, StoreErrorKind};
use crate::{GenerationId, UserId};

/// Keeps generations in the memory of the process; they are gone with it.
///
/// It is the store of the galleries too.
#[derive(Debug, Default)]
pub struct MemoryGenerationStore {
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    by_id: HashMap<GenerationId, Record>,
    /// What galleries show, in order.
    shelves: Shelves,
    /// The names of those that were removed, which stay taken.
    removed: HashSet<GenerationId>,
}

#[derive(Debug)]
struct Record {
    generation: Generation,
    journal: Vec<JournalEntry>,
    favourite: bool,
    hidden: bool,
}

impl Record {
    fn is_seen_by(&self, user: &UserId) -> bool {
        self.generation.owner() == user && !self.hidden
    }
}

impl Records {
    fn seen(&self, owner: &UserId, id: &GenerationId) -> Option<&Record> {
        let record = self.by_id.get(id);
        record.filter(|record| record.is_seen_by(owner))
    }
}

impl MemoryGenerationStore {
    /// Returns a store that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change is made in one go, so what a panicking thread left behind is whole.
    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(&self, keep: impl Fn(&Generation) -> bool) -> Vec<Generation> {
        let records = self.lock();
        let seen = records.by_id.values().filter(|record| !record.hidden);
        let all = seen.map(|record| &record.generation);
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
        if records.by_id.contains_key(&id) || records.removed.contains(&id) {
            return error(StoreErrorKind::AlreadyExists);
        }
        let first = JournalEntry::new(generation.created_at(), Step::Accepted);
        let record = Record {
            generation: generation.clone(),
            journal: vec![first],
            favourite: false,
            hidden: false,
        };
        records.by_id.insert(id, record);
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
        let records = &mut *records;
        let record = records
            .by_id
            .get_mut(id)
            .filter(|record| record.is_seen_by(owner))
            .ok_or_else(|| error(StoreErrorKind::NotFound))?;
        if record.generation.revision() != expected_revision {
            return Err(error(StoreErrorKind::Conflict));
        }
        let next = record
            .generation
            .apply(entry)
            .map_err(|illegal| error(StoreErrorKind::IllegalStep).with_source(illegal))?;
        records.shelves.take(record);
        record.generation = next.clone();
        record.journal.push(entry.clone());
        records.shelves.put(record);
        Ok(next)
    }

    async fn find(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError> {
        let records = self.lock();
        let found = records.seen(owner, id);
        Ok(found.map(|record| record.generation.clone()))
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
        let found = records.seen(owner, id);
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
