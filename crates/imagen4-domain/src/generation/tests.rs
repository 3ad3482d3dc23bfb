//! The aggregate: which step follows which state, and that no sequence leads astray.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::testing::{request, step_to, user};

const STEPS: [&str; 11] = [
    "accepted",
    "submitting",
    "submitting_successor",
    "submitted",
    "generated",
    "completed",
    "refused",
    "failed",
    "cancelled",
    "unknown",
    "erased",
];

fn new() -> Generation {
    let now = DateTime::from_timestamp(1_795_000_000, 123_456_789).unwrap();
    Generation::new(GenerationId::new(now), user("7"), request(), now)
}

fn apply(generation: &Generation, step: &str) -> Result<Generation, IllegalStep> {
    let at = generation.updated_at() + TimeDelta::seconds(1);
    generation.apply(&JournalEntry::new(at, step_to(step)))
}

fn walk(steps: &[&str]) -> Generation {
    steps
        .iter()
        .fold(new(), |now, step| apply(&now, step).unwrap())
}

#[test]
fn the_table_of_steps_is_the_whole_truth() {
    for (path, allowed) in [
        (
            &[][..],
            &["submitting", "submitting_successor", "failed", "cancelled"][..],
        ),
        (
            &["submitting"],
            &[
                "submitting_successor",
                "submitted",
                "refused",
                "failed",
                "unknown",
            ],
        ),
        (
            &["submitting", "submitted"],
            &["generated", "refused", "failed", "cancelled"],
        ),
        (
            &["submitting", "submitted", "generated"],
            &["completed", "failed"],
        ),
        (
            &["submitting", "submitted", "generated", "completed"],
            &["erased"],
        ),
        (&["submitting", "refused"], &["erased"]),
        (&["failed"], &["erased"]),
        (&["cancelled"], &["erased"]),
        (&["submitting", "unknown"], &["erased"]),
        (&["failed", "erased"], &[]),
    ] {
        let generation = walk(path);
        let possible: Vec<_> = STEPS
            .into_iter()
            .filter(|step| apply(&generation, step).is_ok())
            .collect();
        assert_eq!(possible, allowed, "after {path:?}");
    }
}

#[test]
fn an_illegal_step_names_both() {
    let error = apply(&new(), "completed").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the step completed cannot follow the state accepted"
    );
    assert_eq!((error.state(), error.step()), ("accepted", "completed"));
}

#[test]
fn steps_leave_their_facts_in_the_record() {
    let done = walk(&[
        "submitting",
        "submitting_successor",
        "submitted",
        "generated",
        "completed",
    ]);
    assert_eq!(done.revision(), 5);
    assert_eq!(done.request().model().as_str(), "fal-ai/imagen4/preview");
    assert_eq!(done.model_used().as_str(), "fal-ai/nano-banana");
    assert_eq!(
        done.request_id().unwrap().as_str(),
        "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10"
    );
    assert_eq!(
        done.submitted_at().unwrap() - done.created_at(),
        TimeDelta::seconds(3)
    );
    assert_eq!(done.billable_micros(), Some(2_000_000));
    let job = "fal-ai/nano-banana 484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10";
    assert_eq!(done.job().unwrap().to_string(), job);
    assert_eq!(new().job(), None);
    assert_eq!(done.pictures().len(), 3);
    assert_eq!(done.created_at().timestamp_subsec_nanos(), 123_456_000);
}

#[test]
fn pictures_must_be_numbered_and_one_must_be_there() {
    let generated = walk(&["submitting", "submitted", "generated"]);
    let Step::Completed { pictures } = step_to("completed") else {
        unreachable!()
    };
    let (mut reversed, mut lost) = (pictures.clone(), pictures);
    reversed.reverse();
    lost.drain(..2);
    lost[0].number = 1;
    for pictures in [Vec::new(), reversed, lost] {
        let entry = JournalEntry::new(generated.updated_at(), Step::Completed { pictures });
        assert!(generated.apply(&entry).is_err());
    }
    let submitted = walk(&["submitting", "submitted"]);
    let entry = JournalEntry::new(
        submitted.updated_at(),
        Step::Generated {
            links: Vec::new(),
            billable_micros: None,
        },
    );
    assert!(submitted.apply(&entry).is_err());
}

#[test]
fn debug_shows_neither_prompt_nor_link() {
    let shown = format!(
        "{:?} {:?}",
        walk(&["submitting", "submitted", "generated"]),
        step_to("completed")
    );
    assert!(
        !shown.contains("lighthouse") && !shown.contains("fal.media"),
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Ten random steps each: what is refused changes nothing, what is taken keeps the rules.
    #[test]
    fn no_sequence_of_steps_leads_astray(steps in proptest::collection::vec(0..STEPS.len(), 10)) {
        let mut now = new();
        for step in steps {
            let Ok(next) = apply(&now, STEPS[step]) else { continue };
            prop_assert_eq!(next.revision(), now.revision() + 1);
            prop_assert!(!now.state().is_final() || STEPS[step] == "erased");
            prop_assert_ne!(now.state().name(), "erased");
            prop_assert_eq!(next.created_at(), now.created_at());
            prop_assert_eq!(next.request(), now.request());
            let is_paid = matches!(next.state(), State::Submitted | State::Generated { .. } | State::Completed { .. });
            prop_assert!(!is_paid || next.request_id().is_some());
            now = next;
        }
        let json = serde_json::to_string(&now).unwrap();
        prop_assert_eq!(serde_json::from_str::<Generation>(&json).unwrap(), now);
    }
}
