//! Making pictures: what is taken as a description, how progress is told, and what is said when it fails.

mod failures;
mod progress;

use imagen4_domain::conversation::ReplyErrorKind;
use imagen4_domain::testing::StoreCall;
use imagen4_domain::{Imagen4Settings, MAX_PROMPT_CHARS};

use crate::world::{Person, World};

/// Brings somebody to where a description is waited for.
async fn asked(world: &World) -> Person<'_> {
    let anna = world.person(42);
    anna.say("/start").await;
    anna.press("🎨 Нарисовать").await;
    anna
}

fn is_taken(anna: &Person<'_>) -> bool {
    anna.text().starts_with("Какой формат?")
}

#[tokio::test(start_paused = true)]
async fn descriptions_are_counted_in_characters_on_every_path() {
    let world = World::new();
    let anna = asked(&world).await;
    // Twice: while a description is waited for, and while a shape is.
    for _ in 0..2 {
        for (text, count) in [
            ("ab".to_owned(), 2),
            ("  ё  ".to_owned(), 1),
            ("🦊".repeat(2001), 2001),
        ] {
            anna.say(&text).await;
            let told = format!("В описании {count} символов, а нужно от 3 до 2000.");
            assert!(anna.text().starts_with(&told), "{}", anna.text());
        }
        anna.say("звонок\u{7}").await;
        assert!(anna.text().contains("управляющие символы"));
        for text in ["кот".to_owned(), "🦊".repeat(MAX_PROMPT_CHARS)] {
            anna.say(&text).await;
            assert!(is_taken(&anna), "{}", anna.text());
        }
    }
    anna.press_and_wait("1:1").await;
    assert!(anna.picture().is_some());
    anna.press("🖼 Моя галерея").await;
    anna.press("📝 Описание").await;
    assert!(anna.text().ends_with(&"🦊".repeat(MAX_PROMPT_CHARS)));
    anna.press("↩ Назад").await;
    anna.press("🗑 Удалить").await;
    assert!(anna.text().contains("навсегда"));
}

#[tokio::test(start_paused = true)]
async fn words_within_words_pass_and_whole_words_are_refused_before_anything_is_recorded() {
    let world = World::new();
    let anna = asked(&world).await;
    for text in ["Essex", "unisex", "Эссекс"] {
        anna.say(text).await;
        assert!(is_taken(&anna), "{text}");
    }
    for text in ["SEX, please", "про секс"] {
        anna.say(text).await;
        assert!(anna.text().contains("запрещено"), "{}", anna.text());
    }
    assert_eq!((world.store.all_calls(), world.generator.submits()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_shape_that_is_pressed_twice_begins_one_picture() {
    let world = World::new();
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    let (message, data) = anna.button("1:1").unwrap();
    for _ in 0..3 {
        anna.press_data(&data, Some(message)).await;
    }
    world.talk.finish().await;
    anna.press_data(&data, Some(message)).await;
    world.talk.finish().await;
    assert!(anna.text().contains("Описание не сохранилось"));
    assert_eq!(world.generator.submits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_shape_that_the_model_does_not_offer_is_told_and_costs_nothing() {
    let world = World::new();
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    anna.press_data("imagen4_aspect_ratio:21:9", None).await;
    world.talk.finish().await;
    assert!(anna.text().starts_with("Модель не принимает такой запрос"));
    assert_eq!(world.generator.submits(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_told_pays_for_nothing() {
    let world = World::new();
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    world.replies.fail_next(ReplyErrorKind::Blocked);
    let (message, data) = anna.button("1:1").unwrap();
    let error = anna.try_press(&data, Some(message)).await.unwrap_err();
    world.talk.finish().await;
    assert_eq!(error.kind(), ReplyErrorKind::Blocked);
    assert_eq!(
        (
            world.store.calls(&StoreCall::Create),
            world.generator.submits()
        ),
        (0, 0)
    );
    // Nothing is left behind that would keep the user from the next one.
    anna.make("маяк на рассвете").await;
    assert!(anna.picture().is_some());
}

#[tokio::test(start_paused = true)]
async fn messages_that_nobody_waits_for_are_answered() {
    let world = World::new();
    let anna = world.person(42);
    anna.say("привет").await;
    assert!(anna.text().starts_with("Сейчас я не жду сообщения"));
    anna.say("/dance now").await;
    assert!(anna.text().starts_with("Я не знаю такой команды"));
    anna.press_data("imagen4_fly", None).await;
    assert_eq!(anna.notices()[0], "Эта кнопка устарела. Начните с меню.");
    anna.say("/start@our_bot 17").await;
    assert!(anna.text().starts_with("Картинки по описанию"));
    anna.press("🎨 Нарисовать").await;
    anna.say("/cancel").await;
    anna.say("маяк на рассвете").await;
    assert!(anna.text().starts_with("Сейчас я не жду сообщения"));
}

#[tokio::test(start_paused = true)]
async fn who_reads_no_russian_is_answered_in_english() {
    let world = World::with(Imagen4Settings::default());
    let mut anna = world.person(42);
    anna.who.language_tag = Some("de-AT".to_owned());
    anna.say("/start").await;
    anna.press("🎨 Make a picture").await;
    anna.say("a lighthouse at dawn").await;
    anna.press_and_wait("1:1").await;
    assert!(
        anna.text().contains("Shape: 1:1. Model: Imagen 4"),
        "{}",
        anna.text()
    );
}
