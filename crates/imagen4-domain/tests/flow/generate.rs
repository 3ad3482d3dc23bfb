//! The way of one generation, and the four outcomes of saving.

use imagen4_domain::testing::StoreCall;
use imagen4_domain::{
    GenerateErrorKind, Generation, PictureState, Progress, PromptPolicy, RequestDraft, State,
    WordList,
};
use std::sync::Arc;
use storage::pictures::FetchErrorKind;
use storage::testing::Operation;

use crate::world::{World, four, link, settings, start};

const WELL: [&str; 5] = [
    "accepted",
    "submitting",
    "submitted",
    "generated",
    "completed",
];

#[tokio::test(start_paused = true)]
async fn all_goes_well() {
    let world = World::new();
    let (made, heard) = world.generate_and_listen().await;
    let made = made.unwrap();
    assert_eq!(world.recorded().await, (made.clone(), WELL.to_vec()));
    assert_eq!(made.billable_micros(), Some(4_000_000));
    for (number, picture) in (1..).zip(made.pictures()) {
        let PictureState::Stored(stored) = &picture.state else {
            panic!("{picture:?}")
        };
        let key = format!("imagen4/2026/11/22/{}_{number}.png", made.id());
        assert_eq!((picture.number, stored.object.to_string()), (number, key));
        assert_eq!(
            (stored.content_type.as_str(), stored.width),
            ("image/png", 1024)
        );
    }
    assert_eq!(
        heard,
        [
            Progress::Accepted { id: made.id() },
            Progress::Submitting {
                model: "fal-ai/imagen4/preview".parse().unwrap()
            },
            Progress::Submitted {
                request_id: "job-1".parse().unwrap()
            },
            Progress::Running,
            Progress::Saving { pictures: 4 },
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn with_the_object_store_down_no_picture_is_lost() {
    let world = World::new();
    world.object_store_down();
    let made = world.generate(four()).await.unwrap();
    assert_eq!(made.pictures().len(), 4);
    for picture in made.pictures() {
        let PictureState::Fallback(fallback) = &picture.state else {
            panic!("{picture:?}")
        };
        assert_eq!(fallback.url, link(1, picture.number));
        assert_eq!(fallback.dies_at, start() + chrono::TimeDelta::days(7));
    }
    assert_eq!(world.recorded().await.1, WELL);
}

#[tokio::test(start_paused = true)]
async fn one_lost_picture_does_not_take_the_others_along() {
    let world = World::new();
    world
        .source
        .fail(&link(1, 3), [FetchErrorKind::NotFound; 10]);
    let made = world.generate(four()).await.unwrap();
    let stored = |number: u8| {
        let picture = &made.pictures()[usize::from(number) - 1];
        matches!(picture.state, PictureState::Stored(_))
    };
    assert_eq!([1, 2, 3, 4].map(stored), [true, true, false, true]);
    assert!(matches!(
        made.pictures()[2].state,
        PictureState::Unobtainable { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn without_any_picture_the_generation_failed() {
    let world = World::new();
    for number in 1..=4 {
        world
            .source
            .fail(&link(1, number), [FetchErrorKind::NotFound; 10]);
    }
    let error = world.generate(four()).await.unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::Failed);
    assert_eq!(error.request_id().unwrap().as_str(), "job-1");
    let (recorded, steps) = world.recorded().await;
    assert_eq!(error.id(), Some(recorded.id()));
    assert_eq!(
        steps,
        ["accepted", "submitting", "submitted", "generated", "failed"]
    );
    let json = serde_json::to_value(&recorded).unwrap();
    assert_eq!(
        (&json["state"], &json["failure"]),
        (&"failed".into(), &"pictures_lost".into())
    );
}

#[tokio::test(start_paused = true)]
async fn links_of_pictures_that_could_not_be_fetched_are_kept() {
    let world = World::new();
    for number in 1..=4 {
        world
            .source
            .fail(&link(1, number), [FetchErrorKind::NotFound; 10]);
    }
    world.generate(four()).await.unwrap_err();
    let (recorded, _) = world.recorded().await;
    assert_eq!(recorded.state().name(), "failed");
    let urls: Vec<_> = recorded
        .provider_links()
        .iter()
        .map(|one| &one.url)
        .collect();
    assert_eq!(urls, [1, 2, 3, 4].map(|n| link(1, n)).each_ref());
    let json = serde_json::to_string(&recorded).unwrap();
    let read: Generation = serde_json::from_str(&json).unwrap();
    assert_eq!(read.provider_links(), recorded.provider_links());
    let (owner, id) = (recorded.owner(), recorded.id());
    let cached = world.library.get(owner, &id).await.unwrap().unwrap();
    assert_eq!(cached, recorded);
}

#[tokio::test(start_paused = true)]
async fn fewer_pictures_than_asked_for_are_taken() {
    let world = World::new();
    let made = world
        .generate(RequestDraft::new("a lighthouse at dawn").with_images(3))
        .await
        .unwrap();
    assert_eq!(made.pictures().len(), 3);
}

#[tokio::test]
async fn bad_input_costs_no_call_at_all() {
    let world = World::new();
    for (draft, field) in [
        (RequestDraft::new("ab"), "prompt"),
        (four().with_images(5), "images"),
        (four().with_images(0), "images"),
        (four().with_aspect_ratio("2:1"), "aspect_ratio"),
        (four().with_model("dall-e"), "model"),
    ] {
        let error = world.generate(draft).await.unwrap_err();
        assert_eq!(error.kind(), GenerateErrorKind::InvalidInput);
        assert_eq!(error.input().unwrap().field(), field);
        assert_eq!(error.kind().exit_code(), 2);
    }
    assert_eq!((world.store.all_calls(), world.generator.submits()), (0, 0));
    assert_eq!(world.objects.calls(Operation::EnsureBucket), 0);
}

#[tokio::test]
async fn a_prompt_that_the_policy_refuses_is_not_recorded() {
    let world = World::new();
    let policy: Arc<dyn PromptPolicy> = Arc::new(WordList::new(["lighthouse"]));
    let service = world.service.clone().with_policy(policy);
    let user = imagen4_domain::testing::user("7");
    let error = service.generate(&user, four(), |_| {}).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.kind().exit_code()),
        (GenerateErrorKind::Refused, 3)
    );
    assert_eq!((world.store.all_calls(), world.generator.submits()), (0, 0));
}

#[tokio::test]
async fn switched_off_nothing_happens() {
    let world = World::with(settings().with_enabled(false));
    let error = world.generate(four()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.setting()),
        (GenerateErrorKind::Disabled, Some("IMAGEN4_ENABLED"))
    );
    assert_eq!(world.store.all_calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_buckets_are_made_once() {
    let world = World::new();
    for _ in 0..3 {
        world.generate(four()).await.unwrap();
    }
    let calls = world.objects.calls(Operation::EnsureBucket);
    assert!(calls <= 4, "one call for each bucket, not {calls}");
    assert_eq!(world.store.calls(&StoreCall::Create), 3);
}

#[tokio::test(start_paused = true)]
async fn other_models_have_another_bucket() {
    let world = World::new();
    let draft = RequestDraft::new("a lighthouse at dawn").with_model("nano-banana");
    let made = world.generate(draft).await.unwrap();
    let PictureState::Stored(stored) = &made.pictures()[0].state else {
        panic!("{made:?}")
    };
    assert_eq!(stored.object.bucket.as_str(), "generated");
    assert!(matches!(made.state(), State::Completed { .. }));
}
