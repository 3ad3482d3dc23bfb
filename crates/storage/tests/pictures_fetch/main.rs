//! The guarded download against a server that lies, stalls, floods and redirects.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![cfg(feature = "http")]

mod content;
mod deadline;
mod hostile;
mod redirects;
mod server;
mod timing;

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use storage::pictures::fetch::HostLookup;
use storage::pictures::{
    FetchError, FetchErrorKind, FetchPolicy, FetchedPicture, GuardedFetch, PictureSourceExt,
};

use self::server::Server;

/// Returns a fetch that may ask this server, with small caps.
fn fetch_from(server: &Server, change: impl FnOnce(FetchPolicy) -> FetchPolicy) -> GuardedFetch {
    let policy = FetchPolicy::default()
        .with_max_bytes(1 << 20)
        .allow_loopback_http(server.origin())
        .unwrap();
    GuardedFetch::new(change(policy)).unwrap()
}

/// Fetches `path` under the small caps.
async fn get(server: &Server, path: &str) -> Result<FetchedPicture, FetchError> {
    fetch_from(server, |policy| policy)
        .fetch(&server.url(path))
        .await
}

async fn kind(server: &Server, path: &str) -> FetchErrorKind {
    get(server, path).await.unwrap_err().kind()
}

/// Everything that an error shows, its causes too.
fn all_of(error: &FetchError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?}");
        cause = error.source();
    }
    text
}

#[derive(Debug)]
struct Names(Vec<IpAddr>);

#[async_trait]
impl HostLookup for Names {
    async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn names_that_lead_inside_are_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let port: u16 = server.origin().rsplit(':').next().unwrap().parse().unwrap();
    for addresses in [
        &["127.0.0.1"][..],
        &["8.8.8.8", "127.0.0.1"],
        &["127.0.0.1", "8.8.8.8"],
        &["::ffff:127.0.0.1"],
        &["::1"],
        &["64:ff9b::127.0.0.1"],
        &["169.254.169.254"],
    ] {
        let names = Names(addresses.iter().map(|text| text.parse().unwrap()).collect());
        let policy = FetchPolicy::default().with_ports([port]);
        let fetch = GuardedFetch::with_lookup(policy, Arc::new(names)).unwrap();
        let url = format!("https://rebound.example:{port}/canary?canary");
        let error = fetch.fetch(&url).await.unwrap_err();
        assert_eq!(
            error.kind(),
            FetchErrorKind::ForbiddenAddress,
            "{addresses:?}"
        );
        assert_eq!(error.host(), Some("rebound.example"));
        assert!(!all_of(&error).contains("canary"), "{error:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn names_of_this_machine_are_refused() {
    let fetch = GuardedFetch::new(FetchPolicy::default()).unwrap();
    for url in [
        "https://localhost/a",
        "https://localhost./a",
        "https://LOCALHOST/a",
    ] {
        let error = fetch.fetch(url).await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::ForbiddenAddress, "{url}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let policy = FetchPolicy::default().allow_loopback_http(&origin).unwrap();
    let fetch = GuardedFetch::new(policy).unwrap();
    let error = fetch.fetch(&format!("{origin}/canary")).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Unavailable);
    assert!(!all_of(&error).contains("canary"), "{error:?}");
}

#[tokio::test]
async fn only_plain_headers_go_out() {
    let server = Server::start().await;
    assert_eq!(kind(&server, "/a?b").await, FetchErrorKind::NotFound);
    let requests = server.requests();
    let mut lines = requests[0].trim_end().lines();
    assert_eq!(lines.next(), Some("GET /a?b HTTP/1.1"));
    let mut headers: Vec<_> = lines.map(str::to_lowercase).collect();
    headers.sort();
    let host = server.origin().strip_prefix("http://").unwrap();
    let agent = format!("user-agent: storage-pictures/{}", env!("CARGO_PKG_VERSION"));
    let expected = [
        "accept-encoding: identity".to_owned(),
        "accept: image/*".to_owned(),
        format!("host: {host}"),
        agent,
    ];
    assert_eq!(headers, expected);
}
