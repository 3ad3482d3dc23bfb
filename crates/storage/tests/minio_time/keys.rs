//! Keys that are replaced in a running store, and sessions.

use super::*;

fn replaced() -> Credentials {
    Credentials::new("who-else", Secret::new("the-new-secret"))
}

/// The crate keeps a signing key for a day, whatever the secret; a running store must not meet the old one.
#[tokio::test]
async fn replaced_keys_are_used_at_once_on_both_planes_and_in_links() {
    let same_name = Credentials::new("who", Secret::new("the-new-secret"));
    for right in [replaced(), same_name] {
        let scene = Scene::with_keys(std::slice::from_ref(&right)).await;
        let shared = SharedCredentials::new(credentials());
        let store = scene.store(shared.clone());
        let before = store.sign_get(&object(), SignOptions::default()).await;
        for verb in ["head", "list", "put", "ensure_bucket"] {
            let refused = first_call(&store, verb).await;
            assert_eq!(refused, Err(StorageErrorKind::Denied), "{verb}");
        }
        assert_eq!(scene.open(&before.unwrap()).await, 403);

        shared.replace(right);
        for verb in ["head", "list", "put", "ensure_bucket"] {
            assert_eq!(first_call(&store, verb).await, Ok(()), "{verb}");
        }
        let after = store.sign_get(&object(), SignOptions::default()).await;
        assert_eq!(scene.open(&after.unwrap()).await, 200);
    }
}

#[tokio::test]
async fn a_session_signs_its_token_everywhere() {
    let scene = Scene::with_keys(&[credentials()]).await;
    let session = credentials().with_session_token(Secret::new("a/token+of=the=session"));
    let store = scene.store(session);
    for verb in ["head", "list", "put", "put of a stream", "ensure_bucket"] {
        assert_eq!(first_call(&store, verb).await, Ok(()), "{verb}");
    }
    let link = store
        .sign_get(&object(), SignOptions::default())
        .await
        .unwrap();
    assert!(
        link.expose()
            .contains("&X-Amz-Security-Token=a%2Ftoken%2Bof%3Dthe%3Dsession&")
    );
    assert_eq!(scene.open(&link).await, 200);
    // The token is signed: without it, or with another, the link is dead.
    for other in ["", "&X-Amz-Security-Token=other"] {
        let forged = link.expose().replace(
            "&X-Amz-Security-Token=a%2Ftoken%2Bof%3Dthe%3Dsession",
            other,
        );
        assert_eq!(
            scene.open(&SignedUrl::new(forged, link.expires_at())).await,
            403
        );
    }
}

#[tokio::test]
async fn a_session_that_has_ended_gives_no_link_and_the_next_one_does() {
    let scene = Scene::with_keys(&[credentials()]).await;
    let shared = SharedCredentials::new(credentials().with_end(scene.clock.now()));
    let store = scene.store(shared.clone());
    let refused = store.sign_get(&object(), SignOptions::default()).await;
    assert_eq!(refused.unwrap_err().kind(), StorageErrorKind::Denied);
    let hour = scene.clock.now() + TimeDelta::hours(1);
    shared.replace(credentials().with_end(hour));
    let link = store
        .sign_get(&object(), SignOptions::default())
        .await
        .unwrap();
    assert!(link.expires_at() <= hour && hour - link.expires_at() < TimeDelta::seconds(1));
    assert_eq!(scene.open(&link).await, 200);
}

#[tokio::test]
async fn debug_shows_neither_secret_nor_token() {
    let scene = Scene::with_keys(&[credentials()]).await;
    let secret = Credentials::new("who", Secret::new("canary"));
    let shared = SharedCredentials::new(secret.with_session_token(Secret::new("canary")));
    let settings = MinioSettings::new(scene.endpoint.url().parse().unwrap(), shared.clone());
    let store = scene.store(shared.clone());
    // Something is kept of the keys after a first signature.
    store
        .sign_get(&object(), SignOptions::default())
        .await
        .unwrap();
    assert!(!format!("{store:?} {store:#?} {settings:?} {shared:?}").contains("canary"));
}
