//! Once more with the same settings: one job, a new name, a parent, and the seed as chosen.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use imagen4_domain::testing::user;
use imagen4_domain::{
    GalleryErrorKind, GalleryFilter, GenerateErrorKind, Generation, GeneratorError,
    GeneratorErrorKind, Progress, RequestDraft, SeedChoice,
};

use super::names;
use crate::world::World;

fn draft(model: &str) -> RequestDraft {
    let draft = RequestDraft::new("a lighthouse at dawn").with_images(2);
    let draft = draft.with_aspect_ratio("16:9").with_output_format("jpeg");
    draft.with_model(model)
}

async fn again(world: &World, parent: &Generation, seed: SeedChoice) -> Generation {
    world.clock.advance(TimeDelta::seconds(1));
    let made = world
        .gallery
        .regenerate(&user("7"), &parent.id(), seed, |_| {})
        .await;
    made.unwrap()
}

/// Returns everything that was asked for but the seed.
fn settings(generation: &Generation) -> serde_json::Value {
    let mut settings = serde_json::to_value(generation.request()).unwrap();
    settings["seed"] = serde_json::Value::Null;
    settings
}

#[tokio::test(start_paused = true)]
async fn the_same_settings_are_one_job_with_a_new_name_and_a_parent() {
    for model in ["fal-ai/imagen4/preview", "fal-ai/imagen4/preview/fast"] {
        let world = World::new();
        let parent = world.generate(draft(model).with_seed(7)).await.unwrap();
        let child = again(&world, &parent, SeedChoice::Keep).await;
        assert_eq!(world.generator.taken(), [model, model]);
        assert_eq!(world.generator.submits(), 2);
        assert_ne!(child.id(), parent.id());
        assert_eq!((child.parent(), parent.parent()), (Some(parent.id()), None));
        assert_eq!(child.request(), parent.request());
        let kept = world.gallery.item(&user("7"), &child.id()).await.unwrap();
        assert_eq!(
            (kept.parent(), kept.generation),
            (Some(parent.id()), child.clone())
        );
        let page = world
            .gallery
            .page(&user("7"), &GalleryFilter::new(), None, 9)
            .await;
        let page = page.unwrap();
        assert_eq!(names(&page.items), [child.id(), parent.id()]);
        assert_eq!(page.items[0].parent(), Some(parent.id()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_seed_is_drawn_and_recorded() {
    let world = World::new();
    let model = "fal-ai/imagen4/preview";
    let parent = world.generate(draft(model).with_seed(7)).await.unwrap();
    let child = again(&world, &parent, SeedChoice::New).await;
    assert_eq!(settings(&child), settings(&parent));
    let seed = child.request().seed().unwrap();
    assert_ne!(seed, 7);
    let kept = again(&world, &child, SeedChoice::Keep).await;
    assert_eq!(kept.request().seed(), Some(seed));
    assert_eq!(kept.parent(), Some(child.id()));
}

#[tokio::test(start_paused = true)]
async fn without_a_seed_none_is_kept_and_a_new_one_is_drawn() {
    let world = World::new();
    let parent = world
        .generate(draft("fal-ai/imagen4/preview"))
        .await
        .unwrap();
    let kept = again(&world, &parent, SeedChoice::Keep).await;
    assert_eq!(kept.request().seed(), None);
    let drawn = again(&world, &parent, SeedChoice::New).await;
    assert!(drawn.request().seed().is_some());
}

#[tokio::test(start_paused = true)]
async fn every_model_makes_its_pictures_once_more() {
    let catalogue = imagen4_domain::Catalogue::default();
    for model in &catalogue {
        let world = World::new();
        let draft = RequestDraft::new("a lighthouse at dawn").with_model(model.id.to_string());
        let parent = world.generate(draft).await.unwrap();
        for seed in [SeedChoice::Keep, SeedChoice::New] {
            let child = again(&world, &parent, seed).await;
            assert_eq!(settings(&child), settings(&parent), "{}", model.id);
            let has_one = seed == SeedChoice::New && model.inputs.seed;
            assert_eq!(child.request().seed().is_some(), has_one, "{}", model.id);
        }
        assert_eq!(world.generator.submits(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_can_be_tried_again() {
    let world = World::new();
    let kind = GeneratorErrorKind::Failed;
    world.generator.fail_wait(GeneratorError::new(kind));
    let failed = world.generate(draft("fal-ai/imagen4/preview")).await;
    let id = failed.unwrap_err().id().unwrap();
    let made = world
        .gallery
        .regenerate(&user("7"), &id, SeedChoice::Keep, |_| {})
        .await;
    let made = made.unwrap();
    assert_eq!((made.parent(), made.pictures().len()), (Some(id), 2));
}

#[tokio::test(start_paused = true)]
async fn a_retired_model_answers_as_it_does_to_a_first_request() {
    let world = World::new();
    let model = "fal-ai/imagen4/preview";
    let parent = world.generate(draft(model)).await.unwrap();
    world.generator.retire(model);
    let first = world.generate(draft(model)).await.unwrap_err();
    let error = world
        .gallery
        .regenerate(&user("7"), &parent.id(), SeedChoice::Keep, |_| {})
        .await;
    let error = error.unwrap_err();
    let kind = GalleryErrorKind::Generation(GenerateErrorKind::ModelRetired);
    assert_eq!(error.kind(), kind);
    let generation = error.generation().unwrap();
    assert_eq!(generation.kind(), first.kind());
    assert_eq!(generation.successor(), first.successor());
    assert_eq!(generation.setting(), Some("IMAGEN4_MODEL"));
    assert_eq!(world.generator.taken(), [model]);

    let world = World::following_successors();
    let parent = world.generate(draft(model)).await.unwrap();
    world.generator.retire(model);
    let child = again(&world, &parent, SeedChoice::Keep).await;
    assert_eq!(child.request().model().as_str(), model);
    assert_eq!(child.model_used().as_str(), world.generator.taken()[1]);
    assert_ne!(child.model_used().as_str(), model);
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_as_the_first_time() {
    let world = World::new();
    let parent = world
        .generate(draft("fal-ai/imagen4/preview"))
        .await
        .unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let listen = move |progress: &Progress| ear.lock().unwrap().push(progress.clone());
    let made = world
        .gallery
        .regenerate(&user("7"), &parent.id(), SeedChoice::Keep, listen)
        .await;
    let id = made.unwrap().id();
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], Progress::Accepted { id });
    assert_eq!(heard.last(), Some(&Progress::Saving { pictures: 2 }));
}
