//! The rules that every [`DialogueStore`] keeps, one function each, and a macro that makes tests of them.
//!
//! A rule sleeps through the life of a dialogue: tests pause the time of tokio, by which the store must live.

use std::sync::Arc;
use std::time::Duration;

use crate::Days;
use crate::conversation::{
    Browsing, ChatId, DIALOGUE_LIFE, DateChoice, Dialogue, DialogueStore, KindChoice, Place, Step,
};
use crate::testing::user;

/// A dialogue in which every field says something.
fn full(chat: i64) -> Dialogue {
    Dialogue {
        chat: ChatId(chat),
        step: Step::ChoosingRatio {
            prompt: "маяк на рассвете 🦊 \"{x}\"\n".parse().unwrap(),
        },
        browsing: Browsing {
            kind: KindChoice::Favourites,
            days: DateChoice::Days(Days::Week),
            place: Some(Place {
                id: "0192f0c1-d2e3-7abc-8def-0123456789ab".parse().unwrap(),
                picture: 3,
            }),
        },
    }
}

/// What was kept is found as it was.
pub async fn a_dialogue_comes_back_as_it_was_kept(store: Arc<dyn DialogueStore>) {
    let user = user("tg:7");
    for dialogue in [full(7), Dialogue::new(ChatId(i64::MIN))] {
        store.save(&user, &dialogue).await.unwrap();
        assert_eq!(store.load(&user).await.unwrap(), Some(dialogue));
    }
}

/// Where nothing was kept, there is none.
pub async fn a_user_without_a_dialogue_has_none(store: Arc<dyn DialogueStore>) {
    assert_eq!(store.load(&user("tg:7")).await.unwrap(), None);
}

/// A later one replaces the earlier one.
pub async fn a_later_dialogue_replaces_the_earlier_one(store: Arc<dyn DialogueStore>) {
    let user = user("tg:7");
    store.save(&user, &full(7)).await.unwrap();
    let later = Dialogue::new(ChatId(8));
    store.save(&user, &later).await.unwrap();
    store.save(&user, &later).await.unwrap();
    assert_eq!(store.load(&user).await.unwrap(), Some(later));
}

/// Names that look alike are other users.
pub async fn users_do_not_meet(store: Arc<dyn DialogueStore>) {
    let names = ["tg:7", "tg:70", "tg", "7", "TG:7", "tg.7"];
    for (chat, name) in (0..).zip(names) {
        store.save(&user(name), &full(chat)).await.unwrap();
    }
    for (chat, name) in (0..).zip(names) {
        assert_eq!(store.load(&user(name)).await.unwrap(), Some(full(chat)));
    }
}

/// A dialogue lives for its whole life after its last change, and no longer.
pub async fn a_dialogue_ends_an_hour_after_its_last_change(store: Arc<dyn DialogueStore>) {
    let (user, second) = (user("tg:7"), Duration::from_secs(1));
    let almost = DIALOGUE_LIFE.saturating_sub(second);
    store.save(&user, &full(7)).await.unwrap();
    tokio::time::sleep(almost).await;
    let almost = DIALOGUE_LIFE.saturating_sub(second);
    store.save(&user, &full(7)).await.unwrap();
    tokio::time::sleep(almost).await;
    assert_eq!(store.load(&user).await.unwrap(), Some(full(7)));
    tokio::time::sleep(second * 2).await;
    assert_eq!(store.load(&user).await.unwrap(), None);
}

/// Makes a test of each rule: `fixture` is an expression that gives an empty store.
#[macro_export]
macro_rules! dialogue_store_conformance {
    ($(#[$attribute:meta])+ fixture = $fixture:expr) => {
        $crate::dialogue_store_conformance! { @rules [$(#[$attribute])+] ($fixture)
            a_dialogue_comes_back_as_it_was_kept
            a_user_without_a_dialogue_has_none
            a_later_dialogue_replaces_the_earlier_one
            users_do_not_meet
            a_dialogue_ends_an_hour_after_its_last_change
        }
    };
    (@rules $attributes:tt $fixture:tt $($rule:ident)+) => {
        $($crate::dialogue_store_conformance! { @rule $attributes $fixture $rule })+
    };
    (@rule [$(#[$attribute:meta])+] ($fixture:expr) $rule:ident) => {
        $(#[$attribute])+
        async fn $rule() {
            let store: std::sync::Arc<dyn $crate::conversation::DialogueStore> =
                std::sync::Arc::new($fixture);
            $crate::testing::conformance::dialogue::$rule(store).await;
        }
    };
}
