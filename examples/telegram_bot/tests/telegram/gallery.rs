//! The whole dialogue in Russian: from the menu to a picture, through the gallery, to an empty one.

use std::path::Path;
use std::time::Duration;

use storage::{BucketName, ListOptions, ObjectKey, ObjectStore};

use super::double::message::Message;
use super::double::person::Person;
use super::making::makes_a_picture;
use super::private_s3::PrivateS3;
use super::world::{Surroundings, World};

/// Returns how many pictures the store keeps; their manifests don't count.
async fn stored(store: &PrivateS3) -> usize {
    let bucket: BucketName = "imagen4".parse().unwrap();
    let listed = store.store().list(&bucket, ListOptions::default()).await;
    let keys = listed.unwrap().entries.into_iter().map(|entry| entry.key);
    keys.filter(is_picture).count()
}

/// Tells a picture from the manifest beside it.
pub(crate) fn is_picture(key: &ObjectKey) -> bool {
    Path::new(key.as_str()).extension() == Some("png".as_ref())
}

pub(crate) async fn sees_card(person: &Person, position: &str, prompt: &str) -> Message {
    let card = person.sees_photo(position).await;
    assert!(card.words().contains(prompt), "{}", card.words());
    card
}

pub(crate) fn bytes(card: &Message) -> Vec<u8> {
    card.photo().unwrap().bytes.to_vec()
}

/// Asks for the picture shown last once more, and returns the new one.
///
/// The bot is through with a picture a moment after the chat shows it; a press before that is told so.
async fn presses_again(ada: &Person) -> Message {
    let photos = |screen: &[Message]| {
        let photos = screen.iter().filter(|message| message.photo().is_some());
        photos.cloned().collect::<Vec<_>>()
    };
    let before = photos(&ada.screen()).len();
    loop {
        let notices = ada.toasts().len();
        ada.presses("Ещё раз");
        let outcome = ada.waits_for("one more picture", |screen| {
            let mut shown = photos(screen);
            if shown.len() > before {
                return Some(shown.pop());
            }
            (ada.toasts().len() > notices).then_some(None)
        });
        if let Some(again) = outcome.await {
            return again;
        }
    }
}

/// The description of the first picture.
pub(crate) const FOX: &str = "рыжая лиса в снегу";

/// Walks the whole way, whatever else is away.
pub(crate) async fn walks_through_everything(world: &World, ada: &Person) {
    let fox = makes_a_picture(ada, FOX, "16:9").await;
    walks_on(world, ada, fox).await;
}

/// Walks from the first picture, of which these are the bytes, to an empty gallery.
pub(crate) async fn walks_on(world: &World, ada: &Person, fox: Vec<u8>) {
    let owl = makes_a_picture(ada, "сова <на> ветке & луна", "1:1").await;
    assert_ne!(fox, owl);

    // Once more, from under the picture.
    let again = presses_again(ada).await;
    assert!(
        again.words().starts_with("сова <на> ветке & луна"),
        "{}",
        again.words()
    );
    assert_eq!(world.fal.control().accepted_submits(), 3);

    // The newest is shown first; there is one card, which changes.
    ada.presses("Моя галерея");
    let first = sees_card(ada, "1 из 3", "сова").await;
    assert_eq!(bytes(&first), bytes(&again));
    ada.presses("Старее");
    let second = sees_card(ada, "2 из 3", "сова").await;
    assert_eq!((second.id, bytes(&second)), (first.id, owl));
    ada.presses("Новее");
    let newest = sees_card(ada, "1 из 3", "сова").await;
    assert_eq!(bytes(&newest), bytes(&again));
    ada.presses("Старее");
    sees_card(ada, "2 из 3", "сова").await;
    ada.presses("Старее");
    let third = sees_card(ada, "3 из 3", "рыжая лиса").await;
    assert_eq!(bytes(&third), fox);

    likes_and_filters(ada).await;
    looks_at_figures(ada).await;
    deletes_everything(world, ada).await;
}

