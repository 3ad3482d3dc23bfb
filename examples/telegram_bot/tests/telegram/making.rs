//! From the menu to a picture, in Russian and in English.

use std::time::Duration;

use storage::{BucketName, GetOptions, ListOptions, ObjectRef, ObjectStore};

use super::double::person::Person;
use super::gallery::is_picture;
use super::world::{Surroundings, World};

/// A description that would break markup, if it were taken for any.
pub(crate) const PROMPT: &str = "Рыжий <b>кот & лис</i> на \"крыше\" 🦊";

/// Goes from the menu to where a picture begins to be made.
pub(crate) async fn asks_for_a_picture(person: &Person, prompt: &str, ratio: &str) {
    person.says("/start");
    person.sees("Картинки по описанию").await;
    person.presses("Нарисовать");
    person.sees("Что нарисовать?").await;
    person.says(prompt);
    person.sees("Какой формат?").await;
    person.presses(ratio);
}

/// Goes from the menu to a picture and returns its bytes.
pub(crate) async fn makes_a_picture(person: &Person, prompt: &str, ratio: &str) -> Vec<u8> {
    asks_for_a_picture(person, prompt, ratio).await;
    let shown = person.sees_photo(prompt).await;
    assert!(
        shown.words().contains(&format!("Формат: {ratio}")),
        "{}",
        shown.words()
    );
    shown.photo().unwrap().bytes.to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_made_from_the_menu_on() {
    let surroundings = Surroundings::default().run_time(Duration::from_millis(300));
    let world = surroundings.start().await;
    let ada = world.telegram.person(17, "ru");
    let bytes = makes_a_picture(&ada, PROMPT, "16:9").await;

    // What the chat shows is what the store keeps, to the byte.
    let store = world.store.as_ref().unwrap().store();
    let bucket: BucketName = "imagen4".parse().unwrap();
    let listed = store.list(&bucket, ListOptions::default()).await.unwrap();
    let mut keys = listed.entries.into_iter().map(|entry| entry.key);
    let object = ObjectRef::new(bucket, keys.find(is_picture).unwrap());
    let opened = store.get(&object, GetOptions::default()).await.unwrap();
    assert_eq!(opened.body.collect(1 << 25).await.unwrap(), bytes);

    // The progress was told in one message, which says now that the work is done.
    let done = ada.waits_for("the end of the work", |screen| {
        let progress = screen.iter().filter(|message| message.words() == "Готово.");
        (progress.count() == 1).then_some(())
    });
    done.await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_messenger_is_not_russian_is_spoken_to_in_english() {
    let world = World::start().await;
    let bob = world.telegram.person(18, "de");
    bob.says("/menu");
    bob.sees("Pictures from words").await;
    bob.presses("Make a picture");
    bob.sees("What shall I draw?").await;
    bob.says("/cancel");
    bob.sees("Nothing is waited for").await;

    // Both languages have the commands.
    let offered = world.telegram.calls_of("setMyCommands");
    let offered: Vec<_> = offered.iter().map(|one| &one.call.arguments).collect();
    assert_eq!(offered.len(), 2);
    for (arguments, tag, about) in [
        (offered[0], None, "My pictures"),
        (offered[1], Some("ru"), "Мои картинки"),
    ] {
        let told = serde_json::Value::Object(arguments.clone());
        assert_eq!(told["language_code"].as_str(), tag, "{told}");
        assert!(told["commands"].to_string().contains(about), "{told}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_are_counted_in_characters_and_told() {
    let world = World::start().await;
    let ada = world.telegram.person(17, "ru");
    ada.says("/start");
    ada.sees("Картинки").await;
    for (prompt, answer) in [
        ("ab", "В описании 2 символов"),
        (&*"к".repeat(2_001), "В описании 2001 символов"),
        (&*"🦊".repeat(2_000), "Какой формат?"),
    ] {
        ada.presses("Нарисовать");
        ada.sees("Что нарисовать?").await;
        ada.says(prompt);
        ada.sees(answer).await;
        ada.says("/menu");
        ada.sees("Картинки").await;
    }
    assert_eq!(world.fal.control().accepted_submits(), 0);
    world.end().await;
}
