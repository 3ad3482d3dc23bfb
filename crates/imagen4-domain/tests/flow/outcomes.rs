//! What the model, FAL and the record store may answer, and what becomes of it.

use imagen4_domain::testing::StoreCall;
use imagen4_domain::{
    Dependency, GenerateErrorKind, GenerationStore, GeneratorError, GeneratorErrorKind,
    StoreErrorKind,
};

use crate::world::{World, four};

fn fault(kind: GeneratorErrorKind) -> GeneratorError {
    GeneratorError::new(kind).with_reason("no dragons")
}

#[tokio::test]
async fn each_failed_submit_has_its_end() {
    use GenerateErrorKind as Told;
    use GeneratorErrorKind as Given;
    let fal = Told::Dependency(Dependency::Fal);
    for (given, told, state) in [
        (Given::Refused, Told::Refused, "refused"),
        (Given::InvalidInput, Told::InvalidInput, "failed"),
        (Given::ModelRetired, Told::ModelRetired, "failed"),
        (Given::Unavailable, fal, "failed"),
        (Given::Unauthorized, fal, "failed"),
        (Given::Config, fal, "failed"),
        (Given::Unknown, Told::Unknown, "unknown"),
    ] {
        let world = World::new();
        world.generator.fail_submit(fault(given));
        let error = world.generate(four()).await.unwrap_err();
        assert_eq!(error.kind(), told, "{given:?}");
        assert_eq!(error.reason(), "no dragons");
        assert!(!error.to_string().contains("dragons"), "{error}");
        let (recorded, steps) = world.recorded().await;
        assert_eq!(steps, ["accepted", "submitting", state], "{given:?}");
        assert!(recorded.state().is_final());
        assert_eq!(
            (error.id(), error.request_id()),
            (Some(recorded.id()), None)
        );
        assert_eq!((world.generator.submits(), world.generator.waits()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_was_perhaps_taken_keeps_the_request_id() {
    let id = "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10";
    for recorded_at_last in [true, false] {
        let world = World::new();
        let lost = fault(GeneratorErrorKind::Unknown).with_request_id(Some(id.parse().unwrap()));
        world.generator.fail_submit(lost);
        if !recorded_at_last {
            for _ in 0..20 {
                world
                    .store
                    .fail_next(StoreCall::Advance("unknown"), StoreErrorKind::Unavailable);
            }
        }
        let error = world.generate(four()).await.unwrap_err();
        assert_eq!(error.kind(), GenerateErrorKind::Unknown);
        assert_eq!(error.request_id().unwrap().as_str(), id);
        let (recorded, _) = world.recorded().await;
        let kept = recorded.job().map(|job| job.to_string());
        let expected = format!("fal-ai/imagen4/preview {id}");
        assert_eq!(kept, recorded_at_last.then_some(expected));
        assert_eq!(recorded.submitted_at(), None);
        assert_eq!((world.generator.submits(), world.generator.waits()), (1, 0));
    }
}

#[tokio::test]
async fn each_verdict_of_a_wait_has_its_end() {
    use GenerateErrorKind as Told;
    use GeneratorErrorKind as Given;
    for (given, told, state) in [
        (Given::Refused, Told::Refused, "refused"),
        (Given::InvalidInput, Told::InvalidInput, "failed"),
        (Given::Failed, Told::Failed, "failed"),
        (Given::NoPictures, Told::Failed, "failed"),
        (Given::Cancelled, Told::Cancelled, "cancelled"),
    ] {
        let world = World::new();
        world.generator.fail_wait(fault(given));
        let error = world.generate(four()).await.unwrap_err();
        assert_eq!(error.kind(), told, "{given:?}");
        assert_eq!(error.request_id().unwrap().as_str(), "job-1");
        let (_, steps) = world.recorded().await;
        assert_eq!(
            steps,
            ["accepted", "submitting", "submitted", state],
            "{given:?}"
        );
    }
}

#[tokio::test]
async fn a_wait_that_fails_on_the_way_leaves_the_job_to_be_found() {
    use GenerateErrorKind as Told;
    use GeneratorErrorKind as Given;
    let fal = Told::Dependency(Dependency::Fal);
    for (given, told) in [
        (Given::TimedOut, Told::TimedOut),
        (Given::Unavailable, fal),
        (Given::Unauthorized, fal),
        (Given::Unknown, fal),
    ] {
        let world = World::new();
        world.generator.fail_wait(fault(given));
        let error = world.generate(four()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.kind().exit_code()),
            (told, 4),
            "{given:?}"
        );
        assert_eq!(error.request_id().unwrap().as_str(), "job-1");
        let (recorded, steps) = world.recorded().await;
        assert_eq!(steps, ["accepted", "submitting", "submitted"]);
        let later = recorded.updated_at() + chrono::TimeDelta::seconds(1);
        assert_eq!(world.store.unfinished(later, 10).await.unwrap(), [recorded]);
    }
}

#[tokio::test]
async fn a_retired_model_names_its_successor_and_the_setting() {
    let world = World::new();
    world.generator.retire("fal-ai/imagen4/preview");
    let error = world.generate(four()).await.unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::ModelRetired);
    assert_eq!(error.successor().unwrap().as_str(), "fal-ai/nano-banana");
    assert_eq!(error.setting(), Some("IMAGEN4_MODEL"));
    assert!(
        error
            .to_string()
            .ends_with("set IMAGEN4_MODEL to fal-ai/nano-banana"),
        "{error}"
    );
    assert!(world.generator.taken().is_empty());
}

#[tokio::test(start_paused = true)]
async fn by_policy_the_successor_is_asked_and_the_record_says_so() {
    let world = World::following_successors();
    world.generator.retire("fal-ai/imagen4/preview");
    let made = world.generate(four()).await.unwrap();
    assert_eq!(made.request().model().as_str(), "fal-ai/imagen4/preview");
    assert_eq!(made.model_used().as_str(), "fal-ai/nano-banana");
    assert_eq!(world.generator.taken(), ["fal-ai/nano-banana"]);
    let (_, steps) = world.recorded().await;
    assert_eq!(
        steps,
        [
            "accepted",
            "submitting",
            "submitting",
            "submitted",
            "generated",
            "completed"
        ]
    );
}

#[tokio::test]
async fn a_successor_that_is_gone_as_well_ends_it() {
    let world = World::following_successors();
    world.generator.retire("fal-ai/imagen4/preview");
    world.generator.retire("fal-ai/nano-banana");
    let error = world.generate(four()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.successor()),
        (GenerateErrorKind::ModelRetired, None)
    );
    assert_eq!(world.generator.submits(), 2);
}

#[tokio::test]
async fn what_was_perhaps_taken_is_never_sent_to_the_successor() {
    let world = World::following_successors();
    world
        .generator
        .fail_submit(fault(GeneratorErrorKind::Unknown));
    let error = world.generate(four()).await.unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::Unknown);
    assert_eq!(world.generator.submits(), 1);
}

