//! What a plain HTTP client meets at the endpoint.
#![cfg(all(feature = "minio", feature = "s3-endpoint"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use core_config::Secret;
use reqwest::{Client, Method, Response, StatusCode};
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::minio::{MinioSettings, MinioStore};
use storage::{
    Clock, Credentials, LinkLife, LinkSigner, MemoryStore, Metadata, ObjectRef, ObjectStore,
    PutOptions, Sha256Digest, SignOptions, StorageErrorKind, SystemClock,
};

const REGION: &str = "us-east-1";

/// An endpoint over memory with one picture in it.
struct Scene {
    endpoint: RunningEndpoint,
    store: Arc<MemoryStore>,
    object: ObjectRef,
    bytes: Vec<u8>,
    client: Client,
}

impl Scene {
    async fn set() -> Self {
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let object: ObjectRef = "imagen4/2026/01/31/ü +&%_1.png".parse().unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        store.ensure_bucket(&object.bucket).await.unwrap();
        let options = PutOptions::create_only()
            .with_content_type("image/png")
            .with_sha256(Sha256Digest::of(&bytes))
            .with_metadata(Metadata::new().with("generation", "ü 1").unwrap());
        let put = store.put(&object, bytes.clone().into(), options);
        put.await.unwrap();
        let keys = [credentials()];
        let endpoint = S3Endpoint::serve(
            Arc::<MemoryStore>::clone(&store),
            ([127, 0, 0, 1], 0).into(),
            &keys,
            REGION,
        );
        Self {
            endpoint: endpoint.await.unwrap(),
            store,
            object,
            bytes,
            client: client(),
        }
    }

    fn link_of(&self, region: &str, options: &SignOptions, now: DateTime<Utc>) -> String {
        let host = self.endpoint.url().parse().unwrap();
        let signer = LinkSigner::new(host, region, credentials());
        signer
            .sign_get(&self.object, options, now)
            .unwrap()
            .expose()
            .to_owned()
    }

    fn link(&self) -> String {
        self.link_of(REGION, &SignOptions::default(), SystemClock.now())
    }

    async fn open(&self, link: &str, headers: &[(&str, &str)]) -> Response {
        let request = headers
            .iter()
            .fold(self.client.get(link), |request, (name, value)| {
                request.header(*name, *value)
            });
        request.send().await.unwrap()
    }

    async fn status(&self, link: &str) -> StatusCode {
        self.open(link, &[]).await.status()
    }
}

fn credentials() -> Credentials {
    Credentials::new("who", Secret::new("a-secret-for-this-test"))
}

/// The client needs a TLS configuration even for plain HTTP, since none is installed globally.
fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn a_signed_link_opens_in_a_plain_client() {
    let scene = Scene::set().await;
    let response = scene.open(&scene.link(), &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", "800000"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private"),
    ] {
        assert_eq!(header(&response, name), value);
    }
    assert!(header(&response, "etag").starts_with('"'));
    assert!(header(&response, "last-modified").ends_with("GMT"));
    assert_eq!(response.bytes().await.unwrap(), scene.bytes);
}

