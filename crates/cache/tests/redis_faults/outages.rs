//! What callers of the read-through layer meet while Redis is away: no failure, one limit, then microseconds.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache::redis::RedisCache;
use cache::testing::RedisServer;
use cache::{Cache, FamilyKey, ReadThrough};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::{cache, eventually, key, minute};

const CALLERS: u64 = 16;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
}

/// What the callers met: calls, wrong answers, and the times of the calls, shortest first.
struct Met {
    wrong: u64,
    times: Vec<Duration>,
}

/// Callers that read through the cache until they are stopped.
struct Callers {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Met>>,
}

impl Callers {
    fn start(cache: &RedisCache) -> Self {
        let through = ReadThrough::new(Arc::new(cache.clone()));
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..CALLERS)
            .map(|id| tokio::spawn(call(through.clone(), id, Arc::clone(&stop))))
            .collect();
        Self { stop, tasks }
    }

    async fn finish(self) -> Met {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Met {
            wrong: 0,
            times: Vec::new(),
        };
        for met in join_all(self.tasks).await {
            let met = met.unwrap();
            all.wrong += met.wrong;
            all.times.extend(met.times);
        }
        all.times.sort_unstable();
        all
    }
}

async fn call(through: ReadThrough, id: u64, stop: Arc<AtomicBool>) -> Met {
    let mut met = Met {
        wrong: 0,
        times: Vec::new(),
    };
    let key = FamilyKey::generation(id).unwrap();
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let load = || async { Ok::<_, Infallible>(Some(Record { id })) };
        let read = through.get_or_load(&key, load).await.unwrap();
        met.times.push(start.elapsed());
        met.wrong += u64::from(read.as_deref() != Some(&Record { id }));
        sleep(Duration::from_millis(1)).await;
    }
    met
}

/// Breaks the server while callers go on, mends it, and says what they met.
async fn outage(what: &str, breaking: fn(&mut RedisServer), mending: fn(&mut RedisServer)) {
    let mut server = RedisServer::start();
    let cache = cache(&server);
    eventually("the first answer", async || cache.ping().await.is_ok()).await;
    let callers = Callers::start(&cache);
    sleep(Duration::from_millis(200)).await;
    breaking(&mut server);
    sleep(Duration::from_millis(1_500)).await;
    mending(&mut server);
    let start = Instant::now();
    eventually("writes are taken again", async || {
        cache.set(&key(), "value".into(), minute()).await.is_ok()
    })
    .await;
    let back = start.elapsed();
    let met = callers.finish().await;
    let place = |share: usize| met.times[(met.times.len() - 1) * share / 100];
    println!(
        "{what}: {} calls, 0 failed, {} wrong; p50 {:?}, p99 {:?}, slowest {:?}; normal again after {back:?}",
        met.times.len(),
        met.wrong,
        place(50),
        place(99),
        place(100),
    );
    assert_eq!(met.wrong, 0);
    // A read and a write of one limit each, 150 ms, and room for a busy machine.
    assert!(place(100) < Duration::from_secs(2), "{:?}", place(100));
    assert!(back < Duration::from_secs(4), "{back:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_connection_fails_no_caller() {
    outage("refused", RedisServer::stop, RedisServer::restart).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_fails_no_caller() {
    outage("frozen", |server| server.freeze(), |server| server.thaw()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_everything_fails_no_caller() {
    outage("restarted empty", RedisServer::restart, |_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_memory_fails_no_caller() {
    outage(
        "out of memory",
        |server| drop(server.call(&["CONFIG", "SET", "maxmemory", "1"])),
        |server| drop(server.call(&["CONFIG", "SET", "maxmemory", "0"])),
    )
    .await;
}
