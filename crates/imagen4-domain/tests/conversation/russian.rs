//! The whole dialogue in Russian, with everything well and with one thing after the other away.

use imagen4_domain::conversation::PictureHandle;
use imagen4_domain::{GenerationId, GenerationStore};
use storage::{ObjectRef, ObjectStore, StorageErrorKind};

use crate::world::{Person, World};

/// Where the pictures are expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pictures {
    Stored,
    WithProvider,
}

/// Checks that the newest message shows a picture where it is expected, and returns its object.
fn shows(anna: &Person<'_>, expected: Pictures) -> Option<ObjectRef> {
    match (anna.picture(), expected) {
        (Some(PictureHandle::Stored(stored)), Pictures::Stored) => Some(stored.object),
        (Some(PictureHandle::Fallback(fallback)), Pictures::WithProvider) => {
            assert!(fallback.url.starts_with("https://fal.test/"));
            let told = anna.text();
            assert!(
                told.contains("лежит у провайдера до 2026-11-29 12:00"),
                "{told}"
            );
            None
        }
        (other, _) => panic!("{other:?} under {}", anna.text()),
    }
}

fn says(anna: &Person<'_>, parts: &[&str]) {
    let text = anna.text();
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text:?}");
    }
}

/// From the menu to two pictures, the second one of the same description.
async fn make_two(anna: &Person<'_>, pictures: Pictures) -> Vec<ObjectRef> {
    anna.say("/start").await;
    says(anna, &["Картинки по описанию"]);
    anna.press("🎨 Нарисовать").await;
    says(anna, &["Что нарисовать?", "от 3 до 2000 символов"]);
    anna.say("  маяк <на> рассвете ").await;
    says(anna, &["Какой формат?", "маяк <на> рассвете"]);
    anna.press("16:9").await;
    says(anna, &["Принято."]);
    anna.world.talk.finish().await;
    let shown = anna.world.replies.shown_in(anna.chat);
    let told: Vec<_> = shown
        .iter()
        .map(|(_, card)| card.content.text().to_plain())
        .collect();
    assert_eq!(told[told.len() - 2], "Готово.");
    says(
        anna,
        &["маяк <на> рассвете", "Формат: 16:9", "Модель: Imagen 4"],
    );
    let first = shows(anna, pictures);
    anna.press_and_wait("🔁 Ещё раз").await;
    says(anna, &["маяк <на> рассвете", "Формат: 16:9"]);
    let second = shows(anna, pictures);
    if pictures == Pictures::Stored {
        assert_ne!(first, second);
    }
    first.into_iter().chain(second).collect()
}

/// Through the gallery, from one to the other and back.
async fn look_around(anna: &Person<'_>, pictures: Pictures) {
    anna.press("🖼 Моя галерея").await;
    says(
        anna,
        &["1 из 2", "маяк <на> рассвете", "Сделано: 2026-11-22 12:00"],
    );
    shows(anna, pictures);
    assert!(!anna.labels().contains(&"◀ Новее".to_owned()));
    anna.press("Старее ▶").await;
    says(anna, &["2 из 2"]);
    shows(anna, pictures);
    assert!(!anna.labels().contains(&"Старее ▶".to_owned()));
    anna.press("◀ Новее").await;
    says(anna, &["1 из 2"]);
    anna.press("📝 Описание").await;
    assert_eq!(anna.text(), "Описание\n\nмаяк <на> рассвете");
    anna.press("↩ Назад").await;
    says(anna, &["1 из 2"]);
}

/// Filters by kind, by days and by favourites.
async fn filter(anna: &Person<'_>) {
    anna.press("🔍 Фильтры").await;
    says(anna, &["Сейчас: все виды, за всё время"]);
    anna.press("только Imagen 4").await;
    says(anna, &["1 из 2", "Фильтры: только Imagen 4, за всё время"]);
    anna.press("🔍 Фильтры").await;
    anna.press("вчера").await;
    says(
        anna,
        &["Под фильтры ничего не подходит: только Imagen 4, вчера"],
    );
    anna.press("🔍 Фильтры").await;
    anna.press("сегодня").await;
    says(anna, &["1 из 2", "Фильтры: только Imagen 4, сегодня"]);
    anna.press("🔍 Фильтры").await;
    anna.press("📅 Свои дни").await;
    anna.say("вчера или позже").await;
    says(anna, &["Не могу прочитать эти дни", "не больше 90 дней"]);
    anna.say("01.11.2026 - 22.11.2026").await;
    says(anna, &["1 из 2", "2026-11-01 – 2026-11-22"]);
    anna.press("🔍 Фильтры").await;
    anna.press("другие модели").await;
    says(anna, &["Под фильтры ничего не подходит: другие модели"]);
    anna.press("✖ Сбросить фильтры").await;
    says(anna, &["1 из 2"]);
    anna.press("⭐ В избранное").await;
    assert_eq!(anna.notices()[0], "Теперь в избранном.");
    anna.press("🔍 Фильтры").await;
    anna.press("избранное").await;
    says(anna, &["1 из 1", "Фильтры: избранное"]);
    anna.press("★ Из избранного").await;
    assert_eq!(anna.notices()[0], "Больше не в избранном.");
    anna.press("⭐ В избранное").await;
}