/// From the card of the fox, the oldest of three.
async fn likes_and_filters(ada: &Person) {
    ada.presses("В избранное");
    ada.waits_for("the star", |screen| {
        let labels = screen.last()?.keyboard.iter().flatten();
        labels
            .clone()
            .find(|button| button.label.contains("Из избранного"))
            .map(drop)
    })
    .await;
    assert_eq!(ada.toasts().last().unwrap(), "Теперь в избранном.");
    ada.presses("Описание");
    ada.sees("Описание\n\nрыжая лиса в снегу").await;
    ada.presses("Назад");
    sees_card(ada, "3 из 3", "рыжая лиса").await;

    ada.presses("Фильтры");
    ada.sees("Сейчас: все виды, за всё время").await;
    ada.presses("избранное");
    sees_card(ada, "1 из 1", "рыжая лиса").await;
    ada.presses("Фильтры");
    ada.sees("Сейчас: избранное").await;
    ada.presses("вчера");
    ada.sees("Под фильтры ничего не подходит: избранное, вчера")
        .await;
    ada.presses("Сбросить фильтры");
    sees_card(ada, "1 из 3", "сова").await;
    for (choice, shown) in [
        ("только Imagen 4", "только Imagen 4"),
        ("сегодня", "сегодня"),
    ] {
        ada.presses("Фильтры");
        ada.sees("Сейчас:").await;
        ada.presses(choice);
        let card = sees_card(ada, "1 из 3", "сова").await;
        assert!(card.words().contains(shown), "{}", card.words());
    }
    ada.presses("Фильтры");
    ada.sees("Сейчас: только Imagen 4, сегодня").await;
    ada.presses("Сбросить фильтры");
    sees_card(ada, "1 из 3", "сова").await;
}

async fn looks_at_figures(ada: &Person) {
    ada.presses("Статистика");
    let figures = ada.sees("Ваша статистика").await;
    for line in ["Картинок: 3", "Избранных: 1", "За последние 30 дней: 3"]
    {
        assert!(figures.words().contains(line), "{}", figures.words());
    }
    ada.presses("Назад");
    sees_card(ada, "1 из 3", "сова").await;
}

async fn deletes_everything(world: &World, ada: &Person) {
    for left in [2, 1, 0] {
        ada.presses("Удалить");
        let question = ada.sees("Удалить эту картинку навсегда?").await;
        assert!(question.photo().is_none());
        ada.presses("Да, удалить");
        if left > 0 {
            sees_card(ada, &format!("из {left}"), "").await;
        }
    }
    ada.sees("Ваша галерея пуста").await;
    if let Some(store) = &world.store {
        assert_eq!(stored(store).await, 0);
    }
    let deleted = ada
        .toasts()
        .iter()
        .filter(|toast| *toast == "Удалено.")
        .count();
    assert_eq!(deleted, 3);
    ada.says("/gallery");
    ada.sees("Ваша галерея пуста").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_dialogue_goes_from_the_menu_to_an_empty_gallery() {
    let surroundings = Surroundings::default().run_time(Duration::from_millis(200));
    let world = surroundings.start().await;
    let ada = world.telegram.person(17, "ru");
    walks_through_everything(&world, &ada).await;
    let finished = world.end().await;
    assert!(!finished.stderr.contains("WARN"), "{}", finished.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_somebody_elses_card_shows_and_deletes_nothing() {
    let world = World::start().await;
    let (ada, eve) = (
        world.telegram.person(17, "ru"),
        world.telegram.person(666, "ru"),
    );
    makes_a_picture(&ada, "рыжая лиса в снегу", "1:1").await;
    ada.presses("Моя галерея");
    let card = sees_card(&ada, "1 из 1", "рыжая лиса").await;
    eve.says("/gallery");
    let own = eve.sees("Ваша галерея пуста").await;
    for button in card.keyboard.iter().flatten() {
        eve.presses_data(own.id, &button.data);
        let id = button.data.split(':').nth(1).unwrap_or_default();
        if !id.is_empty() {
            let forged = format!("gallery_delete_confirm:{id}");
            eve.presses_data(own.id, &forged);
        }
    }
    eve.says("/menu");
    eve.sees("Картинки по описанию").await;
    for message in eve.screen() {
        assert!(
            message.photo().is_none() && !message.words().contains("лиса"),
            "{message:?}"
        );
    }
    assert_eq!(stored(world.store.as_ref().unwrap()).await, 1);
    ada.says("/gallery");
    sees_card(&ada, "1 из 1", "рыжая лиса").await;
    world.end().await;
}
