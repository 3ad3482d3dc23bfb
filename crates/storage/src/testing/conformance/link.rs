//! Rules of signed links; a store without links must say so.

use chrono::Duration;

use super::fixture::Fixture;
use super::ground::{Ground, assert_kind};
use crate::error::StorageErrorKind;
use crate::name::ObjectRef;
use crate::options::{LinkLife, SignOptions};
use crate::signed_url::SignedUrl;

/// Signs, or asserts that the store says that it cannot.
async fn sign(
    fixture: &impl Fixture,
    object: &ObjectRef,
    options: SignOptions,
) -> Option<SignedUrl> {
    let answer = fixture.store().sign_get(object, options).await;
    if fixture.expectations().signed_links {
        return Some(answer.unwrap());
    }
    assert_kind(answer, StorageErrorKind::NotSupported);
    None
}

/// A link names the object and holds no secret; `Debug` shows nothing of it.
pub async fn a_link_holds_no_secret(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    ground.put("a/b.png", "one").await;
    let object = ground.object("a/b.png");
    if let Some(link) = sign(fixture, &object, SignOptions::default()).await {
        assert!(link.expose().contains("/a/b.png"));
        if let Some(secret) = fixture.expectations().secret {
            assert!(!link.expose().contains(&secret));
        }
        assert!(!format!("{link:?}").contains("b.png"));
    }
}

/// A link ends after its life, told to within a second.
pub async fn a_link_ends_after_its_life(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    let object = ground.object("a");
    for seconds in [1, 900, 604_800] {
        let life = LinkLife::from_secs(seconds).unwrap();
        let options = SignOptions {
            life,
            ..SignOptions::default()
        };
        let life = Duration::seconds(life.as_secs().into());
        let before = fixture.now() - Duration::seconds(1);
        if let Some(link) = sign(fixture, &object, options).await {
            let ends = before + life..=fixture.now() + life;
            assert!(
                ends.contains(&link.expires_at()),
                "{link:?} not in {ends:?}"
            );
        }
    }
}

/// A link is signed without asking whether the object exists.
pub async fn a_link_needs_no_object(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    sign(fixture, &ground.object("missing"), SignOptions::default()).await;
}

/// Links of different keys, odd ones too, are different.
pub async fn links_of_different_keys_differ(fixture: &impl Fixture) {
    let ground = Ground::without_bucket(fixture);
    let mut links = Vec::new();
    for name in ["a b", "a+b", "a%20b", "a%2Fb", "a/b", "a?b", "a#b", "ü"] {
        let object = ground.object(name);
        let link = sign(fixture, &object, SignOptions::default()).await;
        links.extend(link.map(|link| {
            let path = link.expose().split('?').next().map(str::to_owned);
            path.unwrap()
        }));
    }
    let all = links.len();
    links.sort_unstable();
    links.dedup();
    assert_eq!(links.len(), all);
}
