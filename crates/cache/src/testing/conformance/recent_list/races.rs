//! The rules of changes that meet each other.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use super::super::Fixture;
use super::{fill, first, ids, limits, page};
use crate::{FillToken, RecentList as _};

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
