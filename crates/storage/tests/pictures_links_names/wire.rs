//! Links over the wire: another host for the public, a proxy in front, and the true end.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use core_config::Secret;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::minio::{MinioSettings, MinioStore};
use storage::pictures::testing::ScriptedSource;
use storage::pictures::{
    AttachmentName, BucketMap, ImageFormat, LinkOptions, PictureStorage, lifecycle_end,
};
use storage::testing::ManualClock;
use storage::{
    Clock, Credentials, LinkLife, MemoryStore, ObjectRef, ObjectStore, PutOptions, SignedHost,
    SignedUrl, SystemClock,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const REGION: &str = "us-east-1";
const BYTES: &str = "the bytes of a picture";
const NAME: &str = "маяк на рассвете.png";
const DISPOSITION: &str = "attachment; filename=\"picture.png\"; filename*=UTF-8''\
    %D0%BC%D0%B0%D1%8F%D0%BA%20%D0%BD%D0%B0%20%D1%80%D0%B0%D1%81%D1%81%D0%B2%D0%B5%D1%82%D0%B5.png";

fn credentials() -> Credentials {
    Credentials::new("who", Secret::new("a-secret-for-this-test"))
}

/// The client needs a TLS configuration even for plain HTTP, since none is installed globally.
fn client() -> ClientBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).no_proxy()
}

/// A reverse proxy as one ends TLS in front of a store: it reads each request, takes off the headers of the
/// connection, says who asked, and passes the rest on, the header `Host` as it came.
struct Proxy {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Proxy {
    async fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                let service = service_fn(move |request| pass_on(upstream, request));
                let served =
                    server::Builder::new().serve_connection(TokioIo::new(outside), service);
                // A client may hang up at any time.
                tokio::spawn(async move { drop(served.await) });
            }
        });
        Self { addr, task }
    }
}

async fn pass_on(
    upstream: SocketAddr,
    mut request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Incoming>, hyper::Error> {
    let headers = request.headers_mut();
    for name in ["connection", "keep-alive", "te", "upgrade"] {
        headers.remove(name);
    }
    headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    headers.insert("via", HeaderValue::from_static("1.1 proxy"));
    let inside = TcpStream::connect(upstream).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(inside)).await?;
    tokio::spawn(connection);
    sender.send_request(request).await
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An endpoint with one picture, a proxy before it, and how to reach both.
struct Scene {
    endpoint: RunningEndpoint,
    proxy: Proxy,
    object: ObjectRef,
}

impl Scene {
    async fn set() -> Self {
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let object: ObjectRef = "imagen4/2026/01/31/a_1.png".parse().unwrap();
        let address = ([127, 0, 0, 1], 0).into();
        let keys = [credentials()];
        let endpoint = S3Endpoint::serve(store, address, &keys, REGION);
        let endpoint = endpoint.await.unwrap();
        let proxy = Proxy::before(endpoint.addr()).await;
        let scene = Self {
            endpoint,
            proxy,
            object,
        };
        let store = scene.store(None, SystemClock);
        store.ensure_bucket(&scene.object.bucket).await.unwrap();
        let options = PutOptions::create_only().with_content_type("image/png");
        let put = store.put(&scene.object, BYTES.into(), options);
        put.await.unwrap();
        scene
    }

    /// The adapter, which always works through the endpoint's own address.
    fn store(&self, public: Option<SignedHost>, clock: impl Clock) -> MinioStore {
        let settings = MinioSettings::new(self.endpoint.url().parse().unwrap(), credentials());
        let settings = match public {
            Some(host) => settings.with_public_endpoint(host),
            None => settings,
        };
        MinioStore::new(&settings, Arc::new(clock)).unwrap()
    }

    fn pictures(&self, public: &str, clock: impl Clock) -> PictureStorage {
        let store = self.store(Some(public.parse().unwrap()), clock);
        let source = Arc::new(ScriptedSource::new());
        PictureStorage::new(Arc::new(store), source, BucketMap::default())
    }

    /// Opens the link at `addr` as a proxy that ends TLS would: the path as it is, and the public `Host`.
    async fn open_at(&self, addr: SocketAddr, link: &SignedUrl, host: Option<&str>) -> Response {
        let (_, path) = link.expose().split_once("//").unwrap();
        let (_, path) = path.split_once('/').unwrap();
        let mut request = client()
            .build()
            .unwrap()
            .get(format!("http://{addr}/{path}"));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        request.send().await.unwrap()
    }
}

fn named() -> LinkOptions {
    LinkOptions::new().with_download_as(AttachmentName::new(NAME))
}

async fn assert_opens(response: Response) {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-disposition"], DISPOSITION);
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.text().await.unwrap(), BYTES);
}

