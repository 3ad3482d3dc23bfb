//! Rules of several callers at once.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future;

use super::fixture::Fixture;
use super::ground::{Ground, noise};
use crate::error::StorageErrorKind;
use crate::options::PutOptions;

/// How many callers run at once.
const RACERS: u8 = 10;

/// Bytes that tell who wrote them, all of one length.
fn written_by(racer: u8) -> Bytes {
    vec![racer; 150_000].into()
}

/// Ten create-only puts at once have one winner, whose bytes are kept; or at least one where that is
/// declared.
pub async fn ten_racers_have_one_winner(fixture: &impl Fixture) {
    let ground = Arc::new(Ground::new(fixture).await);
    let race = (0..RACERS).map(|racer| {
        let ground = Arc::clone(&ground);
        tokio::spawn(async move {
            let options = PutOptions::create_only().with_content_type(format!("image/x-{racer}"));
            ground.put_with("a.png", written_by(racer), options).await
        })
    });
    let mut winners = Vec::new();
    for (racer, answer) in (0..RACERS).zip(future::join_all(race).await) {
        match answer.unwrap() {
            Ok(_) => winners.push(racer),
            Err(error) => assert_eq!(error.kind(), StorageErrorKind::AlreadyExists, "{error:?}"),
        }
    }
    assert!(!winners.is_empty(), "somebody must win");
    if fixture.expectations().atomic_create {
        assert_eq!(winners.len(), 1, "won by {winners:?}");
    }
    let kept = ground.read("a.png").await;
    assert!(winners.contains(&kept[0]), "the bytes are a winner's");
    assert_eq!(kept, written_by(kept[0]));
    let content_type = ground.head("a.png").await.content_type;
    assert_eq!(content_type, Some(format!("image/x-{}", kept[0])));
}

/// Readers during overwrites see one whole object, old or new, with its own type.
pub async fn readers_see_the_old_or_the_new_object(fixture: &impl Fixture) {
    let ground = Arc::new(Ground::new(fixture).await);
    let write = |ground: Arc<Ground>, round: u8| async move {
        let options = PutOptions::overwrite().with_content_type(format!("image/x-{round}"));
        let answer = ground.put_with("a.png", written_by(round), options).await;
        answer.unwrap();
    };
    write(Arc::clone(&ground), 0).await;
    let writer = tokio::spawn({
        let ground = Arc::clone(&ground);
        async move {
            for round in 1..20 {
                write(Arc::clone(&ground), round).await;
            }
        }
    });
    let mut reads = 0;
    while !writer.is_finished() || reads == 0 {
        let object = ground.get("a.png", crate::GetOptions::default()).await;
        let object = object.unwrap();
        let content_type = object.info.content_type.clone();
        let seen = object.body.collect(1 << 20).await.unwrap();
        assert_eq!(seen, written_by(seen[0]), "the bytes are of one put");
        assert_eq!(content_type, Some(format!("image/x-{}", seen[0])));
        reads += 1;
    }
    writer.await.unwrap();
    assert_eq!(ground.read("a.png").await[0], 19);
}

/// Overwriters at once leave one whole object with its own type.
pub async fn overwriters_at_once_leave_one_whole_object(fixture: &impl Fixture) {
    let ground = Arc::new(Ground::new(fixture).await);
    let race = (0..RACERS).map(|racer| {
        let ground = Arc::clone(&ground);
        tokio::spawn(async move {
            let options = PutOptions::overwrite().with_content_type(format!("image/x-{racer}"));
            ground.put_with("a", written_by(racer), options).await
        })
    });
    for answer in future::join_all(race).await {
        answer.unwrap().unwrap();
    }
    let kept = ground.read("a").await;
    assert_eq!(kept, written_by(kept[0]));
    let content_type = ground.head("a").await.content_type;
    assert_eq!(content_type, Some(format!("image/x-{}", kept[0])));
    assert_eq!(ground.names().await, ["a"]);
}

/// Puts and deletes of one key at once leave an object or none, and the key stays usable.
pub async fn puts_and_deletes_at_once_leave_an_object_or_none(fixture: &impl Fixture) {
    let ground = Arc::new(Ground::new(fixture).await);
    let race = (0..RACERS).map(|racer| {
        let ground = Arc::clone(&ground);
        tokio::spawn(async move {
            if racer % 2 == 0 {
                ground.put("a/b/c.png", written_by(racer)).await;
            } else {
                ground.delete("a/b/c.png").await;
            }
        })
    });
    for done in future::join_all(race).await {
        done.unwrap();
    }
    for name in ground.names().await {
        let kept = ground.read(&name).await;
        assert_eq!(kept, written_by(kept[0]));
    }
    ground.put("a/b/c.png", "one").await;
    assert_eq!(ground.read("a/b/c.png").await, "one");
}

/// Many puts of different keys at once all succeed.
pub async fn many_puts_at_once_all_succeed(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let names: Vec<_> = (0..64).map(|n| format!("d{}/{n:02}.png", n % 3)).collect();
    let puts = names.iter().map(|name| ground.put(name, noise(5_000)));
    future::join_all(puts).await;
    let mut expected = names.clone();
    expected.sort_unstable();
    assert_eq!(ground.names().await, expected);
}

/// Two handles of one store see the same objects.
pub async fn clones_of_a_handle_share_the_store(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a", "one").await;
    let clone = Ground {
        store: Arc::clone(&ground.store),
        bucket: ground.bucket.clone(),
    };
    assert_eq!(clone.read("a").await, "one");
    clone.delete("a").await;
    ground.assert_absent("a").await;
}
