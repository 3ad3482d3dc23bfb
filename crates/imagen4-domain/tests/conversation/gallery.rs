//! The gallery beyond the usual way: failures, several pictures at once, and what changes meanwhile.

use imagen4_domain::conversation::{Content, PictureHandle};
use imagen4_domain::testing::StoreCall;
use imagen4_domain::{GenerationStore, RequestDraft, StoreErrorKind};
use storage::testing::{Failure, Operation};
use storage::{ObjectRef, ObjectStore, StorageErrorKind};

use crate::world::{Person, World};

fn object(person: &Person<'_>) -> ObjectRef {
    match person.picture() {
        Some(PictureHandle::Stored(stored)) => stored.object,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_store_did_not_delete_is_told_as_not_deleted_until_it_is() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("маяк на рассвете").await;
    let picture = object(&anna);
    let id = anna.generations().await[0];
    for operation in [Operation::Delete, Operation::DeleteMany] {
        world
            .objects
            .fail(Failure::of(operation, StorageErrorKind::Unavailable));
    }
    anna.press("🖼 Моя галерея").await;
    anna.press("🗑 Удалить").await;
    anna.press("🗑 Да, удалить").await;
    assert!(anna.text().starts_with("Не удалено."), "{}", anna.text());
    assert!(anna.notices().is_empty());
    assert!(world.objects.head(&picture).await.is_ok());
    world.objects.heal();
    anna.press("🗑 Повторить").await;
    assert_eq!(anna.notices(), ["Удалено."]);
    assert!(anna.text().starts_with("Ваша галерея пуста."));
    let head = world.objects.head(&picture).await;
    assert_eq!(head.unwrap_err().kind(), StorageErrorKind::NotFound);
    assert!(world.store.find(&anna.id(), &id).await.unwrap().is_none());
    assert!(!world.caches(&id).await);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_stays_is_told_as_not_quite_deleted() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("маяк на рассвете").await;
    world
        .store
        .fail_next(StoreCall::Remove, StoreErrorKind::Unavailable);
    anna.press("🖼 Моя галерея").await;
    anna.press("🗑 Удалить").await;
    anna.press("🗑 Да, удалить").await;
    assert!(
        anna.text().starts_with("Удалено не до конца."),
        "{}",
        anna.text()
    );
    anna.press("🗑 Повторить").await;
    assert_eq!(anna.notices(), ["Удалено."]);
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_after_a_notice_is_told_as_a_message() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("маяк на рассвете").await;
    anna.press("🖼 Моя галерея").await;
    anna.press("🗑 Удалить").await;
    world
        .store
        .fail_next(StoreCall::Page, StoreErrorKind::Unavailable);
    anna.press("🗑 Да, удалить").await;
    assert_eq!(anna.notices(), ["Удалено."]);
    assert_eq!(anna.text(), "Сейчас не получается. Попробуйте позже.");
}

#[tokio::test(start_paused = true)]
async fn each_picture_of_a_generation_has_its_own_card() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("первый маяк").await;
    world.clock.advance(chrono::TimeDelta::seconds(1));
    let two = RequestDraft::new("два маяка").with_images(2);
    world
        .generate
        .generate(&anna.id(), two, |_| {})
        .await
        .unwrap();
    anna.press("🖼 Моя галерея").await;
    let mut seen = vec![object(&anna)];
    assert!(anna.text().contains("Картинка 1 из 2."));
    for told in ["Картинка 2 из 2.", "первый маяк"] {
        anna.press("Старее ▶").await;
        assert!(anna.text().contains(told), "{}", anna.text());
        seen.push(object(&anna));
    }
    assert!(anna.button("Старее ▶").is_none());
    for place in [1, 0] {
        anna.press("◀ Новее").await;
        assert_eq!(object(&anna), seen[place]);
    }
    assert!(anna.button("◀ Новее").is_none());
    // Buttons of older messages go from the place of now.
    for (data, told) in [
        ("gallery_image_prev", Some("Это самая новая.")),
        ("gallery_image_next", None),
        ("gallery_image_next", None),
        ("gallery_image_next", Some("Это самая старая.")),
    ] {
        let before = anna.notices().len();
        anna.press_data(data, None).await;
        let notices = anna.notices();
        let new = notices.first().filter(|_| notices.len() > before);
        assert_eq!(new.map(String::as_str), told);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gallery_whose_picture_was_deleted_elsewhere_begins_anew() {
    let world = World::new();
    let anna = world.person(42);
    for prompt in ["первый маяк", "второй маяк", "третий маяк"] {
        anna.make(prompt).await;
    }
    anna.press("🖼 Моя галерея").await;
    let ids = anna.generations().await;
    let receipt = world.gallery.delete(&anna.id(), &ids[0]).await.unwrap();
    assert!(receipt.is_deleted());
    for (button, id) in [("📝 Описание", ids[0]), ("🗑 Удалить", ids[0])] {
        anna.press(button).await;
        assert_eq!(
            anna.notices()[0],
            "Такой картинки в вашей галерее нет.",
            "{id}"
        );
    }
    anna.press("Старее ▶").await;
    assert!(anna.text().contains("1 из 2") && anna.text().contains("второй маяк"));
    anna.press_data(&format!("my_gallery_return:{}", ids[0]), None)
        .await;
    assert!(anna.text().contains("второй маяк"));
}

#[tokio::test(start_paused = true)]
async fn records_that_are_away_are_told_and_the_place_is_kept() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("первый маяк").await;
    anna.make("второй маяк").await;
    anna.press("🖼 Моя галерея").await;
    for (call, button) in [
        (StoreCall::Item, "Старее ▶"),
        (StoreCall::Neighbours, "Старее ▶"),
        (StoreCall::SetFavourite, "⭐ В избранное"),
        (StoreCall::Counts, "📊 Статистика"),
        (StoreCall::Item, "🗑 Удалить"),
    ] {
        world
            .store
            .fail_next(call.clone(), StoreErrorKind::Unavailable);
        anna.press(button).await;
        assert_eq!(
            anna.notices()[0],
            "Сейчас не получается. Попробуйте позже.",
            "{call:?}"
        );
        assert!(anna.text().contains("1 из 2"));
    }
    anna.press("Старее ▶").await;
    assert!(anna.text().contains("2 из 2"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_gallery_leads_to_the_first_picture() {
    let world = World::new();
    let anna = world.person(42);
    anna.say("/gallery").await;
    assert!(anna.text().starts_with("Ваша галерея пуста."));
    for data in [
        "gallery_image_next",
        "gallery_image_prev",
        "gallery_reset_filters",
    ] {
        anna.press_data(data, None).await;
        assert!(anna.text().starts_with("Ваша галерея пуста."), "{data}");
    }
    anna.press("🎨 Нарисовать").await;
    anna.say("маяк на рассвете").await;
    anna.press_and_wait("9:16").await;
    assert!(matches!(anna.card().content, Content::Picture { .. }));
}

#[tokio::test(start_paused = true)]
async fn pictures_are_made_once_more_from_the_gallery() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("маяк на рассвете").await;
    let first = anna.generations().await[0];
    anna.press("🖼 Моя галерея").await;
    let data = format!("gallery_regenerate:{first}");
    anna.press_data(&data, None).await;
    anna.press_data(&data, None).await;
    assert_eq!(anna.notices()[0], "Одна ваша картинка ещё рисуется.");
    world.talk.finish().await;
    let ids = anna.generations().await;
    assert_eq!((ids.len(), world.generator.submits()), (2, 2));
    let item = world.gallery.item(&anna.id(), &ids[0]).await.unwrap();
    assert_eq!(item.parent(), Some(first));
    assert!(anna.text().contains("маяк на рассвете"));
}