#[tokio::test]
async fn a_link_for_the_public_host_opens_only_behind_a_proxy_that_keeps_the_host() {
    let scene = Scene::set().await;
    assert!(scene.endpoint.url().starts_with("http://127.0.0.1:"));
    let pictures = scene.pictures("https://img.example", SystemClock);
    let link = pictures.link_with(&scene.object, named()).await.unwrap();
    assert!(link.expose().starts_with("https://img.example/imagen4/"));
    assert!(!link.expose().contains(&scene.endpoint.addr().to_string()));
    // The same service reads through the working host.
    let object = pictures.open(&scene.object, storage::GetOptions::default());
    assert_eq!(
        object.await.unwrap().body.collect(100).await.unwrap(),
        BYTES
    );

    let proxy = scene.proxy.addr;
    assert_opens(scene.open_at(proxy, &link, Some("img.example")).await).await;
    let direct = scene.open_at(scene.endpoint.addr(), &link, None).await;
    assert_eq!(direct.status(), StatusCode::FORBIDDEN);
    let renamed = scene.open_at(proxy, &link, Some("minio:9000")).await;
    assert_eq!(renamed.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_link_opens_as_it_is_through_the_proxy() {
    let scene = Scene::set().await;
    let public = format!("http://img.example:{}", scene.proxy.addr.port());
    let pictures = scene.pictures(&public, SystemClock);
    let link = pictures.link_with(&scene.object, named()).await.unwrap();
    let browser = client().resolve("img.example", scene.proxy.addr);
    let browser = browser.build().unwrap();
    assert_opens(browser.get(link.expose()).send().await.unwrap()).await;

    let other = LinkOptions::new().with_content_type(ImageFormat::WebP);
    let link = pictures.link_with(&scene.object, other).await.unwrap();
    let response = browser.get(link.expose()).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/webp");
    assert!(!response.headers().contains_key("content-disposition"));
    // The name is signed: nobody can give another.
    let forged = format!("{}&response-content-disposition=inline", link.expose());
    let response = browser.get(forged).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_bucket_without_pictures_gets_no_link() {
    let scene = Scene::set().await;
    let pictures = scene.pictures("https://img.example", SystemClock);
    let foreign = "secrets/a.png".parse().unwrap();
    let error = pictures.link_with(&foreign, named()).await.unwrap_err();
    assert_eq!(error.kind(), storage::StorageErrorKind::InvalidInput);
}

/// Asks the endpoint, and returns the answer with the times just before and just after.
async fn ask(link: &SignedUrl, client: &Client) -> (StatusCode, DateTime<Utc>, DateTime<Utc>) {
    let before = SystemClock.now();
    let response = client.get(link.expose()).send().await.unwrap();
    (response.status(), before, SystemClock.now())
}

/// The endpoint looks at the clock of the machine, so the signer's clock is moved instead: links are signed
/// at chosen distances from their end, fractions of a second among them.
#[tokio::test]
async fn the_reported_end_is_never_later_than_the_first_refusal() {
    let scene = Scene::set().await;
    let clock = ManualClock::new(SystemClock.now());
    let store = scene.store(None, clock.clone());
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(Arc::new(store), source, BucketMap::default());
    let client = client().build().unwrap();
    let (mut opened, mut refused) = (0, 0);
    for round in 0..120_i64 {
        let seconds = [1, 7, 60, 86_400, 604_800][usize::try_from(round % 5).unwrap()];
        let life = LinkLife::from_secs(seconds).unwrap();
        // From 3 s after the end to 3 s before it, in steps of 50 ms and one odd one.
        let left = TimeDelta::milliseconds(round * 50 - 3001);
        let span = TimeDelta::from_std(life.as_duration()).unwrap();
        clock.set(SystemClock.now() + left - span);
        let options = LinkOptions::new().with_life(life);
        let link = pictures.link_with(&scene.object, options).await.unwrap();
        let end = link.expires_at();
        assert_eq!(end.timestamp_subsec_nanos(), 0, "whole seconds");
        assert!(end <= clock.now() + span, "truncated downwards");
        assert!(end + TimeDelta::seconds(1) > clock.now() + span);
        match ask(&link, &client).await {
            (StatusCode::OK, before, _) => {
                opened += 1;
                assert!(before <= end, "opened at {before}, after its end {end}");
            }
            (StatusCode::FORBIDDEN, _, after) => {
                refused += 1;
                assert!(after > end, "refused at {after}, before its end {end}");
            }
            (status, ..) => panic!("a link is either open or dead, not {status}"),
        }
    }
    assert!(opened >= 20 && refused >= 20, "{opened} and {refused}");
}

/// A link that is alive is asked until it is dead: the one refusal comes after the reported end.
#[tokio::test]
async fn a_link_dies_at_its_reported_end() {
    let scene = Scene::set().await;
    let store = scene.store(None, SystemClock);
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(Arc::new(store), source, BucketMap::default());
    let client = client().build().unwrap();
    let life = LinkLife::from_secs(2).unwrap();
    let options = LinkOptions::new().with_life(life);
    let link = pictures.link_with(&scene.object, options).await.unwrap();
    let mut last_opened = None;
    for _ in 0..400 {
        match ask(&link, &client).await {
            (StatusCode::OK, before, _) => last_opened = Some(before),
            (_, _, after) => {
                assert!(after > link.expires_at());
                assert!(last_opened.is_some_and(|time| time <= link.expires_at()));
                return;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the link never died");
}

/// The store's clock decides when a link is signed, and the proxy changes nothing of its end.
#[tokio::test]
async fn a_link_to_a_temporary_picture_ends_with_the_picture() {
    let scene = Scene::set().await;
    let clock = ManualClock::new(SystemClock.now());
    let pictures = scene.pictures("https://img.example", clock.clone());
    let stored_at = clock.now() - TimeDelta::days(2) + TimeDelta::hours(1);
    let end = lifecycle_end(stored_at, 2);
    let options = named()
        .with_picture_end(end)
        .with_life(LinkLife::from_secs(604_800).unwrap());
    let link = pictures.link_with(&scene.object, options.clone()).await;
    let link = link.unwrap();
    assert!(link.expires_at() <= end && end - clock.now() <= TimeDelta::hours(25));
    assert!(end - link.expires_at() < TimeDelta::seconds(1));
    assert_opens(
        scene
            .open_at(scene.proxy.addr, &link, Some("img.example"))
            .await,
    )
    .await;

    clock.set(end);
    let gone = pictures
        .link_with(&scene.object, options)
        .await
        .unwrap_err();
    assert_eq!(gone.kind(), storage::StorageErrorKind::NotFound);
}
