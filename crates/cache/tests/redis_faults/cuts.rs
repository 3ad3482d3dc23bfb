//! The connection is cut after each byte of an exchange: what stands in the server is all old or all new.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheError, CacheKey, ListLimits, RecentList};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{connections_of, eventually, minute};

/// The name of the connections that are cut.
const CUT: &str = "cut-test";

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToServer,
    ToClient,
}

/// Where to cut: after so many more bytes that go this way.
type Cut = Arc<Mutex<Option<(Way, usize)>>>;

/// Stands between the client and the server, and cuts when it is told to.
pub(super) struct Proxy {
    port: u16,
    cut: Cut,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn before(server: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Cut::default();
        let task = tokio::spawn(serve(listener, server.port(), Arc::clone(&cut)));
        Self { port, cut, task }
    }

    fn cut_after(&self, way: Way, bytes: usize) {
        *self.cut.lock().unwrap() = Some((way, bytes));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: u16, cut: Cut) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let cut = Arc::clone(&cut);
        tokio::spawn(async move {
            let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            // When one way ends, both sockets are dropped.
            tokio::select! {
                () = pass(&mut from_client, &mut to_server, Way::ToServer, &cut) => {}
                () = pass(&mut from_server, &mut to_client, Way::ToClient, &cut) => {}
            }
        });
    }
}

/// Passes bytes on until the end, or until the cut.
async fn pass(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    way: Way,
    cut: &Cut,
) {
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let left = match &mut *cut.lock().unwrap() {
            Some((wanted, left)) if *wanted == way => {
                let before = *left;
                *left = before.saturating_sub(read);
                Some(before)
            }
            _ => None,
        };
        let passed = left.map_or(read, |left| left.min(read));
        if to.write_all(&buffer[..passed]).await.is_err() || left.is_some_and(|left| left <= read) {
            let _ = to.flush().await;
            return;
        }
    }
}

pub(super) fn key() -> CacheKey {
    CacheKey::new("cut:list").unwrap()
}

pub(super) fn limits() -> ListLimits {
    ListLimits {
        cap: 3.try_into().unwrap(),
        ttl: minute(),
    }
}

/// The list, what is noted beside it, and whether each of its keys has an end.
pub(super) fn state(server: &RedisServer) -> (String, String, String) {
    let list = server.ask(&["LRANGE", "cut:list", "0", "-1"]);
    let marker = server.ask(&["GET", "{cut:list}:x"]);
    let token = server.ask(&["GET", "{cut:list}:v"]);
    for name in ["cut:list", "{cut:list}:x", "{cut:list}:v"] {
        assert_ne!(server.ask(&["PTTL", name]), "-1", "{name}");
    }
    (list, marker, token)
}

pub(super) async fn fill(cache: &RedisCache) {
    let token = cache.token(&key()).await.unwrap();
    let ids = ["c", "b", "a"].map(str::to_owned);
    assert!(cache.fill(&key(), &token, &ids, &limits()).await.unwrap());
}

/// A push at the cap puts in, cuts off, notes the length, renews the ends and voids the token.
#[tokio::test]
async fn a_push_that_is_cut_after_any_byte_is_all_old_or_all_new() {
    cut_everywhere(Change::Push, "$1\r\nd\r\n$1\r\nc\r\n$1\r\nb").await;
}

/// A removal takes out, notes the length, renews the ends and voids the token.
#[tokio::test]
async fn a_removal_that_is_cut_after_any_byte_is_all_old_or_all_new() {
    cut_everywhere(Change::Removal, "$1\r\nc\r\n$1\r\na").await;
}

/// What is cut.
#[derive(Debug, Clone, Copy)]
enum Change {
    Push,
    Removal,
}

impl Change {
    async fn make(self, cache: &RedisCache) -> Result<bool, CacheError> {
        match self {
            Self::Push => cache.push(&key(), "d", &limits()).await,
            Self::Removal => cache.remove(&key(), "b", &limits()).await,
        }
    }
}

/// Cuts the connection after each byte of `change`, in both ways, which leaves `listed` when it is done.
async fn cut_everywhere(change: Change, listed: &str) {
    let server = RedisServer::start();
    let direct = super::patient(&server);
    // The script is known to the server before the first cut, so that the exchange is one.
    fill(&direct).await;
    change.make(&direct).await.unwrap();
    let proxy = Proxy::before(&server).await;
    for way in [Way::ToServer, Way::ToClient] {
        let (mut old, mut new) = (0, 0);
        for bytes in 0.. {
            fill(&direct).await;
            let before = state(&server);
            let make = async |cache: &RedisCache| change.make(cache).await;
            let outcome = over_a_cut(&server, &proxy, way, bytes, make).await;
            let after = state(&server);
            let is_old = after == before;
            let is_new = after.0.contains(listed) && after.2 != before.2;
            assert!(is_old != is_new, "{way:?} {bytes}: {before:?} {after:?}");
            (old, new) = (old + u32::from(is_old), new + u32::from(is_new));
            // The whole exchange went through before the cut.
            if outcome.is_ok() {
                assert!(is_new);
                break;
            }
        }
        println!("cuts of a {change:?} {way:?}: {old} left all old, {new} all new, none mixed");
        assert!(new > 0);
        assert!(old > 100 || way == Way::ToClient);
    }
}

/// Makes `call` over a connection that is cut after so many bytes, and waits until the server has let it go.
pub(super) async fn over_a_cut<T>(
    server: &RedisServer,
    proxy: &Proxy,
    way: Way,
    bytes: usize,
    call: impl AsyncFnOnce(&RedisCache) -> Result<T, CacheError>,
) -> Result<T, CacheError> {
    let limit = Duration::from_secs(10);
    let settings = RedisSettings::new("127.0.0.1", proxy.port)
        .with_client_name(CUT)
        .with_pool_size(1)
        .with_max_retries(0)
        .with_call_limit(limit)
        .with_response_limit(limit)
        .with_connect_limit(limit);
    let cache = RedisCache::new(settings).unwrap();
    cache.ping().await.unwrap();
    proxy.cut_after(way, bytes);
    let outcome = call(&cache).await;
    *proxy.cut.lock().unwrap() = None;
    cache.shutdown().await;
    // What the server took before the cut is done when it has let the connection go.
    eventually("the connection is gone", async || {
        connections_of(server, CUT) == 0
    })
    .await;
    outcome
}
