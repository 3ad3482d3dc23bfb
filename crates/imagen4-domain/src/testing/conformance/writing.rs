//! The rules of creating, advancing, finding and the journal.

use std::sync::Arc;

use super::{
    StoreErrorKind, StoreFixture, WELL, entry_after, kind_of, new_generation, owner, start,
};
use crate::testing::samples::step_to;
use crate::{
    Catalogue, Generation, GenerationId, Imagen4Settings, JournalEntry, RequestDraft, State, Step,
};

/// What was created is found as it was, to the microsecond.
pub async fn what_was_created_is_found_as_it_was(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    assert_eq!(fixture.found(&generation).await, Some(generation));
}

/// A second creation under the same name fails and changes nothing.
pub async fn a_name_is_taken_once(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    let moved = fixture.walk(&generation, &["submitting"]).await;
    let again = fixture.store().create(&generation).await;
    assert_eq!(kind_of(again), StoreErrorKind::AlreadyExists);
    assert_eq!(fixture.found(&generation).await, Some(moved));
}

/// Names are taken across users: nobody can take over a name.
pub async fn a_name_of_another_user_is_taken_as_well(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    let request = generation.request().clone();
    let theft = Generation::new(generation.id(), owner("b"), request, start());
    assert_eq!(
        kind_of(fixture.store().create(&theft).await),
        StoreErrorKind::AlreadyExists
    );
    assert_eq!(fixture.found(&generation).await, Some(generation));
}

/// A generation that has moved on cannot be created: its journal would be missing.
pub async fn only_a_new_generation_is_created(fixture: &StoreFixture) {
    let generation = new_generation("a", 0);
    let moved = generation
        .apply(&entry_after(&generation, "submitting"))
        .unwrap();
    assert_eq!(
        kind_of(fixture.store().create(&moved).await),
        StoreErrorKind::IllegalStep
    );
    assert_eq!(fixture.found(&generation).await, None);
}

/// The creation writes the first entry of the journal.
pub async fn the_journal_begins_with_the_creation(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    let journal = fixture
        .store()
        .journal(&owner("a"), &generation.id())
        .await
        .unwrap();
    assert_eq!(
        journal,
        [JournalEntry::new(generation.created_at(), Step::Accepted)]
    );
}

/// After each step the record has the next revision, and the journal one more entry, which is the step.
pub async fn a_step_moves_the_record_and_the_journal_together(fixture: &StoreFixture) {
    let mut now = fixture.made("a", 0).await;
    for (revision, step) in (1..).zip(WELL) {
        let entry = entry_after(&now, step);
        now = fixture.step(&now, step).await.unwrap();
        assert_eq!((now.revision(), now.state().name()), (revision, step));
        assert_eq!(fixture.found(&now).await.as_ref(), Some(&now));
        let journal = fixture
            .store()
            .journal(now.owner(), &now.id())
            .await
            .unwrap();
        assert_eq!(journal.len() as u64, revision + 1);
        assert_eq!(journal.last(), Some(&entry));
    }
}

/// Applying the journal to the new generation gives the record.
pub async fn the_record_is_what_its_journal_leads_to(fixture: &StoreFixture) {
    let first = fixture.made("a", 0).await;
    let last = fixture.walk(&first, &WELL).await;
    let journal = fixture
        .store()
        .journal(first.owner(), &first.id())
        .await
        .unwrap();
    let replayed = journal
        .iter()
        .skip(1)
        .try_fold(first, |now, entry| now.apply(entry));
    assert_eq!(replayed.unwrap(), last);
}

/// Each way to end is kept with all that belongs to it.
pub async fn every_end_is_kept_with_its_reason(fixture: &StoreFixture) {
    for (second, steps) in (0..).zip([
        &["submitting", "refused"][..],
        &["submitting", "submitted", "refused"],
        &["failed"],
        &["submitting", "submitted", "generated", "failed"],
        &["submitting", "submitted", "cancelled"],
        &["submitting", "unknown"],
        &[
            "submitting",
            "submitted",
            "generated",
            "completed",
            "erased",
        ],
    ]) {
        let generation = fixture.made("a", second).await;
        let over = fixture.walk(&generation, steps).await;
        assert!(over.state().is_final(), "{steps:?}");
        assert_eq!(fixture.found(&generation).await, Some(over));
    }
}

/// When a successor takes over, the record says who was asked for and who was used.
pub async fn the_model_that_was_used_is_kept(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    fixture
        .walk(
            &generation,
            &["submitting", "submitting_successor", "submitted"],
        )
        .await;
    let found = fixture.found(&generation).await.unwrap();
    assert_eq!(found.request().model().as_str(), "fal-ai/imagen4/preview");
    assert_eq!(found.model_used().as_str(), "fal-ai/nano-banana");
}

