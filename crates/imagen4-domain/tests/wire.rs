//! The JSON of a generation, which the cache and other programs read, both ways.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use chrono::{DateTime, TimeDelta, Utc};
use fal_client::RequestId;
use imagen4_domain::testing::{request, step_to, user};
use imagen4_domain::{Generation, GenerationId, JournalEntry, Step};
use serde_json::Value;

const COMPLETED: &str = include_str!("wire/generation.json");
const JOURNAL: &str = include_str!("wire/journal.json");

fn now() -> DateTime<Utc> {
    "2026-11-22T17:30:00.123456Z".parse().unwrap()
}

fn completed() -> (Generation, Vec<JournalEntry>) {
    let id: GenerationId = "0192f0c1-d2e3-7abc-8def-0123456789ab".parse().unwrap();
    let mut generation = Generation::new(id, user("tg:42"), request(), now());
    let mut journal = vec![JournalEntry::new(now(), step_to("accepted"))];
    for (second, step) in (1..).zip([
        "submitting",
        "submitting_successor",
        "submitted",
        "generated",
        "completed",
    ]) {
        let entry = JournalEntry::new(now() + TimeDelta::seconds(second), step_to(step));
        generation = generation.apply(&entry).unwrap();
        journal.push(entry);
    }
    (generation, journal)
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_generation_is_written_as_recorded() {
    assert_eq!(
        serde_json::to_value(completed().0).unwrap(),
        value(COMPLETED)
    );
}

#[test]
fn a_generation_is_read_as_recorded() {
    assert_eq!(
        serde_json::from_str::<Generation>(COMPLETED).unwrap(),
        completed().0
    );
}

#[test]
fn a_journal_is_written_and_read_as_recorded() {
    let journal = completed().1;
    assert_eq!(serde_json::to_value(&journal).unwrap(), value(JOURNAL));
    assert_eq!(
        serde_json::from_str::<Vec<JournalEntry>>(JOURNAL).unwrap(),
        journal
    );
}

#[test]
fn a_field_of_a_newer_version_does_no_harm() {
    let mut newer = value(COMPLETED);
    newer["favourite"] = true.into();
    newer["v"] = 1.into();
    assert_eq!(
        serde_json::from_value::<Generation>(newer).unwrap(),
        completed().0
    );
}

/// Returns the JSON of what the steps after `accepted` lead to, and of the last entry.
fn after(steps: &[&str]) -> (Value, Value) {
    let mut generation = Generation::new(completed().0.id(), user("tg:42"), request(), now());
    let mut last = Value::Null;
    for step in steps {
        let entry = JournalEntry::new(now(), step_to(step));
        last = serde_json::to_value(&entry).unwrap();
        generation = generation.apply(&entry).unwrap();
    }
    (serde_json::to_value(generation).unwrap(), last)
}

#[test]
fn an_unknown_step_is_read_with_and_without_the_request_id() {
    let (generation, entry) = after(&["submitting", "unknown"]);
    let id = "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10";
    assert_eq!(entry["request_id"], id);
    assert_eq!(generation["request_id"], id);
    let mut older = entry.clone();
    older.as_object_mut().unwrap().remove("request_id");
    for (entry, request_id) in [(entry, Some(id)), (older, None)] {
        let read: JournalEntry = serde_json::from_value(entry.clone()).unwrap();
        let Step::Unknown {
            request_id: kept, ..
        } = &read.step
        else {
            panic!("{read:?}")
        };
        assert_eq!(kept.as_ref().map(RequestId::as_str), request_id);
        assert_eq!(serde_json::to_value(&read).unwrap(), entry);
    }
}

#[test]
fn a_failure_is_read_with_and_without_links() {
    let (lost, _) = after(&["submitting", "submitted", "generated", "failed"]);
    assert_eq!(
        lost["links"][1]["url"],
        "https://v3b.fal.media/files/b/2.png"
    );
    let (plain, _) = after(&["submitting", "submitted", "failed"]);
    assert_eq!(plain.get("links"), None);
    for (json, links) in [(lost, 2), (plain, 0)] {
        let read: Generation = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(read.provider_links().len(), links);
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
    }
    let (erased, _) = after(&["submitting", "submitted", "generated", "failed", "erased"]);
    assert_eq!(erased.get("links"), None);
}

#[test]
fn what_is_missing_or_wrong_is_not_read() {
    for field in [
        "id",
        "user_id",
        "created_at",
        "prompt",
        "model",
        "images",
        "revision",
        "state",
        "pictures",
    ] {
        let mut broken = value(COMPLETED);
        broken.as_object_mut().unwrap().remove(field);
        assert!(
            serde_json::from_value::<Generation>(broken).is_err(),
            "{field} is missing"
        );
        let mut broken = value(COMPLETED);
        broken[field] = Value::from(true);
        assert!(
            serde_json::from_value::<Generation>(broken).is_err(),
            "{field} is wrong"
        );
    }
}

#[test]
fn there_is_no_signed_link_in_it() {
    assert!(!COMPLETED.contains("X-Amz-") && !JOURNAL.contains("X-Amz-"));
}
