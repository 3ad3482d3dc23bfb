//! The manifest beside each picture.

use std::sync::Arc;
use std::time::Duration;

use core_config::Secret;
use storage::pictures::{
    Manifest, ManifestOutcome, ManifestPolicy, ManifestPrompt, PictureStorage, PromptChoice,
    PromptKey, RemotePicture, SaveOutcome, SaveRequest,
};
use storage::testing::{Failure, ManualClock, Operation};
use storage::{MemoryStore, ObjectStore, PutOptions, StorageErrorKind};

use super::stalling::StallingStore;
use super::{World, beside, keys, picture, provenance, read, request, stored, world};

async fn manifest_of(world: &World, object: &storage::ObjectRef) -> Manifest {
    Manifest::from_json(&read(&world.store, &beside(object)).await).unwrap()
}

#[tokio::test]
async fn every_stored_picture_has_one_that_says_what_it_is_and_changes_no_byte() {
    let world = world().await;
    let saved = world.pictures.save(request(&world, "abc", 4)).await;
    assert_eq!(keys(&world.store, "imagen4").await.len(), 8);
    for picture in &saved {
        let (number, stored) = (picture.number, stored(picture));
        let bytes = read(&world.store, &stored.object).await;
        assert_eq!(bytes, super::picture(format!("abc-{number}").as_bytes()));
        let info = world.store.head(&beside(&stored.object)).await.unwrap();
        assert_eq!(info.content_type.as_deref(), Some("application/json"));

        let manifest = manifest_of(&world, &stored.object).await;
        let told = provenance(4);
        assert!(manifest.belongs_to(&stored.object.key));
        assert_eq!((manifest.number, manifest.count), (number, 4));
        assert_eq!(manifest.sha256, stored.sha256);
        assert_eq!(manifest.size_bytes, bytes.len() as u64);
        assert_eq!(manifest.format, stored.format);
        assert_eq!((manifest.width, manifest.height), (1024, 768));
        assert_eq!(manifest.owner, told.owner);
        assert_eq!(manifest.created_at, told.created_at);
        assert_eq!(manifest.submitted_at, told.submitted_at);
        assert_eq!(manifest.generated_at, told.generated_at);
        assert_eq!(manifest.model_asked, told.model_asked);
        assert_eq!(manifest.model_used, told.model_used);
        assert_eq!(manifest.request_id, told.request_id);
        assert_eq!(manifest.billable_micros, told.billable_micros);
        assert_eq!(manifest.seed, told.seed);
        assert_eq!(manifest.prompt, ManifestPrompt::Text(told.prompt));
        assert_eq!(manifest.source_host.as_deref(), Some("v3.fal.media"));
        assert_eq!(manifest.inputs["aspect_ratio"], "16:9");
    }
}

#[tokio::test]
async fn no_link_and_no_signature_is_ever_in_one() {
    let world = world().await;
    let mut request = request(&world, "abc", 2);
    let data = "data:image/png;base64,canary".to_owned();
    request.pictures[1].url = data.clone();
    world.source.serve(&data, picture(b"two"));
    for saved in world.pictures.save(request).await {
        let bytes = read(&world.store, &beside(&stored(&saved).object)).await;
        let text = String::from_utf8(bytes.to_vec()).unwrap().to_lowercase();
        for never in ["canary", "x-amz-", "://", "data:", "signature"] {
            assert!(!text.contains(never), "{never}: {text}");
        }
    }
}

