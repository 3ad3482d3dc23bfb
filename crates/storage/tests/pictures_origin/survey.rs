//! What a bucket tells by itself.

use storage::pictures::{BucketMap, KeyLayout, SurveyCursor, SurveyPage, UnusableReason};
use storage::testing::{Failure, Operation};
use storage::{ObjectRef, ObjectStore, PutOptions, StorageErrorKind};

use super::{World, beside, read, request, world, world_with};

/// Goes through all pages of so many objects.
async fn all(world: &World, limit: u16) -> SurveyPage {
    let mut whole = SurveyPage::default();
    let mut cursor = None;
    loop {
        let page = world.pictures.survey(cursor.as_ref(), limit).await.unwrap();
        assert!(page.found.len() + page.unusable.len() <= usize::from(limit));
        whole.found.extend(page.found);
        whole.unusable.extend(page.unusable);
        match page.next {
            // As a program would keep it.
            Some(next) => cursor = Some(next.to_string().parse::<SurveyCursor>().unwrap()),
            None => return whole,
        }
    }
}

async fn put(world: &World, object: &str, bytes: impl Into<storage::Body>) {
    let object: ObjectRef = object.parse().unwrap();
    let put = world
        .store
        .put(&object, bytes.into(), PutOptions::overwrite());
    put.await.unwrap();
}

async fn delete(world: &World, object: &str) {
    world.store.delete(&object.parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn every_picture_is_found_once_whatever_the_size_of_a_page() {
    for layout in [KeyLayout::by_date(), KeyLayout::sharded()] {
        let world = world_with(BucketMap::default().with_layout(layout)).await;
        for id in ["a", "b", "c"] {
            world.pictures.save(request(&world, id, 3)).await;
        }
        for limit in [1, 2, 3, 7, 1000] {
            let whole = all(&world, limit).await;
            assert_eq!(whole.unusable, []);
            let mut names: Vec<_> = whole
                .found
                .iter()
                .map(|one| (one.manifest.generation_id.clone(), one.manifest.number))
                .collect();
            names.sort();
            names.dedup();
            assert_eq!((names.len(), whole.found.len()), (9, 9), "{limit}");
        }
    }
}

#[tokio::test]
async fn siblings_are_found_with_and_without_shards_and_no_strangers() {
    let world = world().await;
    // Begins like the other one and is another generation.
    world.pictures.save(request(&world, "a_1", 2)).await;
    let asked = request(&world, "a", 3);
    let mut sharded = asked.clone();
    let last = sharded.pictures.split_off(2);
    world.pictures.save(sharded).await;
    let layout = BucketMap::default().with_layout(KeyLayout::sharded());
    let source = world.source.clone();
    let other = storage::pictures::PictureStorage::new(world.store.clone(), source, layout);
    other
        .save(storage::pictures::SaveRequest {
            pictures: last,
            ..asked
        })
        .await;
    let whole = all(&world, 1000).await;
    assert_eq!(whole.found.len(), 5);
    for one in whole
        .found
        .iter()
        .filter(|one| one.manifest.generation_id == "a")
    {
        let siblings = world.pictures.siblings(one).await.unwrap();
        let numbers: Vec<_> = siblings.iter().map(|one| one.manifest.number).collect();
        assert_eq!(numbers, [1, 2, 3], "{}", one.object);
        assert!(siblings.iter().all(|one| one.manifest.generation_id == "a"));
    }
}

#[tokio::test]
async fn what_cannot_be_rebuilt_is_told_with_its_reason() {
    let world = world().await;
    for id in ["a", "b", "c", "d", "e", "f", "g"] {
        world.pictures.save(request(&world, id, 1)).await;
    }
    let at = |id: &str| format!("imagen4/2026/03/01/{id}_1.png");
    let of_a = read(&world.store, &beside(&at("a").parse().unwrap())).await;
    delete(&world, &format!("{}.json", at("b"))).await;
    delete(&world, &at("c")).await;
    put(&world, &at("d"), "other bytes").await;
    put(&world, &format!("{}.json", at("e")), "{}").await;
    put(&world, &format!("{}.json", at("f")), of_a).await;
    put(
        &world,
        &format!("{}.json", at("g")),
        " ".repeat(65_537).into_bytes(),
    )
    .await;
    // None of these is a picture that a generation made.
    put(&world, "imagen4/notes.txt", "x").await;
    put(&world, "avatars/2026/03/01/me_1.png", "x").await;
    for limit in [1, 1000] {
        let whole = all(&world, limit).await;
        let found: Vec<_> = whole
            .found
            .iter()
            .map(|one| one.object.to_string())
            .collect();
        assert_eq!(found, [at("a")]);
        let told = |id: &str| {
            let mut all = whole.unusable.iter();
            let one = all.find(|one| one.object.to_string() == at(id)).unwrap();
            one.reason.clone()
        };
        assert_eq!(told("b"), UnusableReason::NoManifest);
        assert_eq!(told("c"), UnusableReason::PictureMissing);
        assert_eq!(told("d"), UnusableReason::Differs);
        assert!(matches!(told("e"), UnusableReason::Unreadable(_)));
        assert_eq!(told("f"), UnusableReason::OfAnother);
        assert!(matches!(told("g"), UnusableReason::Unreadable(_)));
        assert_eq!(whole.unusable.len(), 6);
    }
}

#[tokio::test]
async fn a_flipped_byte_of_the_same_length_is_seen_where_the_store_keeps_digests() {
    let world = world().await;
    let saved = world.pictures.save(request(&world, "a", 1)).await;
    let object = &super::stored(&saved[0]).object;
    let mut bytes = read(&world.store, object).await.to_vec();
    bytes[45] ^= 1;
    let digest = storage::Sha256Digest::of(&bytes);
    let options = PutOptions::overwrite().with_sha256(digest);
    let put = world.store.put(object, bytes.into(), options);
    put.await.unwrap();
    let whole = all(&world, 1000).await;
    assert_eq!(whole.unusable[0].reason, UnusableReason::Differs);
}

#[tokio::test]
async fn a_store_that_fails_stops_the_page_or_is_told_for_the_picture() {
    let world = world().await;
    world.pictures.save(request(&world, "a", 2)).await;
    let kind = StorageErrorKind::Unavailable;
    world
        .store
        .fail(Failure::of(Operation::List, kind).on_calls(1..=1));
    let error = world.pictures.survey(None, 10).await.unwrap_err();
    assert_eq!(error.kind(), kind);

    let get = Failure::of(Operation::Get, kind).on_keys(|key| key.ends_with("a_2.png.json"));
    world.store.fail(get);
    let page = world.pictures.survey(None, 10).await.unwrap();
    assert_eq!(page.found.len(), 1);
    assert_eq!(page.unusable[0].reason, UnusableReason::NoAnswer(kind));
    let siblings = world.pictures.siblings(&page.found[0]).await;
    assert_eq!(siblings.unwrap_err().kind(), kind);
}

#[tokio::test]
async fn a_cursor_of_another_bucket_is_refused() {
    let world = world().await;
    for bucket in ["avatars", "elsewhere"] {
        let cursor = bucket.parse().unwrap();
        let error = world.pictures.survey(Some(&cursor), 10).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn at_most_sixteen_manifests_are_read_at_once() {
    let world = world().await;
    for number in 0..40 {
        world
            .pictures
            .save(request(&world, &format!("g{number}"), 1))
            .await;
    }
    let page = world.pictures.survey(None, 1000).await.unwrap();
    assert_eq!(page.found.len(), 40);
    let peak = world.store.inner().peak_in_flight();
    assert!(peak <= 16, "{peak}");
}
