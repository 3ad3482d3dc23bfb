//! What is said when pictures cannot be made, stored or shown.

use chrono::TimeDelta;
use imagen4_domain::conversation::{Content, ReplyErrorKind};
use imagen4_domain::testing::StoreCall;
use imagen4_domain::{GeneratorError, GeneratorErrorKind, Imagen4Settings, StoreErrorKind};

use super::asked;
use crate::world::World;

async fn said_after(world: &World) -> String {
    let anna = asked(world).await;
    anna.say("маяк на рассвете").await;
    anna.press_and_wait("1:1").await;
    assert!(anna.picture().is_none());
    anna.text()
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_failure_has_its_sentence() {
    for (kind, sentence) in [
        (GeneratorErrorKind::Refused, "Модель отказалась рисовать"),
        (
            GeneratorErrorKind::InvalidInput,
            "Модель не принимает такой запрос",
        ),
        (
            GeneratorErrorKind::ModelRetired,
            "Модель больше не предлагается. Её преемник — fal-ai/nano-banana",
        ),
        (
            GeneratorErrorKind::Unavailable,
            "Сервис, который рисует, недоступен",
        ),
        (
            GeneratorErrorKind::Unknown,
            "Неизвестно, принял ли запрос модель",
        ),
    ] {
        let world = World::new();
        world.generator.fail_submit(GeneratorError::new(kind));
        let said = said_after(&world).await;
        assert!(said.starts_with(sentence), "{kind:?}: {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_failure_after_the_submit_has_its_sentence() {
    for (kind, sentence) in [
        (GeneratorErrorKind::Refused, "Модель отказалась рисовать"),
        (
            GeneratorErrorKind::TimedOut,
            "Это дольше, чем я жду: за 5 мин картинка не готова",
        ),
        (
            GeneratorErrorKind::Unavailable,
            "Сервис, который рисует, не отвечает, но запрос он принял",
        ),
        (
            GeneratorErrorKind::Failed,
            "На этот раз модель не дала картинки",
        ),
    ] {
        let world = World::new();
        world.generator.fail_wait(GeneratorError::new(kind));
        let said = said_after(&world).await;
        assert!(said.starts_with(sentence), "{kind:?}: {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_goes_on_can_be_looked_at() {
    let world = World::new();
    world
        .generator
        .fail_wait(GeneratorError::new(GeneratorErrorKind::TimedOut));
    said_after(&world).await;
    let anna = world.person(42);
    anna.press("🔄 Состояние").await;
    assert!(
        anna.text()
            .starts_with("Ещё рисуется. Начато: 2026-11-22 12:00")
    );
}

#[tokio::test(start_paused = true)]
async fn without_records_nothing_is_begun() {
    let world = World::new();
    world
        .store
        .fail_next(StoreCall::Create, StoreErrorKind::Unavailable);
    let said = said_after(&world).await;
    assert!(
        said.starts_with("Я не могу записать, что делается"),
        "{said}"
    );
    assert_eq!(world.generator.submits(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_switched_off_is_told_before_a_shape_is_asked_for() {
    let world = World::with(Imagen4Settings::default().with_enabled(false));
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    assert_eq!(anna.text(), "Рисование сейчас выключено.");
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_cannot_be_shown_is_told_and_not_lost() {
    let world = World::new();
    let anna = world.person(42);
    world.replies.fail_pictures(true);
    anna.make("маяк на рассвете").await;
    assert!(matches!(anna.card().content, Content::Text(_)));
    assert!(anna.text().contains("Картинку сейчас нельзя показать"));
    anna.press("🖼 Моя галерея").await;
    assert!(anna.text().contains("1 из 1") && anna.text().contains("нельзя показать"));
    world.replies.fail_pictures(false);
    anna.press("🖼 Моя галерея").await;
    assert!(anna.picture().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_providers_link_that_ended_is_told_and_never_shown() {
    let world = World::new();
    world.object_store_down();
    let anna = world.person(42);
    anna.make("маяк на рассвете").await;
    assert!(anna.picture().is_some());
    world.clock.advance(TimeDelta::days(8));
    anna.press("🖼 Моя галерея").await;
    assert!(anna.picture().is_none());
    let text = anna.text();
    assert!(
        text.contains("Ссылка провайдера на эту картинку закончилась 2026-11-29"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_picture_comes_when_nothing_of_its_progress_can_be_told() {
    let world = World::new();
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    anna.press("1:1").await;
    let before = world.replies.count();
    // The progress, the end in its place, and the end as a message of its own.
    for _ in 0..3 {
        world.replies.fail_next(ReplyErrorKind::Unavailable);
    }
    world.talk.finish().await;
    assert_eq!(world.replies.count(), before + 1);
    assert!(anna.picture().is_some());
}