#[tokio::test]
async fn without_records_nothing_is_sent() {
    for call in [StoreCall::Create, StoreCall::Advance("submitting")] {
        let world = World::new();
        world
            .store
            .fail_next(call.clone(), StoreErrorKind::Unavailable);
        let error = world.generate(four()).await.unwrap_err();
        assert_eq!(
            error.kind(),
            GenerateErrorKind::Dependency(Dependency::Records)
        );
        assert_eq!(error.request_id(), None);
        assert_eq!(
            (world.store.calls(&call), world.generator.submits()),
            (1, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_of_something_paid_is_written_with_patience() {
    for step in ["submitted", "generated", "completed"] {
        let world = World::new();
        for _ in 0..5 {
            world
                .store
                .fail_next(StoreCall::Advance(step), StoreErrorKind::Unavailable);
        }
        let made = world.generate(four()).await.unwrap();
        assert_eq!(made.pictures().len(), 4);
        assert_eq!(world.store.calls(&StoreCall::Advance(step)), 6, "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_store_is_not_taken_for_another_writer() {
    for step in ["submitted", "generated", "completed"] {
        let world = World::new();
        world
            .store
            .lose_next(StoreCall::Advance(step), StoreErrorKind::Unavailable);
        let made = world.generate(four()).await.unwrap();
        assert_eq!(made.pictures().len(), 4);
        assert_eq!(world.recorded().await.1.len(), 5, "{step} is written once");
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_records_stay_away_the_error_holds_the_request_id() {
    for step in ["submitted", "generated", "completed"] {
        let world = World::new();
        for _ in 0..20 {
            world
                .store
                .fail_next(StoreCall::Advance(step), StoreErrorKind::Unavailable);
        }
        let error = world.generate(four()).await.unwrap_err();
        assert_eq!(
            error.kind(),
            GenerateErrorKind::Dependency(Dependency::Records)
        );
        assert_eq!(error.request_id().unwrap().as_str(), "job-1", "{step}");
        assert!(error.to_string().contains("job-1"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_writer_stops_the_flow() {
    let world = World::new();
    world
        .store
        .fail_next(StoreCall::Advance("generated"), StoreErrorKind::Conflict);
    let error = world.generate(four()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        GenerateErrorKind::Dependency(Dependency::Records)
    );
    assert_eq!(world.store.calls(&StoreCall::Advance("generated")), 1);
}
