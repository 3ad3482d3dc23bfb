//! The record side of staged deletes in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::error::Result;
use crate::name::ObjectRef;
use crate::pictures::{DeletionRecords, DeletionTicket};

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStanding {
    /// Everybody is shown the picture.
    Shown,
    /// Nobody is, and it can come back.
    Hidden,
}

/// [`DeletionRecords`] in memory, which also tells how a record stands.
#[derive(Debug, Default)]
pub struct MemoryDeletionRecords(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    records: HashMap<ObjectRef, RecordStanding>,
    /// The ids of deletes that have ended.
    over: HashSet<String>,
}

impl MemoryDeletionRecords {
    /// Returns records of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record of `object` that is shown.
    pub fn insert(&self, object: &ObjectRef) {
        let mut state = self.state();
        state.records.insert(object.clone(), RecordStanding::Shown);
    }

    /// Returns how the record of `object` stands, if there is one.
    pub fn standing(&self, object: &ObjectRef) -> Option<RecordStanding> {
        self.state().records.get(object).copied()
    }

    fn change(&self, object: &ObjectRef, to: RecordStanding) {
        if let Some(standing) = self.state().records.get_mut(object) {
            *standing = to;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DeletionRecords for MemoryDeletionRecords {
    async fn hide(&self, ticket: &DeletionTicket) -> Result<()> {
        if !self.state().over.contains(&ticket.id) {
            self.change(&ticket.object, RecordStanding::Hidden);
        }
        Ok(())
    }

    async fn show(&self, ticket: &DeletionTicket) -> Result<()> {
        if self.state().over.insert(ticket.id.clone()) {
            self.change(&ticket.object, RecordStanding::Shown);
        }
        Ok(())
    }

    async fn remove(&self, ticket: &DeletionTicket) -> Result<()> {
        let mut state = self.state();
        if state.over.insert(ticket.id.clone()) {
            state.records.remove(&ticket.object);
        }
        Ok(())
    }
}
