//! Several people at once.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use axum::body::Bytes;
use cache::testing::RedisServer;
use storage::pictures::Manifest;
use storage::{BucketName, GetOptions, ListOptions, ObjectKey, ObjectRef, ObjectStore};

use super::double::message::Content;
use super::double::person::Person;
use super::gallery::{is_picture, sees_card};
use super::making::{PROMPT, asks_for_a_picture, makes_a_picture};
use super::private_s3::PrivateS3;
use super::world::{Surroundings, World};

/// How many pictures each of two people makes.
const EACH: usize = 50;

/// Whose a picture is, and what it was made of.
type Origin = (String, String);

fn prompt(name: &str, number: usize) -> String {
    format!("{name}, картинка {number:02}")
}

/// Makes fifty pictures, each of a description of its own, and looks into the gallery in between.
async fn talks(person: &Person, name: &str) {
    for number in 1..=EACH {
        makes_a_picture(person, &prompt(name, number), "1:1").await;
        if number % 10 == 0 {
            looks_back(person, name, number).await;
        }
    }
}

/// Goes to the picture before the newest one, and back.
async fn looks_back(person: &Person, name: &str, number: usize) {
    let newest = (format!("1 из {number}"), prompt(name, number));
    let before = (format!("2 из {number}"), prompt(name, number - 1));
    for (button, (position, prompt)) in [
        ("Моя галерея", &newest),
        ("Старее", &before),
        ("Новее", &newest),
    ] {
        person.presses(button);
        sees_card(person, position, prompt).await;
    }
}

/// Returns where each stored picture comes from, as the manifest beside it says.
async fn origins(store: &PrivateS3) -> HashMap<Bytes, Origin> {
    let bucket: BucketName = "imagen4".parse().unwrap();
    let listed = store.store().list(&bucket, ListOptions::default()).await;
    let keys = listed.unwrap().entries.into_iter().map(|entry| entry.key);
    let mut origins = HashMap::new();
    for key in keys.filter(is_picture) {
        let beside: ObjectKey = format!("{key}.json").parse().unwrap();
        let manifest = read(store, &bucket, beside).await;
        let manifest = Manifest::from_json(&manifest).unwrap();
        let origin = (manifest.owner, manifest.prompt.to_string());
        origins.insert(read(store, &bucket, key).await, origin);
    }
    origins
}

async fn read(store: &PrivateS3, bucket: &BucketName, key: ObjectKey) -> Bytes {
    let object = ObjectRef::new(bucket.clone(), key);
    let opened = store.store().get(&object, GetOptions::default()).await;
    opened.unwrap().body.collect(1 << 25).await.unwrap()
}

/// Checks all that `person` was ever shown: their own descriptions in their order, and under each of them the
/// picture that was made of it for them.
fn saw_only_their_own(
    person: &Person,
    (owner, name): (&str, &str),
    other: &str,
    origins: &HashMap<Bytes, Origin>,
) {
    let (mut questions, mut pictures) = (Vec::new(), BTreeSet::new());
    for content in person.was_shown() {
        match content {
            Content::Text(text) => {
                assert!(!text.text.contains(other), "{}", text.text);
                let question = text.text.strip_prefix("Какой формат?\n\n");
                questions.extend(question.map(str::to_owned));
            }
            Content::Photo { photo, caption } => {
                let (of, prompt) = &origins[&photo.bytes];
                assert_eq!(of, owner, "{}", caption.text);
                assert!(caption.text.contains(prompt), "{}", caption.text);
                pictures.insert(prompt.clone());
            }
        }
    }
    let own: Vec<_> = (1..=EACH).map(|number| prompt(name, number)).collect();
    assert_eq!(questions, own);
    assert_eq!(pictures, own.into_iter().collect::<BTreeSet<_>>());
    let notices = person.toasts();
    assert!(notices.iter().all(|text| !text.contains(other)));
}

async fn is_apart(world: &World, people: [(&Person, &str, &str); 2]) {
    let origins = origins(world.store.as_ref().unwrap()).await;
    assert_eq!(origins.len(), 2 * EACH, "two pictures are alike");
    let [(_, _, first), (_, _, second)] = people;
    for ((person, owner, name), other) in people.into_iter().zip([second, first]) {
        saw_only_their_own(person, (owner, name), other, &origins);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_make_fifty_pictures_each_at_once_and_never_see_anything_of_the_other() {
    let redis = RedisServer::start();
    let world = Surroundings::default()
        .pictures_at_once()
        .variable("REDIS_HOST", "127.0.0.1")
        .variable("REDIS_PORT", redis.port().to_string())
        .start()
        .await;
    let ada = world.telegram.person(17, "ru");
    let bob = world.telegram.person(18, "ru");
    tokio::join!(talks(&ada, "Ада"), talks(&bob, "Боб"));
    is_apart(&world, [(&ada, "tg:17", "Ада"), (&bob, "tg:18", "Боб")]).await;
    assert_eq!(world.fal.control().accepted_submits(), 2 * EACH as u64);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_picture_is_made_everybody_is_answered() {
    let surroundings = Surroundings::default().fal_stands_still();
    let world = surroundings.start().await;
    let ada = world.telegram.person(17, "ru");
    let bob = world.telegram.person(18, "ru");
    asks_for_a_picture(&ada, PROMPT, "1:1").await;
    world.fal_has_taken(1).await;

    bob.says("/gallery");
    bob.sees("Ваша галерея пуста").await;
    asks_for_a_picture(&bob, "бобр на реке", "1:1").await;
    world.fal_has_taken(2).await;

    // A second description is answered, and begins nothing.
    ada.says("/start");
    ada.sees("Картинки").await;
    ada.presses("Нарисовать");
    ada.sees("Что нарисовать?").await;
    ada.says("ещё один кот");
    ada.sees("Одна ваша картинка ещё рисуется").await;

    world.fal.control().advance(Duration::from_mins(1));
    ada.sees_photo(PROMPT).await;
    bob.sees_photo("бобр на реке").await;
    assert_eq!(world.fal.control().accepted_submits(), 2);
    world.end().await;
}
