//! One message tells how the work goes on, and nobody waits for anybody else's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fal_client::JobHandle;
use imagen4_domain::conversation::Reply;
use imagen4_domain::testing::ScriptedGenerator;
use imagen4_domain::{
    GeneratedPictures, Generation, GeneratorError, ImageGenerator, Imagen4Settings, Progress,
    ProgressSink,
};

use super::asked;
use crate::world::World;

/// How long a job takes, and how many tell where they stand in that time.
const SECONDS: u64 = 60;

/// A generator that tells each second how many are ahead, and is done after a minute.
#[derive(Debug)]
struct Slow(ScriptedGenerator);

#[async_trait]
impl ImageGenerator for Slow {
    async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError> {
        self.0.submit(generation).await
    }

    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError> {
        for position in (0..SECONDS).rev() {
            progress.tell(&Progress::Queued { position });
            progress.tell(&Progress::Log {
                message: "canary".to_owned(),
            });
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.0.wait(job, progress).await
    }
}

fn slow_world() -> World {
    World::over(Imagen4Settings::default(), |generator| {
        Arc::new(Slow(generator))
    })
}

#[tokio::test(start_paused = true)]
async fn one_message_is_changed_at_a_pace() {
    let world = slow_world();
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    let (asked_in, _) = anna.button("1:1").unwrap();
    let before = world.replies.sent_to(anna.chat).len();
    anna.press_and_wait("1:1").await;
    let told = world.replies.sent_to(anna.chat).split_off(before);
    let (picture, progress) = told.split_last().unwrap();
    assert!(matches!(picture.reply, Reply::New(_)));
    let texts: Vec<_> = progress
        .iter()
        .map(|sent| {
            assert_eq!(sent.message, Some(asked_in), "all in one message");
            sent.reply.card().unwrap().content.text().to_plain()
        })
        .collect();
    assert_eq!(texts[0], "Принято. Сейчас начну.");
    assert_eq!(texts.last().unwrap(), "Готово.");
    assert!((10..=23).contains(&texts.len()), "{} changes", texts.len());
    let queued = texts
        .iter()
        .filter(|text| text.starts_with("В очереди. Перед вами: "));
    assert!(queued.count() >= 10);
    assert!(texts.windows(2).all(|two| two[0] != two[1]));
    assert!(!texts.concat().contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn a_second_description_while_one_runs_is_answered_and_begins_nothing() {
    let world = slow_world();
    let anna = asked(&world).await;
    anna.say("маяк на рассвете").await;
    anna.press("1:1").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    anna.press("🔄 Состояние").await;
    assert!(anna.text().starts_with("Ещё рисуется."), "{}", anna.text());
    anna.say("/menu").await;
    anna.press("🎨 Нарисовать").await;
    anna.say("ещё один маяк").await;
    assert!(anna.text().starts_with("Одна ваша картинка ещё рисуется."));
    world.talk.finish().await;
    assert_eq!(world.generator.submits(), 1);
    // It is still waited for.
    anna.say("ещё один маяк").await;
    anna.press_and_wait("1:1").await;
    assert_eq!(world.generator.submits(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_anothers_picture() {
    let world = slow_world();
    let (anna, boris) = (asked(&world).await, world.person(43));
    anna.say("маяк на рассвете").await;
    anna.press("1:1").await;
    let begun = tokio::time::Instant::now();
    boris.say("/start").await;
    boris.press("🎨 Нарисовать").await;
    boris.say("бобр на реке").await;
    boris.press("1:1").await;
    boris.press("🖼 Моя галерея").await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    world.talk.finish().await;
    assert!(begun.elapsed() < Duration::from_secs(SECONDS + 10));
    for person in [&anna, &boris] {
        assert_eq!(person.generations().await.len(), 1);
    }
    assert_eq!(world.generator.submits(), 2);
}
