//! Row P6: a hit of the near cache, and a page of twenty records.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cache::redis::{RedisCache, RedisSettings, RedisTracking};
use cache::testing::RedisServer;
use cache::{Cache, CacheKey, Family, FamilyKey, NearCache, NearSettings, Ttl};
use tokio::time::{Instant, sleep};

use crate::shared::{Contestant, Outcome, Report, interleaved, print_table};

const ROUNDS: usize = 7;
const PAGE: u32 = 20;
const VALUE_BYTES: usize = 1_000;

/// How many reads make a sample; a single one is too short for the clock.
const REPEATS: u32 = 20;

const NEAR: &str = "near cache, 1 record";
const SINGLE: &str = "Redis, 1 record";
const PAGE_AT_ONCE: &str = "Redis, a page of 20";
const PAGE_SINGLY: &str = "Redis, 20 records in turn";
const NEAR_PAGE: &str = "near cache, a page of 20";

/// The aims of the row: microseconds of a hit, and how much faster a page is than its records in turn.
const AT_MOST_MICROS: f64 = 1.0;
const AT_LEAST_FASTER: f64 = 8.0;

/// Measures hits, reads and pages, and counts the commands of a page.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let server = RedisServer::start();
    let redis = RedisCache::new(settings(&server))?;
    let source = Arc::new(RedisTracking::beside(&redis).with_heartbeat_limit(PATIENT));
    let kept = NearSettings::new().with_family(Family::Generation);
    let near = NearCache::following(redis.clone(), kept, source);
    let keys = fill(&redis).await?;
    follow(&near, &keys).await?;

    let once = &keys[..1];
    let contestants = [
        Contestant::new(NEAR, || Box::pin(micros(&near, once, How::Singly, 2_000))),
        Contestant::new(NEAR_PAGE, || {
            Box::pin(micros(&near, &keys, How::AtOnce, 200))
        }),
        Contestant::new(SINGLE, || Box::pin(micros(&redis, once, How::Singly, 100))),
        Contestant::new(PAGE_AT_ONCE, || {
            Box::pin(micros(&redis, &keys, How::AtOnce, 50))
        }),
        Contestant::new(PAGE_SINGLY, || {
            Box::pin(micros(&redis, &keys, How::Singly, 10))
        }),
    ];
    let times = interleaved(ROUNDS, &contestants).await?;
    let head = ["", "µs", "this / near hit"].map(str::to_owned).to_vec();
    let row = |name: &str| {
        let median = format!("{:.2}", times.median(name));
        vec![
            name.to_owned(),
            median,
            format!("{:.0}", times.ratio(name, NEAR)),
        ]
    };
    let rows = times.names().map(row);
    print_table("P6: reads of 1 KB", std::iter::once(head).chain(rows));
    report.at_most("P6 near hit, µs", times.median(NEAR), AT_MOST_MICROS);
    let faster = times.ratio(PAGE_SINGLY, PAGE_AT_ONCE);
    report.at_least("P6 20 reads in turn / a page", faster, AT_LEAST_FASTER);
    let commands = commands_of_a_page(&server, &redis, &keys).await?;
    report.at_most("P6 commands of a page", commands, 1.0);
    Ok(())
}

/// A limit that a busy machine does not meet by accident.
const PATIENT: Duration = Duration::from_secs(10);

fn settings(server: &RedisServer) -> RedisSettings {
    RedisSettings::new("127.0.0.1", server.port())
        .with_call_limit(PATIENT)
        .with_response_limit(PATIENT)
        .with_connect_limit(PATIENT)
}

async fn fill(redis: &RedisCache) -> Outcome<Vec<CacheKey>> {
    let mut keys = Vec::new();
    for number in 0..PAGE {
        let key = FamilyKey::generation(number)?.key().clone();
        redis
            .set(&key, Bytes::from(vec![b'x'; VALUE_BYTES]), Ttl::MAX)
            .await?;
        keys.push(key);
    }
    Ok(keys)
}

/// Reads until the near cache follows, so that hits are measured and not reads that pass through.
async fn follow(near: &NearCache<RedisCache>, keys: &[CacheKey]) -> Outcome {
    near.get_many(keys).await?;
    for _ in 0..1_000 {
        if near.is_following() {
            return Ok(());
        }
        sleep(Duration::from_millis(5)).await;
    }
    Err("the server is not followed".into())
}

#[derive(Debug, Clone, Copy)]
enum How {
    Singly,
    AtOnce,
}

/// Returns how many microseconds it takes to read `keys`: the median of so many samples of a few repeats each, which
/// a machine that is busy with something else interrupts seldom.
async fn micros(cache: &dyn Cache, keys: &[CacheKey], how: How, samples: usize) -> Outcome<f64> {
    let mut taken = Vec::with_capacity(samples);
    for _ in 0..samples {
        let start = Instant::now();
        for _ in 0..REPEATS {
            match how {
                How::AtOnce => {
                    black_box(cache.get_many(keys).await?);
                }
                How::Singly => {
                    for key in keys {
                        black_box(cache.get(key).await?);
                    }
                }
            }
        }
        taken.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(REPEATS));
    }
    taken.sort_by(f64::total_cmp);
    Ok(taken[samples / 2])
}

/// Returns how many commands the server carried out for one page.
async fn commands_of_a_page(
    server: &RedisServer,
    redis: &RedisCache,
    keys: &[CacheKey],
) -> Outcome<f64> {
    server.call(&["CONFIG", "RESETSTAT"]);
    redis.get_many(keys).await?;
    let statistics = server.call(&["INFO", "commandstats"]);
    let calls = statistics.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let count = rest.split(',').next()?.parse::<f64>().ok()?;
        // What this question and the listening connection cost is not the page's.
        (!["config|resetstat", "info", "quit", "ping"].contains(&name)).then_some(count)
    });
    Ok(calls.sum())
}
