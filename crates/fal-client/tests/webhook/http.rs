//! The keys over HTTP: public, so without the key that pays.

use core_config::Secret;
use fal_client::{
    FalErrorKind, FalKey,
    http::{FalSettings, HttpKeySource},
    testing::{Reply, ScriptedServer},
    webhook::KeySource,
};

use crate::support::published;

async fn fetch(reply: Reply) -> (ScriptedServer, Result<Vec<u8>, FalErrorKind>) {
    let server = ScriptedServer::start([reply]).await.unwrap();
    let key = FalKey::new(&Secret::new("id:canary")).unwrap();
    let settings = FalSettings::new(key).with_rest_url(server.url().unwrap());
    let source = HttpKeySource::new(&settings).unwrap();
    let fetched = source.fetch().await.map_err(|error| error.kind());
    (server, fetched)
}

#[tokio::test]
async fn the_set_is_fetched_from_its_place_without_the_key_that_pays() {
    let set = published(&[1, 2]);
    let (server, fetched) = fetch(Reply::json(200, std::str::from_utf8(&set).unwrap())).await;
    assert_eq!(fetched.unwrap(), set);
    let request = server.requests().remove(0);
    assert_eq!(request.target, "/.well-known/jwks.json");
    assert!(!format!("{request:?}").contains("canary"));
}

#[tokio::test]
async fn a_set_that_is_too_large_elsewhere_or_not_there_is_an_error() {
    let large = " ".repeat(65 * 1024);
    for (reply, kind) in [
        (Reply::json(200, &large), FalErrorKind::Malformed),
        (
            Reply::with_headers(302, &[("location", "http://127.0.0.1:1/")], ""),
            FalErrorKind::Config,
        ),
        (Reply::html(503, "nginx"), FalErrorKind::Unavailable),
        (Reply::Close, FalErrorKind::Unavailable),
    ] {
        assert_eq!(fetch(reply).await.1, Err(kind));
    }
}
