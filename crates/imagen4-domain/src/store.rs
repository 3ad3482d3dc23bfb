//! The port of the record store, with its contract.

mod error;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use error::{StoreError, StoreErrorKind};

use crate::generation::Generation;
use crate::journal::JournalEntry;
use crate::{GenerationId, UserId};

/// Where a listing goes on: right after this generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Its name.
    pub id: GenerationId,
}

impl Cursor {
    /// Returns the place of `generation`.
    pub fn of(generation: &Generation) -> Self {
        Self {
            created_at: generation.created_at(),
            id: generation.id(),
        }
    }
}

/// Keeps generations and their journals: the truth.
///
/// # Contract
///
/// - **One commit**: the step and the state that it leads to are written together or not at all.
/// - **One writer wins**: of several that advance the same revision at once, one succeeds and the others get
///   `Conflict`.
/// - **Durable**: what was confirmed is there after the process has died; an adapter says what else it
///   survives.
/// - **Read after write**: what was confirmed is seen by every later read of any holder.
/// - **Ownership**: a generation of another user is not found, by any call.
/// - **Order**: listings go by (`created_at`, `id`); no generation twice, none left out that was there all the
///   time.
/// - **Clones** of a handle (`Arc`) share the store.
///
/// After an ambiguous failure (`Unavailable`) a write perhaps happened: read before repeating it.
/// The conformance suite under `testing` holds each of these rules as a test.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait GenerationStore: Debug + Send + Sync + 'static {
    /// Records a new generation, which must be as [`Generation::new`] made it, with the journal entry
    /// [`Step::Accepted`](crate::Step::Accepted) at its creation.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` when the name is taken, by whomever; `IllegalStep` when the generation is not new; and
    /// the failures of the store.
    ///
    /// # Cancellation
    ///
    /// It was recorded whole or not at all.
    async fn create(&self, generation: &Generation) -> Result<(), StoreError>;

    /// Writes `entry` and the state that it leads to, and returns the generation as it is now.
    ///
    /// # Errors
    ///
    /// `NotFound` when `owner` has no such generation; `Conflict` when its revision is not
    /// `expected_revision`; `IllegalStep` when its state does not allow the step; and the failures of the store.
    ///
    /// # Cancellation
    ///
    /// Both were written or neither.
    async fn advance(
        &self,
        owner: &UserId,
        id: &GenerationId,
        expected_revision: u64,
        entry: &JournalEntry,
    ) -> Result<Generation, StoreError>;

    /// Returns the generation of `owner` with this name; `None` when there is none, or it is another user's.
    ///
    /// # Errors
    ///
    /// The failures of the store, and `Corrupt` for a record that cannot be read.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn find(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError>;

    /// Returns up to `limit` generations of `owner`, newest first, in any state, from the newest on or right
    /// after `before`.
    ///
    /// # Errors
    ///
    /// As for [`find`](Self::find).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn recent(
        &self,
        owner: &UserId,
        limit: u32,
        before: Option<Cursor>,
    ) -> Result<Vec<Generation>, StoreError>;

    /// Returns the journal of a generation in the order of writing; the entry at place n led to revision n.
    ///
    /// It is empty when `owner` has no such generation.
    ///
    /// # Errors
    ///
    /// As for [`find`](Self::find).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn journal(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// Returns up to `limit` generations of all users that are not over and whose last step is older than
    /// `older_than`, the longest waiting first. It is for recovery, not for users.
    ///
    /// # Errors
    ///
    /// As for [`find`](Self::find).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn unfinished(
        &self,
        older_than: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Generation>, StoreError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<S: GenerationStore + ?Sized> GenerationStore for $pointer<S> {
            async fn create(&self, generation: &Generation) -> Result<(), StoreError> {
                (**self).create(generation).await
            }

            async fn advance(
                &self,
                owner: &UserId,
                id: &GenerationId,
                expected_revision: u64,
                entry: &JournalEntry,
            ) -> Result<Generation, StoreError> {
                (**self).advance(owner, id, expected_revision, entry).await
            }

            async fn find(
                &self,
                owner: &UserId,
                id: &GenerationId,
            ) -> Result<Option<Generation>, StoreError> {
                (**self).find(owner, id).await
            }

            async fn recent(
                &self,
                owner: &UserId,
                limit: u32,
                before: Option<Cursor>,
            ) -> Result<Vec<Generation>, StoreError> {
                (**self).recent(owner, limit, before).await
            }

            async fn journal(
                &self,
                owner: &UserId,
                id: &GenerationId,
            ) -> Result<Vec<JournalEntry>, StoreError> {
                (**self).journal(owner, id).await
            }

            async fn unfinished(
                &self,
                older_than: DateTime<Utc>,
                limit: u32,
            ) -> Result<Vec<Generation>, StoreError> {
                (**self).unfinished(older_than, limit).await
            }
        }
    )*};
}

forward!(Arc, Box);
