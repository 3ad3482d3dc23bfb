//! The rules of changes that meet each other.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use futures_util::future::join_all;

use super::super::Fixture;
use super::{fill, first, ids, limits, page};
use crate::{Cache as _, CacheKey, FillToken, RecentList as _};

/// A push between token and fill makes the fill refuse, whether the list was cold or warm.
pub async fn a_push_between_token_and_fill_refuses_the_fill(fixture: &Fixture) {
    let key = fixture.key("raced-push");
    let cold = fixture.list.token(&key).await.unwrap();
    fixture.list.push(&key, "b", &limits(5)).await.unwrap();
    assert!(
        !fixture
            .list
            .fill(&key, &cold, &ids("a"), &limits(5))
            .await
            .unwrap()
    );
    assert_eq!(fixture.list.page(&key, 0, 5).await.unwrap(), None);

    fill(fixture, &key, "b a", &limits(5)).await;
    let warm = fixture.list.token(&key).await.unwrap();
    fixture.list.push(&key, "c", &limits(5)).await.unwrap();
    assert!(
        !fixture
            .list
            .fill(&key, &warm, &ids("b a"), &limits(5))
            .await
            .unwrap()
    );
    assert_eq!(first(fixture, &key, 5).await, page("c b a", true));
}

/// A removal between token and fill makes the fill refuse.
pub async fn a_removal_between_token_and_fill_refuses_the_fill(fixture: &Fixture) {
    let key = fixture.key("raced-removal");
    let token = fixture.list.token(&key).await.unwrap();
    fixture.list.remove(&key, "a", &limits(5)).await.unwrap();
    assert!(
        !fixture
            .list
            .fill(&key, &token, &ids("b a"), &limits(5))
            .await
            .unwrap()
    );
    assert_eq!(fixture.list.page(&key, 0, 5).await.unwrap(), None);
}

/// A token of another list, or a made-up one, fills nothing.
pub async fn a_foreign_token_fills_nothing(fixture: &Fixture) {
    let [key, other] = ["token-mine", "token-other"].map(|name| fixture.key(name));
    let foreign = fixture.list.token(&other).await.unwrap();
    assert!(
        !fixture
            .list
            .fill(&key, &foreign, &ids("a"), &limits(5))
            .await
            .unwrap()
    );
    let made_up = FillToken::new("");
    assert!(
        !fixture
            .list
            .fill(&key, &made_up, &ids("a"), &limits(5))
            .await
            .unwrap()
    );
    assert_eq!(fixture.list.page(&key, 0, 5).await.unwrap(), None);
}

/// After a thousand random changes at the same time: within the cap, no id twice, each writer's ids newest
/// first, an end always, a removed id absent at once.
pub async fn a_thousand_changes_at_the_same_time_keep_every_rule(fixture: &Fixture) {
    let key = fixture.key("contended");
    fill(fixture, &key, "", &limits(50)).await;
    let writers = (0..10).map(|writer| change_at_random(fixture, &key, writer));
    let written = join_all(writers).await;
    let listed = first(fixture, &key, 51).await.ids;
    assert!((1..=50).contains(&listed.len()), "{}", listed.len());
    for (writer, mut mine) in written.into_iter().enumerate() {
        mine.reverse();
        let start = format!("{writer}-");
        let found: Vec<_> = listed.iter().filter(|id| id.starts_with(&start)).collect();
        // The cap takes the oldest, so what is left are the newest of each writer.
        let newest: Vec<_> = mine.iter().take(found.len()).collect();
        assert_eq!(found, newest, "of writer {writer} in {listed:?}");
    }
}

/// Makes a hundred changes with ids that no other writer has; returns what it left, the newest last.
async fn change_at_random(fixture: &Fixture, key: &CacheKey, writer: u64) -> Vec<String> {
    let limits = limits(50);
    let mut random = fastrand::Rng::with_seed(writer);
    let mut mine: Vec<String> = Vec::new();
    for change in 0..100 {
        let id = if mine.is_empty() || random.bool() {
            format!("{writer}-{change}")
        } else {
            mine.remove(random.usize(..mine.len()))
        };
        // Half of the ids that were there are pushed again, the others are taken out.
        if id == format!("{writer}-{change}") || random.bool() {
            assert!(fixture.list.push(key, &id, &limits).await.unwrap());
            mine.push(id);
        } else {
            fixture.list.remove(key, &id, &limits).await.unwrap();
            let listed = first(fixture, key, 50).await.ids;
            assert!(!listed.contains(&id), "{id} is still listed");
        }
        // There is no life while a removal of another writer has just emptied the list.
        let left = fixture.cache.ttl(key).await.unwrap();
        assert!(
            left.is_none_or(|left| left <= limits.ttl.as_duration()),
            "{left:?}"
        );
    }
    mine
}
