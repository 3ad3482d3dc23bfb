//! A save after midnight, and one more of the same record: the keys hold the day of creation.

use chrono::{NaiveDate, TimeDelta};
use imagen4_domain::testing::user;
use imagen4_domain::{Generation, GenerationStore, PictureState, Progress, ProviderLink, Step};
use storage::Metadata;
use storage::pictures::{
    PictureKind, PictureState as SavedState, RemotePicture, SaveRequest, SavedPicture,
};

use crate::world::{World, four};

/// Makes four pictures; midnight passes after the acceptance and before the save.
async fn over_midnight(world: &World) -> Generation {
    let clock = world.clock.clone();
    let midnight_passes = move |progress: &Progress| {
        if matches!(progress, Progress::Submitted { .. }) {
            clock.advance(TimeDelta::seconds(5));
        }
    };
    let owner = user("7");
    let made = world.service.generate(&owner, four(), midnight_passes);
    let made = made.await.unwrap();
    let day = |date: u32| NaiveDate::from_ymd_opt(2026, 11, date).unwrap();
    assert_eq!(made.created_on(), day(22));
    assert_eq!(made.updated_at().date_naive(), day(23));
    made
}

/// Returns the links that the journal of `made` holds.
async fn journalled_links(world: &World, made: &Generation) -> Vec<ProviderLink> {
    let journal = world.store.journal(made.owner(), &made.id()).await.unwrap();
    let links = journal.into_iter().find_map(|entry| match entry.step {
        Step::Generated { links, .. } => Some(links),
        _ => None,
    });
    links.unwrap()
}

/// Saves the pictures of `made` once more, by what its record says.
async fn save_again(world: &World, made: &Generation) -> Vec<SavedPicture> {
    let record = world.store.find(made.owner(), &made.id()).await.unwrap();
    let record = record.unwrap();
    let links = journalled_links(world, made).await;
    let remote = links.into_iter().map(|link| RemotePicture {
        number: link.number,
        url: link.url,
        dies_at: Some(link.dies_at),
    });
    let request = SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: record.id().to_string(),
        created_on: record.created_on(),
        pictures: remote.collect(),
        metadata: Metadata::default(),
        provenance: None,
    };
    world.pictures.ensure_buckets().await.unwrap();
    world.pictures.save(request).await
}

fn expected_keys(made: &Generation) -> Vec<String> {
    let key = |number| format!("imagen4/2026/11/22/{}_{number}.png", made.id());
    (1..=4).map(key).collect()
}

fn keys_of(saved: &[SavedPicture]) -> Vec<String> {
    let key = |picture: &SavedPicture| match &picture.state {
        SavedState::Stored(stored) => stored.object.to_string(),
        other => panic!("{other:?}"),
    };
    saved.iter().map(key).collect()
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_midnight_gives_the_same_key() {
    let world = World::new();
    let made = over_midnight(&world).await;
    let key = |picture: &imagen4_domain::Picture| match &picture.state {
        PictureState::Stored(stored) => stored.object.to_string(),
        other => panic!("{other:?}"),
    };
    let first: Vec<_> = made.pictures().iter().map(key).collect();
    assert_eq!(first, expected_keys(&made));

    world.clock.advance(TimeDelta::days(1));
    let second = save_again(&world, &made).await;
    assert_eq!(keys_of(&second), first);
}

#[tokio::test(start_paused = true)]
async fn what_fell_back_is_promoted_to_the_key_of_its_day() {
    let world = World::new();
    world.object_store_down();
    let made = over_midnight(&world).await;
    let is_fallback = |state: &PictureState| matches!(state, PictureState::Fallback(_));
    assert!(made.pictures().iter().all(|one| is_fallback(&one.state)));

    world.objects.heal();
    world.clock.advance(TimeDelta::days(1));
    let saved = save_again(&world, &made).await;
    assert_eq!(keys_of(&saved), expected_keys(&made));
}
