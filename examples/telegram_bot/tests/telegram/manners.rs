//! How the bot takes what Telegram and its operator do.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use tokio::time::Instant;

use super::double::message::Message;
use super::double::refusal::Refusal;
use super::double::{Order, TelegramDouble};
use super::making::{PROMPT, asks_for_a_picture, makes_a_picture};
use super::program::BotProgram;
use super::world::{Surroundings, TOKEN, World, assert_no_secret};

fn order(method: &'static str, chat: Option<i64>, times: usize, refusal: Refusal) -> Order {
    Order {
        method,
        chat,
        times,
        refusal,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_telegram_asks_for_is_kept_and_the_reply_arrives_once() {
    let world = World::start().await;
    let ada = world.telegram.person(17, "ru");
    world
        .telegram
        .order(order("sendMessage", None, 2, Refusal::too_many(1)));
    let start = Instant::now();
    ada.says("/start");
    ada.sees("Картинки").await;
    assert!(
        start.elapsed() >= Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    let statuses: Vec<_> = world
        .telegram
        .calls_of("sendMessage")
        .iter()
        .map(|one| one.status)
        .collect();
    assert_eq!(statuses, [429, 429, 200]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_blocks_the_bot_harms_nobody_else() {
    let surroundings = Surroundings::default().run_time(Duration::from_millis(500));
    let world = surroundings.start().await;
    let (ada, eve) = (
        world.telegram.person(17, "ru"),
        world.telegram.person(666, "ru"),
    );
    asks_for_a_picture(&eve, "картинка, которой никто не увидит", "1:1").await;
    world.fal_has_taken(1).await;
    eve.blocks_the_bot();
    makes_a_picture(&ada, PROMPT, "4:3").await;
    eve.says("/menu");
    ada.says("/menu");
    ada.sees("Картинки").await;
    let to_eve = || {
        let mut calls = world.telegram.recorded();
        calls.retain(|one| one.call.chat() == Some(666) && one.status == 403);
        calls
    };
    for _ in 0..500 {
        if to_eve().iter().any(|one| one.call.method == "sendmessage") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!to_eve().is_empty(), "nothing was refused");
    makes_a_picture(&ada, "второй кот", "1:1").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telegrams_own_name_of_a_picture_is_used_until_it_is_forgotten() {
    let world = World::start().await;
    let ada = world.telegram.person(17, "ru");
    makes_a_picture(&ada, PROMPT, "1:1").await;
    ada.presses("Моя галерея");
    ada.sees_photo("1 из 1").await;
    world.telegram.forgets_photos();
    ada.says("/gallery");
    ada.waits_for("the card once more", |screen| {
        let cards = screen.iter().filter(|one| one.words().contains("1 из 1"));
        (cards.count() == 2).then_some(())
    })
    .await;
    let sent: Vec<_> = world
        .telegram
        .calls_of("sendPhoto")
        .iter()
        .map(|one| (one.status, one.call.files.len()))
        .collect();
    assert_eq!(sent, [(200, 1), (200, 0), (400, 0), (200, 1)]);
    assert_eq!(world.bot.stop().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_with_the_same_token_is_told_of_and_outlived() {
    let world = World::start().await;
    let ada = world.telegram.person(17, "ru");
    let refusal = Refusal::conflict(
        "terminated by other getUpdates request; make sure that only one bot instance is running",
    );
    world.telegram.order(order("getUpdates", None, 1, refusal));
    let menus = |number: usize| {
        move |screen: &[Message]| {
            let menus = screen.iter().filter(|one| one.words().contains("Картинки"));
            (menus.count() == number).then_some(())
        }
    };
    ada.says("/start");
    ada.waits_for("the menu", menus(1)).await;
    // This one comes after a question that was refused.
    ada.says("/start");
    ada.waits_for("the menu again", menus(2)).await;
    let calls = world.telegram.calls_of("getUpdates");
    assert!(calls.iter().any(|one| one.status == 409), "{calls:?}");
    let finished = world.end().await;
    let told = "another program asks for the updates of this bot";
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_telegram_does_not_take_ends_with_2_and_is_not_shown() {
    let telegram = TelegramDouble::start("4242:another-word-another-word-another-word").await;
    let finished = BotProgram::begin(&[
        ("TELEGRAM_BOT_TOKEN".to_owned(), TOKEN.to_owned()),
        ("TELEGRAM_API_URL".to_owned(), telegram.url()),
    ]);
    let finished = finished.ends().await;
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(
        finished.stderr.contains("correct TELEGRAM_BOT_TOKEN"),
        "{finished:?}"
    );
    assert_no_secret(&finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_that_cannot_be_reached_ends_with_4_and_shows_no_token() {
    let finished = BotProgram::begin(&[
        ("TELEGRAM_BOT_TOKEN".to_owned(), TOKEN.to_owned()),
        (
            "TELEGRAM_API_URL".to_owned(),
            "http://127.0.0.1:9".to_owned(),
        ),
        ("RUST_LOG".to_owned(), "trace".to_owned()),
    ]);
    let finished = finished.ends().await;
    assert_eq!(finished.code, Some(4), "{}", finished.stderr);
    assert!(finished.stderr.contains("Telegram cannot be reached"));
    assert_no_secret(&finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_settings_are_told_together_and_no_secret_with_them() {
    let finished = BotProgram::begin(&[
        ("TELEGRAM_BOT_TOKEN".to_owned(), "canary".to_owned()),
        ("TELEGRAM_USERS".to_owned(), "ada".to_owned()),
        ("IMAGEN4_MAX_IMAGES".to_owned(), "9".to_owned()),
    ]);
    let finished = finished.ends().await;
    assert_eq!(finished.code, Some(2), "{finished:?}");
    for name in ["TELEGRAM_BOT_TOKEN", "TELEGRAM_USERS", "IMAGEN4_MAX_IMAGES"] {
        assert!(
            finished.stderr.contains(name),
            "{name}: {}",
            finished.stderr
        );
    }
    assert_no_secret(&finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_shows_the_token_whatever_is_asked_for() {
    let world = Surroundings::default()
        .variable("RUST_LOG", "trace")
        .start()
        .await;
    let ada = world.telegram.person(17, "ru");
    let refusal = Refusal::new(400, "Bad Request: something new");
    world
        .telegram
        .order(order("getUpdates", None, 1, Refusal::too_many(1)));
    makes_a_picture(&ada, PROMPT, "1:1").await;
    world.telegram.order(order("sendMessage", None, 1, refusal));
    ada.says("/menu");
    ada.says("/start");
    ada.sees("Картинки").await;
    let finished = world.bot.stop().await;
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.len() > 10_000, "nothing was logged");
    assert!(
        finished.stderr.contains("a reply did not arrive"),
        "{}",
        finished.stderr
    );
    assert_no_secret(&finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_the_picture_under_way_arrive() {
    let surroundings = Surroundings::default().run_time(Duration::from_secs(2));
    let world = surroundings.start().await;
    let ada = world.telegram.person(17, "ru");
    asks_for_a_picture(&ada, PROMPT, "1:1").await;
    world.fal_has_taken(1).await;
    let finished = world.bot.stop().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    ada.sees_photo(PROMPT).await;
    assert_eq!(world.telegram.pending(), 0, "an update was left untold");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_users_that_are_named_are_let_in() {
    let world = Surroundings::default()
        .variable("TELEGRAM_USERS", "17")
        .start()
        .await;
    let (ada, eve) = (
        world.telegram.person(17, "ru"),
        world.telegram.person(666, "ru"),
    );
    eve.says("/start");
    eve.sees("не могу впустить").await;
    ada.says("/start");
    ada.sees("Картинки").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_are_delivered_are_served_like_those_that_are_asked_for() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let world = Surroundings::default()
        .variable("TELEGRAM_WEBHOOK_URL", "https://bot.example.com/telegram")
        .variable("TELEGRAM_WEBHOOK_LISTEN", address.to_string())
        .start()
        .await;
    let webhook = world.telegram.webhook().unwrap();
    assert_eq!(webhook.url, "https://bot.example.com/telegram");
    assert!(
        webhook
            .secret
            .as_ref()
            .is_some_and(|secret| secret.len() >= 32)
    );
    world.telegram.deliver_to(address);
    let ada = world.telegram.person(17, "ru");
    makes_a_picture(&ada, PROMPT, "1:1").await;

    let forged = super::double::Webhook {
        secret: Some("forged".to_owned()),
        ..webhook
    };
    let update = serde_json::json!({ "update_id": 1 });
    assert_eq!(
        world.telegram.post(address, &forged, &update).await,
        Some(401)
    );
    assert!(world.telegram.calls_of("getUpdates").is_empty());
    let telegram = world.telegram;
    let finished = world.bot.stop().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(telegram.webhook(), None, "the webhook is still set");
}
