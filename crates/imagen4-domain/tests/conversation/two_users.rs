//! Two people at once: no dialogue mixes, and nobody sees the other's pictures.

use imagen4_domain::conversation::{CallbackName, Content, PictureHandle};

use crate::world::{Person, World};

const EACH: usize = 50;

/// Makes fifty pictures, each with a description of its own, looking into the gallery in between.
async fn talk(person: &Person<'_>, name: &str) {
    for number in 0..EACH {
        person.say("/start").await;
        tokio::task::yield_now().await;
        person.press("🎨 Нарисовать").await;
        tokio::task::yield_now().await;
        person.say(&format!("{name} {number}")).await;
        tokio::task::yield_now().await;
        let quoted = person.text();
        assert!(quoted.ends_with(&format!("{name} {number}")), "{quoted}");
        person.press_and_wait("1:1").await;
        if number % 10 == 9 {
            person.press("🖼 Моя галерея").await;
            person.press("Старее ▶").await;
        }
    }
}

/// Checks that every message of `person` tells of their own generations alone.
async fn sees_only_their_own(person: &Person<'_>, name: &str, other: &str) {
    let own = person.generations().await;
    assert_eq!(own.len(), EACH);
    let mut pictures = 0;
    for sent in person.world.replies.sent_to(person.chat) {
        let Some(card) = sent.reply.card() else {
            continue;
        };
        assert!(!card.content.text().to_plain().contains(other));
        if let Content::Picture { picture, caption } = &card.content {
            assert!(caption.to_plain().contains(name));
            let PictureHandle::Stored(stored) = picture else {
                panic!("{picture:?}");
            };
            let key = stored.object.key.to_string();
            assert!(own.iter().any(|id| key.contains(&id.to_string())), "{key}");
            pictures += 1;
        }
    }
    assert!(pictures >= EACH, "{pictures}");
}

#[tokio::test(start_paused = true)]
async fn fifty_pictures_each_at_once_never_mix() {
    let world = World::new();
    let (anna, boris) = (world.person(1), world.person(2));
    tokio::join!(talk(&anna, "аист"), talk(&boris, "бобр"));
    sees_only_their_own(&anna, "аист", "бобр").await;
    sees_only_their_own(&boris, "бобр", "аист").await;
    assert_eq!(world.generator.submits(), 2 * EACH);
}

#[tokio::test(start_paused = true)]
async fn in_one_chat_dialogues_stay_apart_as_well() {
    let world = World::new();
    let (anna, mut boris) = (world.person(1), world.person(2));
    boris.chat = anna.chat;
    anna.say("/start").await;
    anna.press("🎨 Нарисовать").await;
    boris.say("это не мне").await;
    assert!(anna.text().contains("Сейчас я не жду сообщения"));
    anna.say("аист на крыше").await;
    assert!(anna.text().ends_with("аист на крыше"));
    // A shape that somebody else chooses begins nothing of either.
    boris.press("1:1").await;
    world.talk.finish().await;
    assert_eq!(world.generator.submits(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dialogue_of_another_chat_counts_for_nothing() {
    let world = World::new();
    let anna = world.person(1);
    let mut elsewhere = anna.clone();
    elsewhere.chat.0 = -100;
    anna.say("/start").await;
    anna.press("🎨 Нарисовать").await;
    elsewhere.say("это в другом чате").await;
    assert!(elsewhere.text().contains("Сейчас я не жду сообщения"));
}

#[tokio::test(start_paused = true)]
async fn buttons_with_the_id_of_anothers_picture_find_nothing() {
    let world = World::new();
    let (anna, boris) = (world.person(1), world.person(2));
    anna.make("аист на крыше").await;
    let id = anna.generations().await[0];
    boris.say("/start").await;
    let before = world.replies.sent_to(anna.chat).len();
    let of_an_id = CallbackName::ALL
        .into_iter()
        .filter_map(|name| name.with(&id.to_string()));
    let of_an_id: Vec<_> = of_an_id.collect();
    assert_eq!(of_an_id.len(), 8);
    for callback in of_an_id {
        boris.press_data(&callback.to_string(), None).await;
        world.talk.finish().await;
    }
    for sent in world.replies.sent_to(boris.chat) {
        if let Some(card) = sent.reply.card() {
            assert!(!card.content.text().to_plain().contains("аист"));
            assert!(matches!(card.content, Content::Text(_)));
        }
    }
    assert_eq!(world.generator.submits(), 1);
    assert_eq!(world.replies.sent_to(anna.chat).len(), before);
    let item = world.gallery.item(&anna.id(), &id).await.unwrap();
    assert!(!item.favourite && item.generation.pictures().len() == 1);
}
