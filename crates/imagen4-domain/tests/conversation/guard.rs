//! The guard: once for each update, and nobody gets past it.

use std::sync::Arc;

use imagen4_domain::conversation::{
    Admission, ChatId, ChatUser, Guard, Incoming, MemoryUsers, Profile, Refusal, Rejection,
    RejectionKind, Replies, Update, UsersError,
};
use imagen4_domain::testing::{MockUsers, user};

use crate::world::World;

/// Returns users who are asked so many times in all, no more and no fewer.
fn asked(times: usize) -> Guard {
    let mut users = MockUsers::new();
    let admission = Admission::Admitted(Profile::new(user("tg:42")));
    users
        .expect_admit()
        .times(times)
        .returning(move |_| Ok(admission.clone()));
    Guard::new(Arc::new(users))
}

fn update(text: &str) -> Update {
    Update::text(ChatId(42), ChatUser::new(42), text)
}

/// What a handler of somebody else answers.
#[derive(Debug, PartialEq)]
enum Answer {
    Own(u32),
    Rejected(RejectionKind),
}

impl From<Rejection> for Answer {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection.kind())
    }
}

#[tokio::test]
async fn a_nested_guard_asks_nobody() {
    let (outer, inner) = (asked(1), asked(0));
    let inner = &inner;
    let name = outer
        .run(update("hello"), |first, incoming| async move {
            let nested = inner.run(incoming, |second, incoming| async move {
                assert_eq!(incoming.user(), Some(&second));
                Ok::<_, Answer>(second)
            });
            let second = nested.await?;
            assert_eq!(first, second);
            Ok::<_, Answer>(second.id().to_string())
        })
        .await;
    assert_eq!(name, Ok("tg:42".to_owned()));
}

#[tokio::test]
async fn an_error_of_the_handler_passes_unchanged() {
    let answer: Result<(), _> = asked(1)
        .run(update("hello"), |_, _| async { Err(Answer::Own(17)) })
        .await;
    assert_eq!(answer, Err(Answer::Own(17)));
}

#[tokio::test]
async fn a_handler_sees_nobody_who_is_not_let_in() {
    let users = MemoryUsers::only([]);
    let mut stuck = MockUsers::new();
    stuck
        .expect_admit()
        .returning(|_| Err(UsersError::new("away")));
    let stranger = Guard::new(Arc::new(users.clone()));
    users.ban(43);
    let banned = Update::text(ChatId(43), ChatUser::new(43), "hello");
    for (guard, update, kind) in [
        (stranger.clone(), update("hello"), RejectionKind::Unknown),
        (stranger, banned, RejectionKind::Banned),
        (
            Guard::new(Arc::new(stuck)),
            update("hello"),
            RejectionKind::Unavailable,
        ),
    ] {
        let answer: Result<(), _> = guard
            .run(update, |_, _| async { panic!("somebody came in") })
            .await;
        assert_eq!(answer, Err(Answer::Rejected(kind)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_users_are_asked_once_for_each_update_of_a_dialogue() {
    let world = World::new();
    let texts = ["/start", "/gallery", "hello", "/cancel", "/nonsense"];
    let guard = asked(texts.len() + 2);
    let talk = world.talk_behind(guard);
    let replies: Arc<dyn Replies> = Arc::new(world.replies.clone());
    for text in texts {
        let handled = talk.handle(update(text), Arc::clone(&replies)).await;
        handled.unwrap();
    }
    for data in ["imagen4_prompt", "no button of ours"] {
        let update = Update::callback(ChatId(42), ChatUser::new(42), data, None);
        talk.handle(update, Arc::clone(&replies)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn behind_a_guard_of_the_programs_own_the_conversation_asks_nobody() {
    let world = World::new();
    let talk = world.talk_behind(asked(0));
    let replies: Arc<dyn Replies> = Arc::new(world.replies.clone());
    let handled = asked(1)
        .run(update("/start"), |_, incoming: Incoming| async {
            let told = talk.handle(incoming, replies).await;
            told.map_err(|_| Answer::Own(0))
        })
        .await;
    assert_eq!((handled, world.replies.count()), (Ok(()), 1));
}

#[tokio::test(start_paused = true)]
async fn who_is_not_let_in_is_told_so_and_nothing_else_happens() {
    let world = World::new();
    let anna = world.person(42);
    anna.make("аист на крыше").await;
    world.users.ban(42);
    let calls = world.store.all_calls();
    anna.press("🔁 Ещё раз").await;
    world.talk.finish().await;
    assert_eq!(anna.text(), "Вам нельзя пользоваться этим ботом.");
    assert_eq!(
        (world.store.all_calls(), world.generator.submits()),
        (calls, 1)
    );
    assert_eq!(
        Admission::Refused(Refusal::Banned),
        imagen4_domain::conversation::Users::admit(&world.users, &anna.who)
            .await
            .unwrap()
    );
}
