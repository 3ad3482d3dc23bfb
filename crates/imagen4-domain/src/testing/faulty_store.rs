//! A record store that fails by script and counts its calls.

mod gallery;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::generation::Generation;
use crate::journal::JournalEntry;
use crate::store::{Cursor, GenerationStore, StoreError, StoreErrorKind};
use crate::{GenerationId, UserId};

/// A method of one of the two ports; an advance is told apart by its step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreCall {
    /// `create`.
    Create,
    /// `advance` by the step of this name.
    Advance(&'static str),
    /// `find`.
    Find,
    /// `recent`.
    Recent,
    /// `journal`.
    Journal,
    /// `unfinished`.
    Unfinished,
    /// `page`.
    Page,
    /// `neighbours`.
    Neighbours,
    /// `item`.
    Item,
    /// `counts`.
    Counts,
    /// `set_favourite`.
    SetFavourite,
    /// `hide`.
    Hide,
    /// `remove`.
    Remove,
}

/// Fails calls by script and counts all of them.
///
/// - What it does: takes faults in the order in which they were added, one for each call of their method.
/// - Default: no fault.
/// - Cancellation: as the store beneath.
/// - Where it goes: right around the store under test. Clones share the script and the counts.
#[derive(Debug, Clone)]
pub struct FaultyStore<S> {
    inner: S,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    faults: HashMap<StoreCall, VecDeque<Fault>>,
    calls: HashMap<StoreCall, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Fault {
    kind: StoreErrorKind,
    after_the_deed: bool,
}

impl<S> FaultyStore<S> {
    /// Returns `inner` with nothing failing yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            script: Arc::default(),
        }
    }

    /// Returns the store beneath.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Lets the next such call fail before anything is done.
    pub fn fail_next(&self, call: StoreCall, kind: StoreErrorKind) {
        self.add(call, kind, false);
    }

    /// Lets the next such call do its work and then fail, as when the answer is lost.
    pub fn lose_next(&self, call: StoreCall, kind: StoreErrorKind) {
        self.add(call, kind, true);
    }

    /// Returns how often such a call was made.
    pub fn calls(&self, call: &StoreCall) -> usize {
        self.lock().calls.get(call).copied().unwrap_or(0)
    }

    /// Returns how many calls were made in all.
    pub fn all_calls(&self) -> usize {
        self.lock().calls.values().sum()
    }

    fn add(&self, call: StoreCall, kind: StoreErrorKind, after_the_deed: bool) {
        let fault = Fault {
            kind,
            after_the_deed,
        };
        self.lock().faults.entry(call).or_default().push_back(fault);
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<T, F>(&self, call: StoreCall, name: &'static str, work: F) -> Result<T, StoreError>
    where
        S: Sync,
        T: Send,
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let fault = {
            let mut script = self.lock();
            *script.calls.entry(call.clone()).or_default() += 1;
            script.faults.get_mut(&call).and_then(VecDeque::pop_front)
        };
        match fault {
            None => work.await,
            Some(fault) => {
                if fault.after_the_deed {
                    work.await?;
                }
                Err(StoreError::new(fault.kind, name))
            }
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: GenerationStore> GenerationStore for FaultyStore<S> {
    async fn create(&self, generation: &Generation) -> Result<(), StoreError> {
        self.run(StoreCall::Create, "create", self.inner.create(generation))
            .await
    }

    async fn advance(
        &self,
        owner: &UserId,
        id: &GenerationId,
        expected_revision: u64,
        entry: &JournalEntry,
    ) -> Result<Generation, StoreError> {
        let work = self.inner.advance(owner, id, expected_revision, entry);
        self.run(StoreCall::Advance(entry.step.name()), "advance", work)
            .await
    }

    async fn find(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError> {
        self.run(StoreCall::Find, "find", self.inner.find(owner, id))
            .await
    }

    async fn recent(
        &self,
        owner: &UserId,
        limit: u32,
        before: Option<Cursor>,
    ) -> Result<Vec<Generation>, StoreError> {
        self.run(
            StoreCall::Recent,
            "recent",
            self.inner.recent(owner, limit, before),
        )
        .await
    }

    async fn journal(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.run(StoreCall::Journal, "journal", self.inner.journal(owner, id))
            .await
    }

    async fn unfinished(
        &self,
        older_than: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Generation>, StoreError> {
        self.run(
            StoreCall::Unfinished,
            "unfinished",
            self.inner.unfinished(older_than, limit),
        )
        .await
    }
}