#[tokio::test]
async fn the_prompt_is_told_as_the_operator_chose() {
    let key = PromptKey::new(Secret::new("a key of thirty-two bytes or more")).unwrap();
    let digest = key.hash("a lighthouse at dawn");
    for (choice, prompt) in [
        (PromptChoice::Hash(key), ManifestPrompt::HmacSha256(digest)),
        (PromptChoice::Nothing, ManifestPrompt::NotKept),
    ] {
        let mut world = world().await;
        world.pictures = world
            .pictures
            .with_manifests(ManifestPolicy::Written(choice));
        let saved = world.pictures.save(request(&world, "abc", 1)).await;
        let object = &stored(&saved[0]).object;
        assert_eq!(manifest_of(&world, object).await.prompt, prompt);
        let bytes = read(&world.store, &beside(object)).await;
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(
            !text.contains("lighthouse") && !text.contains("people"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn none_is_written_without_provenance_or_when_they_are_off() {
    let world = world().await;
    let asked = request(&world, "abc", 1);
    let silent = SaveRequest {
        provenance: None,
        ..asked.clone()
    };
    world.pictures.save(silent).await;
    assert_eq!(
        keys(&world.store, "imagen4").await,
        ["2026/03/01/abc_1.png"]
    );
    let off = world.pictures.clone().with_manifests(ManifestPolicy::Off);
    let saved = off.save(asked.clone()).await;
    let reports = off.write_manifests(&asked, &saved).await;
    assert!(matches!(reports[0].outcome, ManifestOutcome::NotAsked));
    assert_eq!(keys(&world.store, "imagen4").await.len(), 1);
}

#[tokio::test]
async fn one_that_cannot_be_written_fails_no_save_and_is_written_later() {
    let world = world().await;
    let asked = request(&world, "abc", 2);
    let kind = StorageErrorKind::Unavailable;
    let failure = Failure::of(Operation::Put, kind).on_keys(|key| key.contains(".json"));
    world.store.fail(failure);
    let saved = world.pictures.save(asked.clone()).await;
    assert!(
        saved
            .iter()
            .all(|picture| !stored(picture).object.key.as_str().is_empty())
    );
    assert_eq!(keys(&world.store, "imagen4").await.len(), 2);
    let reports = world.pictures.write_manifests(&asked, &saved).await;
    for report in reports {
        assert!(matches!(&report.outcome, ManifestOutcome::Failed(error) if error.kind() == kind));
    }

    world.store.heal();
    for expected in ["Written", "AlreadyThere"] {
        for report in world.pictures.write_manifests(&asked, &saved).await {
            assert_eq!(format!("{:?}", report.outcome), expected);
        }
    }
    let again = world.pictures.save(asked).await;
    for (again, first) in again.iter().zip(&saved) {
        assert_eq!(again.outcome, SaveOutcome::AlreadyStored);
        assert_eq!(stored(again), stored(first));
    }
    assert_eq!(keys(&world.store, "imagen4").await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_costs_five_seconds_and_no_picture() {
    let world = world().await;
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let stalling = Arc::new(StallingStore(memory));
    let pictures = PictureStorage::new(
        stalling,
        world.source.clone(),
        world.pictures.buckets().clone(),
    );
    pictures.ensure_buckets().await.unwrap();
    let start = tokio::time::Instant::now();
    let saved = pictures.save(request(&world, "abc", 4)).await;
    assert!(saved.iter().all(|picture| stored(picture).width == 1024));
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_has_no_more_time_than_its_save() {
    let world = world().await;
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let stalling = Arc::new(StallingStore(memory));
    let buckets = world.pictures.buckets().clone();
    let limit = Duration::from_secs(2);
    let pictures =
        PictureStorage::new(stalling, world.source.clone(), buckets).with_save_time_limit(limit);
    pictures.ensure_buckets().await.unwrap();
    let start = tokio::time::Instant::now();
    let saved = pictures.save(request(&world, "abc", 4)).await;
    assert!(saved.iter().all(|picture| stored(picture).width == 1024));
    assert_eq!(start.elapsed().as_secs(), limit.as_secs());
}

#[tokio::test]
async fn another_file_in_its_place_is_kept_and_told() {
    let world = world().await;
    let asked = request(&world, "abc", 1);
    let place = "imagen4/2026/03/01/abc_1.png.json".parse().unwrap();
    let put = world
        .store
        .put(&place, "mine".into(), PutOptions::create_only());
    put.await.unwrap();
    let saved = world.pictures.save(asked.clone()).await;
    let reports = world.pictures.write_manifests(&asked, &saved).await;
    assert!(matches!(reports[0].outcome, ManifestOutcome::Occupied));
    assert_eq!(read(&world.store, &place).await, "mine");
}

#[tokio::test]
async fn a_save_of_some_pictures_tells_how_many_there_are() {
    let world = world().await;
    let mut asked = request(&world, "abc", 4);
    asked
        .pictures
        .retain(|RemotePicture { number, .. }| *number == 3);
    let saved = world.pictures.save(asked).await;
    let manifest = manifest_of(&world, &stored(&saved[0]).object).await;
    assert_eq!((manifest.number, manifest.count), (3, 4));
}
