//! The MinIO adapter keeps the contract over ministack, an S3 server that others wrote.
//!
//! `S3_TEST_ENDPOINT` (with `S3_TEST_ACCESS_KEY` and `S3_TEST_SECRET_KEY`) names a running one.
//! Without it each test starts its own: the program `MINISTACK_BIN`, or `ministack` on the path.
#![cfg(feature = "minio")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use core_config::{Environment, Secret, TextSource};
use storage::minio::{ConditionalPut, DigestCheck, MinioSettings, MinioStore};
use storage::testing::conformance::{Expectations, Fixture, StoreFixture};
use storage::{Clock, Credentials, ObjectStore, SystemClock};

const KEY: &str = "minioadmin";

/// A server of our own, ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn setting(name: &str) -> Option<String> {
    let text = Environment.get(name)?.value;
    (!text.is_empty()).then_some(text)
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

fn start(address: SocketAddr) -> Server {
    let program = setting("MINISTACK_BIN").unwrap_or_else(|| "ministack".to_owned());
    let child = Command::new(&program)
        .env("SERVICES", "s3")
        .env("BIND_HOST", address.ip().to_string())
        .env("GATEWAY_PORT", address.port().to_string())
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", KEY)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match child {
        Ok(child) => Server(child),
        Err(error) => panic!(
            "{program} does not start ({error}): run `cargo xtask test`, or `pip install ministack` \
             and name the program in MINISTACK_BIN"
        ),
    }
}

async fn wait_until_it_answers(address: SocketAddr) {
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("ministack did not answer on {address} within 20 s");
}

async fn settings() -> (MinioSettings, Option<Server>) {
    if let Some(endpoint) = setting("S3_TEST_ENDPOINT") {
        let access_key = setting("S3_TEST_ACCESS_KEY").unwrap_or_else(|| KEY.to_owned());
        let secret_key = setting("S3_TEST_SECRET_KEY").unwrap_or_else(|| KEY.to_owned());
        let keys = Credentials::new(access_key, Secret::new(secret_key));
        return (MinioSettings::new(endpoint.parse().unwrap(), keys), None);
    }
    let address = free_address();
    let server = start(address);
    wait_until_it_answers(address).await;
    let keys = Credentials::new(KEY, Secret::new(KEY));
    let host = address.to_string().parse().unwrap();
    (MinioSettings::new(host, keys), Some(server))
}

async fn over_ministack() -> impl Fixture {
    let (settings, server) = settings().await;
    // It takes the payload hash on trust, so we compare it.
    let settings = settings.with_digest_check(DigestCheck::Local);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = MinioStore::new(&settings, Arc::clone(&clock)).unwrap();
    StoreFixture::new(Arc::new(store), clock)
        .with_expectations(Expectations {
            signed_links: true,
            missing_bucket_told_apart_on_head: false,
            // A second creation is answered like the first.
            created_told_once: false,
            ..Expectations::default()
        })
        .keeping(server)
}

storage::object_store_conformance!(
    #[ignore = "needs ministack; cargo xtask test provides it"]
    fixture = over_ministack
);

#[tokio::test]
#[ignore = "needs ministack; cargo xtask test provides it"]
async fn the_probe_finds_that_conditional_puts_are_honoured() {
    let (settings, _server) = settings().await;
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    let bucket = format!("probe-{:016x}", fastrand::u64(..)).parse().unwrap();
    store.ensure_bucket(&bucket).await.unwrap();
    let found = store.probe_conditional_put(&bucket).await.unwrap();
    assert_eq!(found, ConditionalPut::Honoured);
}
