//! The bot while what it needs is away.

use std::time::Duration;

use cache::testing::RedisServer;

use super::gallery::walks_through_everything;
use super::making::{PROMPT, makes_a_picture};
use super::world::{Surroundings, World};

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
    assert!(
        said.contains("does not answer; going on without it"),
        "{said}"
    );
    let ada = world.telegram.person(17, "ru");
    walks_through_everything(&world, &ada).await;

    redis.restart();
    // The breaker looks again by itself; whatever is said meanwhile is answered as well.
    let mut is_back = false;
    for _ in 0..200 {
        ada.says("/menu");
        ada.sees("Картинки").await;
        is_back = redis.ask(&["DBSIZE"]) != "0";
        if is_back {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_back, "Redis is not used again");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_store_gone_before_the_save_the_pictures_of_the_provider_are_shown() {
    let surroundings = Surroundings::default().run_time(Duration::from_secs(2));
    let mut world = surroundings.start().await;
    let ada = world.telegram.person(17, "ru");
    ada.says("/start");
    ada.sees("Картинки").await;
    ada.presses("Нарисовать");
    ada.sees("Что нарисовать?").await;
    ada.says(PROMPT);
    ada.sees("Какой формат?").await;
    ada.presses("1:1");
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
