//! The rules that every [`GenerationStore`] and every [`GalleryStore`](crate::GalleryStore) keeps, one function
//! each, and macros that make tests of them.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a rule reports by panicking, as every assertion does"
)]

pub mod dialogue;
mod gallery;
mod listing;
mod writing;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

pub use gallery::*;
pub use listing::*;
pub use writing::*;

use super::samples::{request, step_to, user};
use crate::{
    Generation, GenerationId, GenerationStore, JournalEntry, StoreError, StoreErrorKind, UserId,
};

/// An empty store under test, and what it needs to live.
pub struct StoreFixture {
    store: Arc<dyn GenerationStore>,
    _keep: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for StoreFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl StoreFixture {
    /// Returns the fixture of an empty store.
    pub fn new(store: impl GenerationStore) -> Self {
        Self::keeping(store, ())
    }

    /// Returns the fixture of an empty store that needs `keep` to live on, such as a temporary directory.
    pub fn keeping(store: impl GenerationStore, keep: impl Any + Send + Sync) -> Self {
        Self {
            store: Arc::new(store),
            _keep: Box::new(keep),
        }
    }

    /// Returns the store.
    pub fn store(&self) -> &Arc<dyn GenerationStore> {
        &self.store
    }

    /// Records a new generation of `owner`, created so many seconds after the start.
    async fn made(&self, owner: &str, second: i64) -> Generation {
        let generation = new_generation(owner, second);
        self.store.create(&generation).await.unwrap();
        generation
    }

    /// Writes the steps of these names one after the other, each a second after the last one.
    async fn walk(&self, generation: &Generation, steps: &[&str]) -> Generation {
        let mut now = generation.clone();
        for step in steps {
            now = self.step(&now, step).await.unwrap();
        }
        now
    }

    async fn step(&self, generation: &Generation, step: &str) -> Result<Generation, StoreError> {
        let entry = entry_after(generation, step);
        let (owner, id) = (generation.owner(), generation.id());
        self.store
            .advance(owner, &id, generation.revision(), &entry)
            .await
    }

    async fn found(&self, generation: &Generation) -> Option<Generation> {
        self.store
            .find(generation.owner(), &generation.id())
            .await
            .unwrap()
    }
}

/// The steps of a generation for which all goes well.
const WELL: [&str; 4] = ["submitting", "submitted", "generated", "completed"];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 123_456_000).unwrap()
}

fn new_generation(owner: &str, second: i64) -> Generation {
    let at = start() + TimeDelta::seconds(second);
    Generation::new(GenerationId::new(at), user(owner), request(), at)
}

fn entry_after(generation: &Generation, step: &str) -> JournalEntry {
    JournalEntry::new(
        generation.updated_at() + TimeDelta::seconds(1),
        step_to(step),
    )
}

fn kind_of<T: fmt::Debug>(outcome: Result<T, StoreError>) -> StoreErrorKind {
    outcome.unwrap_err().kind()
}

fn owner(name: &str) -> UserId {
    user(name)
}

/// Makes one test of each rule for one store.
///
/// The caller gives the attributes of a test and an expression of type
/// [`StoreFixture`](crate::testing::conformance::StoreFixture), which may await.
///
/// ```
/// mod memory {
///     use imagen4_domain::memory::MemoryGenerationStore;
///     use imagen4_domain::testing::conformance::StoreFixture;
///
///     imagen4_domain::generation_store_conformance!(
///         #[tokio::test]
///         fixture = StoreFixture::new(MemoryGenerationStore::new())
///     );
/// }
/// ```
#[macro_export]
macro_rules! generation_store_conformance {
    ($(#[$attribute:meta])+ fixture = $fixture:expr) => {
        $crate::generation_store_conformance! { @rules [$(#[$attribute])+] ($fixture)
            what_was_created_is_found_as_it_was
            a_name_is_taken_once
            a_name_of_another_user_is_taken_as_well
            only_a_new_generation_is_created
            the_journal_begins_with_the_creation
            a_step_moves_the_record_and_the_journal_together
            the_record_is_what_its_journal_leads_to
            every_end_is_kept_with_its_reason
            the_model_that_was_used_is_kept
            an_old_revision_is_a_conflict
            a_revision_ahead_is_a_conflict
            of_ten_writers_one_wins
            an_illegal_step_changes_nothing
            a_missing_generation_cannot_advance
            another_user_cannot_advance_it
            another_user_does_not_find_it
            another_user_sees_no_journal
            a_missing_generation_is_none_and_has_no_journal
            the_newest_come_first
            a_listing_holds_the_state_of_now
            a_listing_holds_no_other_users
            paging_neither_repeats_nor_skips
            equal_times_are_paged_by_name
            a_limit_of_zero_lists_nothing
            a_user_without_any_has_an_empty_list
            the_unfinished_wait_longest_first
            what_is_over_is_not_unfinished
            what_moved_lately_is_not_unfinished
            odd_prompts_are_kept_as_they_are
        }
    };
    (@rules $attributes:tt $fixture:tt $($rule:ident)+) => {
        $($crate::generation_store_conformance! { @rule $attributes $fixture $rule })+
    };
    (@rule [$(#[$attribute:meta])+] ($fixture:expr) $rule:ident) => {
        $(#[$attribute])+
        async fn $rule() {
            let fixture: $crate::testing::conformance::StoreFixture = $fixture;
            $crate::testing::conformance::$rule(&fixture).await;
        }
    };
}
