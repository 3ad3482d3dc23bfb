//! The MinIO adapter when the clocks differ, sessions end and keys are replaced, judged by our endpoint.
//!
//! The endpoint goes by the machine's clock; the adapter is given another.
#![cfg(all(feature = "minio", feature = "s3-endpoint"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

#[path = "minio_time/ends.rs"]
mod ends;
#[path = "minio_time/keys.rs"]
mod keys;

use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use core_config::Secret;
use futures_util::stream;
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::lifecycle::BucketLifecycle;
use storage::minio::{MinioSettings, MinioStore};
use storage::testing::ManualClock;
use storage::{
    Body, Clock, Credentials, GetOptions, ListOptions, MemoryStore, ObjectRef, ObjectStore,
    PutOptions, SharedCredentials, SignOptions, SignedUrl, StorageErrorKind, SystemClock,
};

const REGION: &str = "us-east-1";

/// Within what S3 tolerates, at its edge, and far beyond it.
const SKEWS: [i64; 6] = [14, -14, 15, -15, 200, -200];

fn object() -> ObjectRef {
    "imagen4/2026/01/31/a_1.png".parse().unwrap()
}

fn credentials() -> Credentials {
    Credentials::new("who", Secret::new("a-secret-for-this-test"))
}

/// An endpoint with one object, and a clock for the adapters that are connected to it.
struct Scene {
    endpoint: RunningEndpoint,
    clock: ManualClock,
}

impl Scene {
    async fn with_keys(keys: &[Credentials]) -> Self {
        let inside = MemoryStore::new(Arc::new(SystemClock));
        let object = object();
        inside.ensure_bucket(&object.bucket).await.unwrap();
        let put = inside.put(&object, "abc".into(), PutOptions::create_only());
        put.await.unwrap();
        let address = ([127, 0, 0, 1], 0).into();
        let endpoint = S3Endpoint::serve(Arc::new(inside), address, keys, REGION);
        Self {
            endpoint: endpoint.await.unwrap(),
            clock: ManualClock::new(SystemClock.now()),
        }
    }

    async fn skewed(by: TimeDelta) -> Self {
        let scene = Self::with_keys(&[credentials()]).await;
        scene.clock.set(SystemClock.now() + by);
        scene
    }

    fn store(&self, keys: impl Into<SharedCredentials>) -> MinioStore {
        let settings = MinioSettings::new(self.endpoint.url().parse().unwrap(), keys);
        MinioStore::new(&settings, Arc::new(self.clock.clone())).unwrap()
    }

    /// Returns the status that the endpoint answers to whoever opens the link.
    async fn open(&self, link: &SignedUrl) -> u16 {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
        let client = client.no_proxy().build().unwrap();
        let answer = client.get(link.expose()).send().await.unwrap();
        answer.status().as_u16()
    }
}

fn streamed() -> Body {
    let pieces = ["a", "b", "c"].map(|piece| Ok(Bytes::from(piece)));
    Body::from_stream(stream::iter(pieces), Some(3))
}

#[tokio::test]
async fn with_clocks_apart_every_call_works_and_links_open() {
    for minutes in SKEWS {
        let scene = Scene::skewed(TimeDelta::minutes(minutes)).await;
        let (store, object) = (scene.store(credentials()), object());
        store.ensure_bucket(&object.bucket).await.unwrap();
        let new = "imagen4/new.png".parse().unwrap();
        let put = store.put(&new, "abc".into(), PutOptions::create_only());
        put.await.unwrap();
        store
            .put(&new, streamed(), PutOptions::overwrite())
            .await
            .unwrap();
        let page = store.list(&object.bucket, ListOptions::default()).await;
        assert_eq!(page.unwrap().entries.len(), 2, "{minutes} minutes");
        let found = store.get(&object, GetOptions::default()).await.unwrap();
        assert_eq!(found.body.collect(9).await.unwrap(), "abc");
        let link = store.sign_get(&object, SignOptions::default()).await;
        assert_eq!(scene.open(&link.unwrap()).await, 200, "{minutes} minutes");
        let gone = store.delete_many(&object.bucket, &[new.key]).await.unwrap();
        assert!(gone[0].outcome.is_ok());
        store.delete(&object).await.unwrap();
    }
}

