//! Locks under pressure: holders that stand still for longer than their lease, and a server that forgets.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache::memory::MemoryCache;
use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheKey, Fence, Lease, Lock, Ttl};
use futures_util::future::join_all;
use tokio::time::sleep;

fn adapter(server: &RedisServer) -> RedisCache {
    let patient = Duration::from_secs(20);
    let settings = RedisSettings::new("127.0.0.1", server.port())
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient);
    RedisCache::new(settings).unwrap()
}

fn millis(number: u64) -> Ttl {
    Ttl::new(Duration::from_millis(number)).unwrap()
}

/// What all holders of one key have seen.
#[derive(Debug, Default)]
struct Seen {
    newest: AtomicU64,
    rounds: AtomicU64,
    stale: AtomicU64,
}

/// Takes the lock again and again, stands still for longer than its life in every second round, and checks that
/// nobody who was followed changes anything.
async fn hold_and_pause(
    lock: Arc<dyn Lock>,
    key: CacheKey,
    seen: Arc<Seen>,
    rounds: u64,
    draw: u64,
) {
    let mut chance = fastrand::Rng::with_seed(draw);
    while seen.rounds.load(Ordering::SeqCst) < rounds {
        // Answers may overtake each other, but what was given before we asked is smaller.
        let before = seen.newest.load(Ordering::SeqCst);
        let Some(lease) = lock.acquire(&key, millis(3)).await.unwrap() else {
            sleep(Duration::from_micros(chance.u64(100..2_000))).await;
            continue;
        };
        seen.rounds.fetch_add(1, Ordering::SeqCst);
        seen.newest
            .fetch_max(lease.fence().as_u64(), Ordering::SeqCst);
        assert!(before < lease.fence().as_u64(), "{before} before {lease:?}");
        if chance.bool() {
            sleep(Duration::from_millis(chance.u64(3..8))).await;
        }
        finish(lock.as_ref(), &lease, &seen).await;
    }
}

async fn finish(lock: &dyn Lock, lease: &Lease, seen: &Seen) {
    let was_followed = seen.newest.load(Ordering::SeqCst) > lease.fence().as_u64();
    let longer = lock.extend(lease, millis(3)).await.unwrap();
    let was_written = lock.set_fenced(lease, "value".into(), millis(3)).await;
    let was_free = lock.release(lease).await.unwrap();
    if was_followed {
        seen.stale.fetch_add(1, Ordering::SeqCst);
        assert_eq!(longer, None);
        assert!(!was_written.unwrap() && !was_free, "{lease:?} was followed");
    } else if let Some(longer) = longer.filter(|longer| !longer.life_left().is_zero()) {
        // It lasts beyond the answer, so nobody else can have freed it.
        assert!(was_free, "{longer:?}");
    }
}