#[tokio::test]
async fn type_and_disposition_can_be_overridden_by_the_signer_only() {
    let scene = Scene::set().await;
    let options = SignOptions {
        response_content_type: Some("application/octet-stream".to_owned()),
        response_content_disposition: Some("attachment; filename=\"a.png\"".to_owned()),
        ..SignOptions::default()
    };
    let link = scene.link_of(REGION, &options, SystemClock.now());
    let response = scene.open(&link, &[]).await;
    assert_eq!(
        header(&response, "content-type"),
        "application/octet-stream"
    );
    assert_eq!(
        header(&response, "content-disposition"),
        "attachment; filename=\"a.png\""
    );
    let changed = format!("{}&response-content-type=text%2Fhtml", scene.link());
    assert_eq!(scene.status(&changed).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_changed_link_is_refused() {
    let scene = Scene::set().await;
    let link = scene.link();
    let last = if link.ends_with('0') { "1" } else { "0" };
    let signature = format!("{}{last}", &link[..link.len() - 1]);
    let key = link.replace("_1.png", "_2.png");
    let life = link.replace("X-Amz-Expires=86400", "X-Amz-Expires=86401");
    let unsigned = link.split_once('?').unwrap().0.to_owned();
    let stranger = link.replace("who%2F", "you%2F");
    for changed in [signature, key, life, unsigned, stranger] {
        assert_eq!(
            scene.status(&changed).await,
            StatusCode::FORBIDDEN,
            "{changed}"
        );
    }
    for method in [Method::PUT, Method::DELETE, Method::HEAD] {
        let response = scene.client.request(method, &link).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    assert!(scene.store.head(&scene.object).await.is_ok());
}

#[tokio::test]
async fn an_expired_link_is_refused() {
    let scene = Scene::set().await;
    let options = SignOptions {
        life: LinkLife::from_secs(60).unwrap(),
        ..SignOptions::default()
    };
    let now = SystemClock.now();
    let fresh = scene.link_of(REGION, &options, now - TimeDelta::seconds(30));
    let dead = scene.link_of(REGION, &options, now - TimeDelta::seconds(61));
    let early = scene.link_of(REGION, &options, now + TimeDelta::hours(1));
    assert_eq!(scene.status(&fresh).await, StatusCode::OK);
    assert_eq!(scene.status(&dead).await, StatusCode::FORBIDDEN);
    assert_eq!(scene.status(&early).await, StatusCode::FORBIDDEN);
}

/// A life of more than seven days cannot be asked of our signer, so the crate of MinIO signs.
#[tokio::test]
async fn a_life_of_more_than_seven_days_is_refused() {
    let scene = Scene::set().await;
    let mut base: minio::s3::http::BaseUrl = scene.endpoint.url().parse().unwrap();
    base.region = minio::s3::types::Region::new(REGION).unwrap();
    let keys = credentials();
    let provider =
        minio::s3::creds::StaticProvider::new(&keys.access_key, keys.secret_key.expose(), None);
    let theirs = minio::s3::MinioClientBuilder::new(base)
        .provider(Some(provider))
        .build()
        .unwrap();
    for (seconds, expected) in [
        (604_800, StatusCode::OK),
        (604_801, StatusCode::BAD_REQUEST),
    ] {
        let link = theirs
            .get_presigned_object_url(
                scene.object.bucket.as_str(),
                scene.object.key.as_str(),
                Method::GET,
            )
            .unwrap()
            .expiry_seconds(seconds)
            .build()
            .send()
            .await
            .unwrap()
            .url;
        assert_eq!(scene.status(&link).await, expected, "{seconds}");
    }
}

#[tokio::test]
async fn another_region_is_refused() {
    let scene = Scene::set().await;
    let link = scene.link_of("eu-west-1", &SignOptions::default(), SystemClock.now());
    let response = scene.open(&link, &[]).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let text = response.text().await.unwrap();
    assert!(text.contains("AuthorizationHeaderMalformed"), "{text}");
}

#[tokio::test]
async fn a_range_gives_the_part() {
    let scene = Scene::set().await;
    for (range, content_range, bytes) in [
        ("bytes=0-3", "bytes 0-3/800000", &scene.bytes[..4]),
        (
            "bytes=799998-",
            "bytes 799998-799999/800000",
            &scene.bytes[799_998..],
        ),
        (
            "bytes=-5",
            "bytes 799995-799999/800000",
            &scene.bytes[799_995..],
        ),
    ] {
        let response = scene.open(&scene.link(), &[("range", range)]).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(header(&response, "content-range"), content_range);
        assert_eq!(response.bytes().await.unwrap(), bytes);
    }
    let response = scene
        .open(&scene.link(), &[("range", "bytes=800000-")])
        .await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn a_known_picture_is_not_sent_again() {
    let scene = Scene::set().await;
    let response = scene.open(&scene.link(), &[]).await;
    let etag = header(&response, "etag").to_owned();
    let modified = header(&response, "last-modified").to_owned();
    for (name, value) in [("if-none-match", &etag), ("if-modified-since", &modified)] {
        let response = scene.open(&scene.link(), &[(name, value.as_str())]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{name}");
        assert_eq!(header(&response, "etag"), etag);
        assert!(response.bytes().await.unwrap().is_empty());
    }
    let response = scene
        .open(&scene.link(), &[("if-none-match", "\"other\"")])
        .await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_missing_object_says_so_to_the_holder_of_a_link() {
    let scene = Scene::set().await;
    scene.store.delete(&scene.object).await.unwrap();
    let response = scene.open(&scene.link(), &[]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("<Code>NoSuchKey</Code>")
    );
}

#[tokio::test]
async fn a_shut_down_endpoint_takes_no_connection() {
    let scene = Scene::set().await;
    let link = scene.link();
    assert_eq!(scene.status(&link).await, StatusCode::OK);
    scene.endpoint.shutdown().await;
    let error = client().get(&link).send().await.unwrap_err();
    assert!(error.is_connect());
}

/// A body of unknown length that needs three parts.
fn parts() -> (Vec<u8>, storage::Body) {
    let bytes: Vec<u8> = (0..5_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let pieces: Vec<_> = bytes
        .chunks(300_000)
        .map(|piece| Ok(bytes::Bytes::copy_from_slice(piece)))
        .collect();
    let body = storage::Body::from_stream(futures_util::stream::iter(pieces), None);
    (bytes, body)
}

fn adapter(scene: &Scene) -> MinioStore {
    let host = scene.endpoint.url().parse().unwrap();
    let settings = MinioSettings::new(host, credentials());
    MinioStore::new(&settings, Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn a_long_body_of_unknown_length_goes_up_in_parts() {
    let scene = Scene::set().await;
    let (bytes, body) = parts();
    let object: ObjectRef = "imagen4/long &<>.bin".parse().unwrap();
    let options = PutOptions::create_only()
        .with_content_type("image/png")
        .with_metadata(Metadata::new().with("name", "ü").unwrap())
        .with_sha256(Sha256Digest::of(&bytes));
    let receipt = adapter(&scene)
        .put(&object, body, options.clone())
        .await
        .unwrap();
    assert_eq!(receipt.size_bytes, 20_000_000);
    let info = adapter(&scene).head(&object).await.unwrap();
    assert_eq!(info.metadata.get("name"), Some("ü"));
    assert_eq!((info.sha256, info.etag), (options.sha256, receipt.etag));
    let again = adapter(&scene)
        .put(&object, parts().1, options)
        .await
        .unwrap_err();
    assert_eq!(again.kind(), StorageErrorKind::AlreadyExists);
}

#[tokio::test]
async fn parts_with_another_digest_are_not_stored() {
    let scene = Scene::set().await;
    let object: ObjectRef = "imagen4/long.bin".parse().unwrap();
    let options = PutOptions::create_only().with_sha256(Sha256Digest::of(b"other"));
    let error = adapter(&scene)
        .put(&object, parts().1, options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Corrupt);
    let error = scene.store.head(&object).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::NotFound);
}
