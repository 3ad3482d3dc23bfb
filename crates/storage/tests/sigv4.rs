//! Our links are those of the `minio` crate, whatever the key and whoever signs.
#![cfg(feature = "minio")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use chrono::{DateTime, Utc};
use core_config::Secret;
use minio::s3::creds::StaticProvider;
use minio::s3::http::BaseUrl;
use minio::s3::types::Region;
use minio::s3::{MinioClient, MinioClientBuilder};
use proptest::prelude::*;
use storage::{Clock, Credentials, LinkLife, LinkSigner, ObjectRef, SignOptions, SystemClock};

const ENDPOINT: &str = "http://minio.example:9000";

fn theirs(token: Option<&str>) -> MinioClient {
    let mut base: BaseUrl = ENDPOINT.parse().unwrap();
    base.region = Region::new("eu-central-1").unwrap();
    MinioClientBuilder::new(base)
        .provider(Some(StaticProvider::new("who/a+b", "word", token)))
        .build()
        .unwrap()
}

fn ours(token: Option<&str>) -> LinkSigner {
    let pair = Credentials::new("who/a+b", Secret::new("word"));
    let credentials = match token {
        Some(token) => pair.with_session_token(Secret::new(token)),
        None => pair,
    };
    LinkSigner::new(ENDPOINT.parse().unwrap(), "eu-central-1", credentials)
}

/// The crate signs for the present second, which may pass between the two signatures.
fn their_link(client: &MinioClient, object: &ObjectRef, seconds: u32) -> (DateTime<Utc>, String) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    loop {
        let before = SystemClock.now();
        let link = runtime.block_on(async {
            client
                .get_presigned_object_url(
                    object.bucket.as_str(),
                    object.key.as_str(),
                    minio::s3::client::Method::GET,
                )
                .unwrap()
                .expiry_seconds(seconds)
                .build()
                .send()
                .await
                .unwrap()
                .url
        });
        if SystemClock.now().timestamp() == before.timestamp() {
            return (before, link);
        }
    }
}

fn parameters(link: &str) -> (String, Vec<String>) {
    let (path, query) = link.split_once('?').unwrap();
    let mut pairs: Vec<_> = query.split('&').map(str::to_owned).collect();
    pairs.sort();
    (path.to_owned(), pairs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn our_links_are_those_of_the_minio_crate(
        key in "[a-zA-Z0-9 +&=%#?~!*'();:@$,\\[\\]üß漢🎨_-]{1,20}(/[a-z +%&ü.]{0,8}x){0,3}",
        seconds in 1_u32..=604_800,
        token in prop::option::of("[a-zA-Z0-9/+=]{1,60}"),
    ) {
        let object = ObjectRef::new("imagen4".parse().unwrap(), key.parse().unwrap());
        let (now, theirs) = their_link(&theirs(token.as_deref()), &object, seconds);
        let options = SignOptions {
            life: LinkLife::from_secs(seconds.into()).unwrap(),
            ..SignOptions::default()
        };
        let ours = ours(token.as_deref()).sign_get(&object, &options, now).unwrap();
        prop_assert_eq!(parameters(ours.expose()), parameters(&theirs));
    }
}