async fn ten_thousand_rounds(lock: Arc<dyn Lock>) {
    let keys = (0..8).map(|number| {
        let key = CacheKey::new(format!("lock:{number}")).unwrap();
        let seen = Arc::new(Seen::default());
        let holders = (0..4).map(|holder| {
            let (lock, key, seen) = (Arc::clone(&lock), key.clone(), Arc::clone(&seen));
            tokio::spawn(hold_and_pause(lock, key, seen, 1_250, number * 4 + holder))
        });
        let holders = join_all(holders);
        async move {
            holders.await.into_iter().for_each(Result::unwrap);
            seen
        }
    });
    let seen = join_all(keys).await;
    let rounds: u64 = seen
        .iter()
        .map(|seen| seen.rounds.load(Ordering::SeqCst))
        .sum();
    let stale: u64 = seen
        .iter()
        .map(|seen| seen.stale.load(Ordering::SeqCst))
        .sum();
    assert!(rounds >= 10_000, "{rounds}");
    assert!(stale >= 1_000, "only {stale} of {rounds} were followed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_ten_thousand_rounds_in_memory_no_stale_holder_changes_anything() {
    ten_thousand_rounds(Arc::new(MemoryCache::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_ten_thousand_rounds_in_redis_no_stale_holder_changes_anything() {
    let server = RedisServer::start();
    ten_thousand_rounds(Arc::new(adapter(&server))).await;
}

async fn take(lock: &RedisCache, key: &CacheKey) -> Fence {
    let lease = lock.acquire(key, millis(60_000)).await.unwrap();
    lease.unwrap().fence()
}

#[tokio::test]
async fn numbers_grow_after_everything_was_lost() {
    let mut server = RedisServer::start();
    let lock = adapter(&server);
    let key = CacheKey::new("lock").unwrap();
    // Far more leases than milliseconds: numbers that counted from a clock of milliseconds would run ahead of it.
    let mut before = take(&lock, &key).await;
    for _ in 0..500 {
        assert!(lock.clear(&key).await.unwrap());
        let fence = take(&lock, &key).await;
        assert!(fence > before, "{fence} after {before}");
        before = fence;
    }
    server.call(&["FLUSHALL"]);
    let after_flush = take(&lock, &key).await;
    assert!(after_flush > before, "{after_flush} after {before}");
    server.restart();
    let after_restart = take(&lock, &key).await;
    assert!(
        after_restart > after_flush,
        "{after_restart} after {after_flush}"
    );
}

#[tokio::test]
async fn a_clock_that_was_set_back_gives_no_smaller_number_while_the_last_one_is_known() {
    let server = RedisServer::start();
    let lock = adapter(&server);
    let key = CacheKey::new("lock").unwrap();
    // As if the clock had been a year ahead when the last number was given.
    let ahead = 1_000_000 * (u64::try_from(365 * 86_400).unwrap() + unix_seconds(&server));
    server.call(&["SET", "{lock}:f", &ahead.to_string(), "EX", "1000"]);
    assert_eq!(take(&lock, &key).await, Fence::new(ahead + 1));
}

fn unix_seconds(server: &RedisServer) -> u64 {
    let time = server.call(&["TIME"]);
    time.lines().nth(2).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_lock_and_its_number_stand_beside_the_key_in_its_slot_and_end() {
    let server = RedisServer::start();
    let lock = adapter(&server);
    let key = CacheKey::new("imagen4:generation:17").unwrap();
    lock.acquire(&key, millis(60_000)).await.unwrap().unwrap();
    assert_eq!(lock.get(&key).await.unwrap(), None);
    assert_eq!(server.call(&["DBSIZE"]).lines().next(), Some(":2"));
    let slot_of = |name: &str| {
        let tag = name.split(['{', '}']).nth(1).unwrap_or(name).to_owned();
        crc16(tag.as_bytes()) % 16_384
    };
    for (companion, least, most) in [("l", 50_000, 60_001), ("f", 86_000_000, 86_400_000)] {
        let name = format!("{{{key}}}:{companion}");
        assert_eq!(slot_of(&name), slot_of(key.as_str()));
        let answer = server.call(&["PTTL", &name]);
        let left: u64 = answer.lines().next().unwrap()[1..].parse().unwrap();
        assert!((least..=most).contains(&left), "{name} {left}");
    }
}

/// The checksum that names slots (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let start = crc ^ (u16::from(*byte) << 8);
        (0..8).fold(start, |crc, _| {
            let carry = if crc & 0x8000 == 0 { 0 } else { 0x1021 };
            (crc << 1) ^ carry
        })
    })
}

#[tokio::test]
async fn what_another_program_keeps_in_the_locks_place_is_misuse() {
    let server = RedisServer::start();
    let lock = adapter(&server);
    let key = CacheKey::new("lock").unwrap();
    for words in [
        ["SET", "{lock}:l", "theirs"].as_slice(),
        &["SET", "{lock}:f", "theirs"],
        &["RPUSH", "{lock}:l", "theirs"],
    ] {
        server.call(&["FLUSHALL"]);
        server.call(words);
        let error = lock.acquire(&key, millis(60_000)).await.unwrap_err();
        assert_eq!(error.kind(), cache::CacheErrorKind::Misused, "{words:?}");
    }
}