/// Looks at the figures.
async fn count(anna: &Person<'_>) {
    anna.press("📊 Статистика").await;
    says(
        anna,
        &[
            "Картинок: 2",
            "Избранных: 1",
            "За последние 30 дней: 2",
            "Кредитов: 10",
            "Последняя: 2026-11-22 12:00",
            "Самый активный час: 12:00–12:59",
        ],
    );
    anna.press("↩ Назад").await;
    says(anna, &["1 из 1", "Фильтры: избранное"]);
    anna.press("🔍 Фильтры").await;
    anna.press("✖ Сбросить фильтры").await;
}

/// Deletes both, after a question each time, until the gallery is empty.
async fn delete_all(anna: &Person<'_>) {
    for left in ["1 из 1", "Ваша галерея пуста."] {
        anna.press("🗑 Удалить").await;
        says(
            anna,
            &["Удалить эту картинку навсегда?", "маяк <на> рассвете"],
        );
        anna.press("🗑 Да, удалить").await;
        assert_eq!(anna.notices()[0], "Удалено.");
        says(anna, &[left]);
    }
    assert!(anna.picture().is_none());
}

/// Checks that nothing is left: no object, no record, nothing in the cache.
async fn is_gone(anna: &Person<'_>, ids: &[GenerationId], objects: &[ObjectRef]) {
    for object in objects {
        let head = anna.world.objects.head(object).await;
        assert_eq!(head.unwrap_err().kind(), StorageErrorKind::NotFound);
    }
    for id in ids {
        let found = anna.world.store.find(&anna.id(), id).await.unwrap();
        assert!(found.is_none() && !anna.world.caches(id).await);
    }
    assert!(anna.generations().await.is_empty());
}

async fn whole_dialogue(world: &World, pictures: Pictures) {
    let anna = world.person(42);
    let objects = make_two(&anna, pictures).await;
    let ids = anna.generations().await;
    assert_eq!((ids.len(), world.generator.submits()), (2, 2));
    let second = world.gallery.item(&anna.id(), &ids[0]).await.unwrap();
    assert_eq!(second.parent(), Some(ids[1]));
    look_around(&anna, pictures).await;
    filter(&anna).await;
    count(&anna).await;
    delete_all(&anna).await;
    is_gone(&anna, &ids, &objects).await;
    let (asked, updates) = world.asked();
    assert!(asked == updates && updates > 30, "{asked} of {updates}");
}

#[tokio::test(start_paused = true)]
async fn the_whole_dialogue_goes_well() {
    let world = World::new();
    whole_dialogue(&world, Pictures::Stored).await;
    assert_eq!(world.dialogues.failures(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_dialogue_goes_on_with_the_store_of_dialogues_away_from_the_start() {
    let world = World::new();
    world.dialogues.break_down();
    whole_dialogue(&world, Pictures::Stored).await;
    assert!(world.dialogues.failures() > 20);
}

#[tokio::test(start_paused = true)]
async fn the_whole_dialogue_shows_the_providers_pictures_with_the_object_store_down() {
    let world = World::new();
    world.object_store_down();
    whole_dialogue(&world, Pictures::WithProvider).await;
}

#[tokio::test(start_paused = true)]
async fn the_store_of_dialogues_may_go_and_come_between_any_two_steps() {
    let world = World::new();
    let anna = world.person(42);
    anna.say("/start").await;
    anna.press("🎨 Нарисовать").await;
    world.dialogues.break_down();
    anna.say("маяк на рассвете").await;
    says(&anna, &["Какой формат?"]);
    world.dialogues.heal();
    anna.press_and_wait("1:1").await;
    shows(&anna, Pictures::Stored);
    world.dialogues.break_down();
    anna.press("🖼 Моя галерея").await;
    world.dialogues.heal();
    anna.press("🔍 Фильтры").await;
    anna.press("сегодня").await;
    says(&anna, &["1 из 1", "Фильтры: все виды, сегодня"]);
}