/// Who writes against a revision that is past gets a conflict, and nothing changes.
pub async fn an_old_revision_is_a_conflict(fixture: &StoreFixture) {
    let old = fixture.made("a", 0).await;
    let now = fixture.walk(&old, &["submitting"]).await;
    assert_eq!(
        kind_of(fixture.step(&old, "submitting").await),
        StoreErrorKind::Conflict
    );
    assert_eq!(
        kind_of(fixture.step(&old, "failed").await),
        StoreErrorKind::Conflict
    );
    assert_eq!(fixture.found(&old).await, Some(now));
    let journal = fixture
        .store()
        .journal(old.owner(), &old.id())
        .await
        .unwrap();
    assert_eq!(journal.len(), 2);
}

/// A revision that was never reached is a conflict as well.
pub async fn a_revision_ahead_is_a_conflict(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    let entry = entry_after(&generation, "submitting");
    for revision in [1, 99, u64::MAX] {
        let outcome = fixture
            .store()
            .advance(&owner("a"), &generation.id(), revision, &entry)
            .await;
        assert_eq!(kind_of(outcome), StoreErrorKind::Conflict);
    }
    assert_eq!(fixture.found(&generation).await, Some(generation));
}

/// Of ten that write the same step at once, one succeeds and nine get a conflict.
pub async fn of_ten_writers_one_wins(fixture: &StoreFixture) {
    let generation = Arc::new(fixture.made("a", 0).await);
    let entry = Arc::new(entry_after(&generation, "submitting"));
    let writers = (0..10).map(|_| {
        let (store, generation, entry) = (
            Arc::clone(fixture.store()),
            Arc::clone(&generation),
            Arc::clone(&entry),
        );
        tokio::spawn(async move {
            store
                .advance(generation.owner(), &generation.id(), 0, &entry)
                .await
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Conflict, "{error}"),
        }
    }
    assert_eq!(won, 1);
    let journal = fixture
        .store()
        .journal(&owner("a"), &generation.id())
        .await
        .unwrap();
    assert_eq!(journal.len(), 2);
}

/// A step that the state does not allow is refused and leaves no trace.
pub async fn an_illegal_step_changes_nothing(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    for step in [
        "completed",
        "generated",
        "submitted",
        "accepted",
        "erased",
        "unknown",
    ] {
        assert_eq!(
            kind_of(fixture.step(&generation, step).await),
            StoreErrorKind::IllegalStep,
            "{step}"
        );
    }
    let journal = fixture
        .store()
        .journal(generation.owner(), &generation.id())
        .await
        .unwrap();
    assert_eq!(journal.len(), 1);
    assert_eq!(fixture.found(&generation).await, Some(generation));
}

/// What is not there cannot advance.
pub async fn a_missing_generation_cannot_advance(fixture: &StoreFixture) {
    let generation = new_generation("a", 0);
    assert_eq!(
        kind_of(fixture.step(&generation, "submitting").await),
        StoreErrorKind::NotFound
    );
    assert_eq!(fixture.found(&generation).await, None);
}

/// To another user it is not there, also for writing.
pub async fn another_user_cannot_advance_it(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    let entry = JournalEntry::new(start(), step_to("submitting"));
    let outcome = fixture
        .store()
        .advance(&owner("b"), &generation.id(), 0, &entry)
        .await;
    assert_eq!(kind_of(outcome), StoreErrorKind::NotFound);
    assert_eq!(fixture.found(&generation).await, Some(generation));
}

/// To another user it is not there.
pub async fn another_user_does_not_find_it(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    assert_eq!(
        fixture
            .store()
            .find(&owner("b"), &generation.id())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        fixture
            .store()
            .find(&owner("A"), &generation.id())
            .await
            .unwrap(),
        None
    );
}

/// To another user its journal is empty.
pub async fn another_user_sees_no_journal(fixture: &StoreFixture) {
    let generation = fixture.made("a", 0).await;
    assert_eq!(
        fixture
            .store()
            .journal(&owner("b"), &generation.id())
            .await
            .unwrap(),
        []
    );
}

/// What is not there is `None`, with an empty journal, and no error.
pub async fn a_missing_generation_is_none_and_has_no_journal(fixture: &StoreFixture) {
    let id = GenerationId::new(start());
    assert_eq!(fixture.store().find(&owner("a"), &id).await.unwrap(), None);
    assert_eq!(fixture.store().journal(&owner("a"), &id).await.unwrap(), []);
}

/// Prompts with quotes, newlines and any script are kept as they are.
pub async fn odd_prompts_are_kept_as_they_are(fixture: &StoreFixture) {
    for (second, prompt) in (0..).zip([
        "it's; DROP TABLE generations; --",
        "\"quoted\" \\ and\nnewline\ttab",
        "маяк на рассвете 🦊 灯台",
        "$1 ?1 :a @b %s {}",
    ]) {
        let draft = RequestDraft::new(prompt);
        let request = draft
            .check(&Catalogue::default(), &Imagen4Settings::default())
            .unwrap();
        let at = start() + chrono::TimeDelta::seconds(second);
        let generation = Generation::new(GenerationId::new(at), owner("a"), request, at);
        fixture.store().create(&generation).await.unwrap();
        let over = fixture.walk(&generation, &WELL).await;
        assert!(matches!(over.state(), State::Completed { .. }));
        let found = fixture.found(&generation).await.unwrap();
        assert_eq!(found.request().prompt().as_str(), prompt);
    }
}
