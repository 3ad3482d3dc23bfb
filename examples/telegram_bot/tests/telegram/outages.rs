//! The bot while what it needs is away.

use std::time::Duration;

use cache::testing::RedisServer;
use fal_client::simulator::{Fault, Rule};
use tokio::time::Instant;

use super::gallery::{FOX, bytes, walks_on, walks_through_everything};
use super::making::{PROMPT, asks_for_a_picture, makes_a_picture};
use super::world::{Surroundings, World};

/// How soon Redis is used again after it is back.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_down_from_the_start_everything_works_and_redis_is_used_once_it_is_there() {
    let mut redis = RedisServer::start();
    redis.stop();
    let world = Surroundings::default()
        .variable("REDIS_HOST", "127.0.0.1")
        .variable("REDIS_PORT", redis.port().to_string())
        .start()
        .await;
    let said = world.bot.said("stdout");
    let store = format!("at {})", world.store.as_ref().unwrap().url());
    for (part, place, told) in [
        ("the record store", "records.sqlite)", "answers"),
        ("FAL", "the queue at http://127.0.0.1", "is not asked"),
        ("the object store", &*store, "answers"),
        (
            "the cache",
            "(Redis at 127.0.0.1",
            "does not answer; going on without it",
        ),
    ] {
        let line = said.lines().find(|line| line.starts_with(part));
        let line = line.unwrap_or_default();
        assert!(
            line.contains(place) && line.contains(told),
            "{part}: {said}"
        );
    }
    let ada = world.telegram.person(17, "ru");
    walks_through_everything(&world, &ada).await;

    redis.restart();
    // The breaker looks again by itself; whatever is said meanwhile is answered as well.
    let back = Instant::now();
    while redis.ask(&["DBSIZE"]) == "0" {
        assert!(back.elapsed() < SOON, "Redis is not used again");
        ada.says("/menu");
        ada.sees("Картинки").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_store_stopped_during_the_save_the_whole_dialogue_goes_on() {
    // The save waits for the bytes of the first picture while the store goes away.
    let slow = Fault::MediaSlow(Duration::from_millis(700));
    let surroundings = Surroundings::default().run_time(Duration::from_millis(100));
    let mut world = surroundings.fault(Rule::next_submit(slow)).start().await;
    let ada = world.telegram.person(17, "ru");
    asks_for_a_picture(&ada, FOX, "16:9").await;
    world.fal_is_asked_for_a_picture().await;
    world.stop_store().await;
    let fox = ada.sees_photo("Пока не сохранено").await;
    walks_on(&world, &ada, bytes(&fox)).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_store_gone_before_the_save_the_pictures_of_the_provider_are_shown() {
    let surroundings = Surroundings::default().run_time(Duration::from_secs(2));
    let mut world = surroundings.start().await;
    let ada = world.telegram.person(17, "ru");
    asks_for_a_picture(&ada, PROMPT, "1:1").await;
    world.fal_has_taken(1).await;
    world.stop_store().await;

    let shown = ada.sees_photo("Пока не сохранено").await;
    let photo = shown.photo().unwrap();
    assert_eq!((photo.width, photo.height), (1024, 1024));

    // The gallery has it as well, and lets go of it.
    ada.presses("Моя галерея");
    let card = ada.sees_photo("1 из 1").await;
    assert_eq!(card.photo().unwrap().bytes, photo.bytes);
    ada.presses("Удалить");
    ada.sees("Удалить эту картинку навсегда?").await;
    ada.presses("Да, удалить");
    ada.sees("Ваша галерея пуста").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_store_gone_a_stored_picture_is_told_of_and_not_said_to_be_deleted() {
    let mut world = World::start().await;
    let ada = world.telegram.person(17, "ru");
    makes_a_picture(&ada, PROMPT, "1:1").await;
    let bob = world.telegram.person(18, "ru");
    world.stop_store().await;

    // Telegram has the picture already, under a name of its own.
    ada.presses("Моя галерея");
    ada.sees_photo("1 из 1").await;
    ada.presses("Удалить");
    ada.sees("Удалить эту картинку навсегда?").await;
    ada.presses("Да, удалить");
    ada.sees("Не удалено.").await;
    assert!(!ada.toasts().contains(&"Удалено.".to_owned()));
    bob.says("/gallery");
    bob.sees("Ваша галерея пуста").await;
    world.end().await;
}
