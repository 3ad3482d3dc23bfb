//! Every store of dialogues keeps the rules of the port.

use std::sync::Arc;

use cache::memory::MemoryCache;
use cache::{Cache, FamilyKey};
use imagen4_domain::conversation::{
    CachedDialogues, ChatId, Dialogue, DialogueStore, Guard, MemoryDialogues, Sheltered, Update,
};
use imagen4_domain::testing::{FailingDialogues, user};

use crate::world::World;

mod memory {
    use super::MemoryDialogues;

    imagen4_domain::dialogue_store_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = MemoryDialogues::new()
    );
}

mod cached {
    use super::{Arc, CachedDialogues, MemoryCache};

    imagen4_domain::dialogue_store_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = CachedDialogues::new(Arc::new(MemoryCache::new()))
    );
}

mod behind_layers {
    use super::{Arc, FailingDialogues, MemoryDialogues, Sheltered};

    imagen4_domain::dialogue_store_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = Sheltered::new(Box::new(FailingDialogues::new(Arc::new(
            MemoryDialogues::new()
        ))))
    );
}

mod sheltered_from_an_outage {
    use super::{FailingDialogues, MemoryDialogues, Sheltered};

    imagen4_domain::dialogue_store_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = {
            let away = FailingDialogues::new(MemoryDialogues::new());
            away.break_down();
            Sheltered::new(away)
        }
    );
}

#[tokio::test]
async fn what_the_cache_holds_and_nobody_can_read_is_gone() {
    let cache = MemoryCache::new();
    let store = CachedDialogues::new(Arc::new(cache.clone()));
    let key = FamilyKey::dialogue("tg%3A7").unwrap();
    store
        .save(&user("tg:7"), &Dialogue::new(ChatId(7)))
        .await
        .unwrap();
    let kept = cache.get(key.key()).await.unwrap().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&kept),
        r#"{"browsing":{"days":"all","kind":"all","place":null},"chat":7,"step":"idle","v":1}"#
    );
    for value in [
        "",
        "{}",
        r#"{"chat":7,"step":"flying","v":1}"#,
        r#"{"chat":7,"step":"idle","v":2}"#,
    ] {
        cache.set(key.key(), value.into(), key.ttl()).await.unwrap();
        assert_eq!(store.load(&user("tg:7")).await.unwrap(), None, "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_store_did_not_take_comes_before_what_it_has() {
    let below = FailingDialogues::new(MemoryDialogues::new());
    let store = Sheltered::new(below.clone());
    let (user, at) = (user("tg:7"), |chat| Dialogue::new(ChatId(chat)));
    store.save(&user, &at(1)).await.unwrap();
    below.break_down();
    assert_eq!(store.load(&user).await.unwrap(), Some(at(1)));
    store.save(&user, &at(2)).await.unwrap();
    below.heal();
    assert_eq!(store.load(&user).await.unwrap(), Some(at(2)));
    assert_eq!(below.load(&user).await.unwrap(), Some(at(1)));
    store.save(&user, &at(3)).await.unwrap();
    assert_eq!(below.load(&user).await.unwrap(), Some(at(3)));
    // What another process keeps counts again.
    below.save(&user, &at(4)).await.unwrap();
    assert_eq!(store.load(&user).await.unwrap(), Some(at(4)));
}

#[tokio::test(start_paused = true)]
async fn a_save_whose_caller_goes_away_is_not_lost() {
    #[derive(Debug)]
    struct Silent;

    #[async_trait::async_trait]
    impl DialogueStore for Silent {
        async fn load(
            &self,
            _user: &imagen4_domain::UserId,
        ) -> Result<Option<Dialogue>, imagen4_domain::conversation::DialogueError> {
            Ok(None)
        }

        async fn save(
            &self,
            _user: &imagen4_domain::UserId,
            _dialogue: &Dialogue,
        ) -> Result<(), imagen4_domain::conversation::DialogueError> {
            std::future::pending().await
        }
    }

    let store = Sheltered::new(Silent);
    let dialogue = Dialogue::new(ChatId(7));
    let user = user("tg:7");
    let save = store.save(&user, &dialogue);
    let limit = std::time::Duration::from_secs(1);
    assert!(tokio::time::timeout(limit, save).await.is_err());
    assert_eq!(store.load(&user).await.unwrap(), Some(dialogue));
}

#[tokio::test(start_paused = true)]
async fn another_process_goes_on_with_a_dialogue_where_this_one_left_it() {
    let world = World::new();
    let anna = world.person(42);
    anna.say("/start").await;
    anna.press("🎨 Нарисовать").await;
    anna.say("маяк на рассвете").await;
    let other = world.talk_behind(Guard::new(Arc::new(world.users.clone())));
    let (message, data) = anna.button("16:9").unwrap();
    let update = Update::callback(anna.chat, anna.who.clone(), data, Some(message));
    let replies = Arc::new(world.replies.clone());
    other.handle(update, replies).await.unwrap();
    other.finish().await;
    assert!(anna.text().contains("маяк на рассвете\n\nФормат: 16:9"));
    anna.say("и ещё что-то").await;
    assert!(anna.text().starts_with("Сейчас я не жду сообщения"));
}