/// The verbs of the port, each as the first call of a store that has heard nothing yet.
async fn first_call(store: &MinioStore, verb: &str) -> Result<(), StorageErrorKind> {
    let object = object();
    let done = match verb {
        "put" => {
            let put = store.put(&object, "abc".into(), PutOptions::overwrite());
            put.await.map(drop)
        }
        "put of a stream" => {
            let put = store.put(&object, streamed(), PutOptions::overwrite());
            put.await.map(drop)
        }
        "get" => store.get(&object, GetOptions::default()).await.map(drop),
        "head" => store.head(&object).await.map(drop),
        "delete" => store.delete(&object).await,
        "delete_many" => {
            let gone = store.delete_many(&object.bucket, std::slice::from_ref(&object.key));
            gone.await.map(drop)
        }
        "list" => {
            let page = store.list(&object.bucket, ListOptions::default());
            page.await.map(drop)
        }
        _ => store.ensure_bucket(&object.bucket).await.map(drop),
    };
    done.map_err(|error| error.kind())
}

#[tokio::test]
async fn a_call_refused_for_its_time_is_signed_anew_once() {
    for minutes in [20, -20] {
        for verb in [
            "put",
            "get",
            "head",
            "delete",
            "delete_many",
            "list",
            "ensure_bucket",
        ] {
            let scene = Scene::skewed(TimeDelta::minutes(minutes)).await;
            let first = first_call(&scene.store(credentials()), verb).await;
            assert_eq!(first, Ok(()), "{verb} at {minutes} minutes");
        }
    }
}

/// The endpoint keeps no rules and says so, unless it refuses the signature first.
#[tokio::test]
async fn a_question_for_lifecycle_rules_refused_for_its_time_is_signed_anew_too() {
    let mut answers = Vec::new();
    for minutes in [0, 20, -20] {
        let scene = Scene::skewed(TimeDelta::minutes(minutes)).await;
        let rules = scene.store(credentials()).rules(&object().bucket).await;
        answers.push(rules.map_err(|error| error.kind()));
    }
    assert_ne!(answers[0], Err(StorageErrorKind::Denied));
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_stream_is_refused_for_its_time_and_the_next_one_is_not() {
    let scene = Scene::skewed(TimeDelta::minutes(20)).await;
    let store = scene.store(credentials());
    let first = first_call(&store, "put of a stream").await;
    assert_eq!(first, Err(StorageErrorKind::Denied));
    assert_eq!(first_call(&store, "put of a stream").await, Ok(()));
}

#[tokio::test]
async fn a_clock_that_is_set_right_is_followed() {
    let scene = Scene::skewed(TimeDelta::minutes(-20)).await;
    let store = scene.store(credentials());
    assert_eq!(first_call(&store, "head").await, Ok(()));
    scene.clock.set(SystemClock.now());
    for _ in 0..3 {
        assert_eq!(first_call(&store, "head").await, Ok(()));
    }
    let link = store
        .sign_get(&object(), SignOptions::default())
        .await
        .unwrap();
    let life = link.expires_at() - SystemClock.now();
    assert!(
        (life - TimeDelta::days(1)).abs() < TimeDelta::seconds(5),
        "{life}"
    );
}

#[tokio::test]
async fn wrong_keys_are_refused_as_ever() {
    let scene = Scene::skewed(TimeDelta::minutes(20)).await;
    let wrong = Credentials::new("who", Secret::new("another"));
    let store = scene.store(wrong);
    for verb in ["put", "head", "list"] {
        let refused = first_call(&store, verb).await;
        assert_eq!(refused, Err(StorageErrorKind::Denied), "{verb}");
    }
}
