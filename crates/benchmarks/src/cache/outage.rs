//! Row P7: what a call costs while Redis is refused or frozen, and how soon all is well again.

use std::sync::Arc;
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache, CacheKey};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::peers::{Deadpool, Peer};
use crate::shared::{Outcome, Report, print_table};

const ROUNDS: usize = 5;
const CALLERS: usize = 32;
const PAUSE: Duration = Duration::from_millis(1);

/// How long the breaker gets to open, and how long calls are measured then.
const SETTLING: Duration = Duration::from_millis(700);
const MEASURED: Duration = Duration::from_millis(1_500);

/// The limit of a call as the settings have it, and what the clock's grain adds.
const LIMIT_MILLIS: f64 = 150.0;
const GRAIN_MILLIS: f64 = 5.0;

/// The aims of the row: microseconds of a call at the 99th percentile, and milliseconds until all is well.
const AT_MOST_MICROS: f64 = 50.0;
const AT_MOST_MILLIS: f64 = 1_000.0;

#[derive(Debug, Clone, Copy)]
enum Outage {
    Refused,
    Frozen,
}

/// What one outage cost, in seconds.
#[derive(Debug)]
struct Costs {
    first: f64,
    slowest: f64,
    median: f64,
    p99: f64,
    back: f64,
    deadpool: f64,
}

/// Measures both kinds of outage and notes the aims.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    for outage in [Outage::Refused, Outage::Frozen] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round(outage).await?);
        }
        conclude(report, outage, &rounds);
    }
    Ok(())
}

fn conclude(report: &mut Report, outage: Outage, rounds: &[Costs]) {
    let of = |figure: fn(&Costs) -> f64| sorted(rounds.iter().map(figure).collect());
    let head = ["", "median", "worst"].map(str::to_owned).to_vec();
    let row = |what: &str, figures: &[f64]| {
        vec![
            what.to_owned(),
            shown(middle(figures)),
            shown(worst(figures)),
        ]
    };
    let (first, slowest) = (of(|costs| costs.first), of(|costs| costs.slowest));
    let (p99, back) = (of(|costs| costs.p99), of(|costs| costs.back));
    let rows = vec![
        head,
        row("the first failure", &first),
        row("the slowest call of all", &slowest),
        row("a call once open, p50", &of(|costs| costs.median)),
        row("a call once open, p99", &p99),
        row("all well after", &back),
        row(
            "a call of default deadpool-redis",
            &of(|costs| costs.deadpool),
        ),
    ];
    print_table(&format!("P7: Redis {outage:?}"), rows);
    let what = |what: &str| format!("P7 {outage:?}: {what}");
    let limit = LIMIT_MILLIS + GRAIN_MILLIS;
    report.at_most(what("first failure, ms"), worst(&first) * 1e3, limit);
    report.at_most(
        what("p99 once open, µs"),
        middle(&p99) * 1e6,
        AT_MOST_MICROS,
    );
    report.at_most(
        what("all well after, ms"),
        worst(&back) * 1e3,
        AT_MOST_MILLIS,
    );
}

/// Lets one server go away and come back.
async fn round(outage: Outage) -> Outcome<Costs> {
    let mut server = RedisServer::start();
    let ours = RedisCache::new(RedisSettings::new("127.0.0.1", server.port()))?;
    let key = CacheKey::new("imagen4:generation:1")?;
    until_well(&ours, &key).await?;
    let deadpool = Arc::new(warm_deadpool(server.port(), &key).await?);

    match outage {
        Outage::Refused => server.stop(),
        Outage::Frozen => server.freeze(),
    }
    let start = Instant::now();
    let outcome = ours.get(&key).await;
    let first = start.elapsed().as_secs_f64();
    if outcome.is_ok() {
        return Err("the server answers although it is away".into());
    }
    let settling = calls(&ours, &key, SETTLING).await?;
    let open = sorted(calls(&ours, &key, MEASURED).await?);
    let start = Instant::now();
    let _failure = deadpool.get(&key).await;
    let theirs = start.elapsed().as_secs_f64();

    // The breaker meets the end of the outage with its longest pause, however long the peer took.
    calls(&ours, &key, SETTLING).await?;
    match outage {
        Outage::Refused => server.restart(),
        Outage::Frozen => server.thaw(),
    }
    let start = Instant::now();
    until_well(&ours, &key).await?;
    Ok(Costs {
        first,
        slowest: worst(&sorted(settling)).max(worst(&open)).max(first),
        median: middle(&open),
        p99: open[open.len() * 99 / 100],
        back: start.elapsed().as_secs_f64(),
        deadpool: theirs,
    })
}

/// Returns a pool as it comes whose places are all taken by connections that worked.
async fn warm_deadpool(port: u16, key: &CacheKey) -> Outcome<Deadpool> {
    let deadpool = Deadpool::new(port, None)?;
    let places = deadpool.0.status().max_size;
    let connections = try_join_all((0..places).map(|_| deadpool.0.get())).await?;
    drop(connections);
    deadpool.get(key).await?;
    Ok(deadpool)
}

/// Calls until ten calls in a row were answered.
async fn until_well(cache: &RedisCache, key: &CacheKey) -> Outcome {
    let mut answers = 0;
    for _ in 0..20_000 {
        answers = if cache.get(key).await.is_ok() {
            answers + 1
        } else {
            0
        };
        if answers == 10 {
            return Ok(());
        }
        if answers == 0 {
            sleep(PAUSE).await;
        }
    }
    Err("the server is not heard of again".into())
}

/// Lets many callers call for a while, and returns how many seconds each call took.
async fn calls(cache: &RedisCache, key: &CacheKey, time: Duration) -> Outcome<Vec<f64>> {
    let until = Instant::now() + time;
    let callers = (0..CALLERS).map(|_| {
        let (cache, key) = (cache.clone(), key.clone());
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while Instant::now() < until {
                let start = Instant::now();
                let outcome = cache.get(&key).await;
                taken.push(start.elapsed().as_secs_f64());
                drop(outcome);
                sleep(PAUSE).await;
            }
            taken
        })
    });
    Ok(try_join_all(callers).await?.concat())
}

fn sorted(mut figures: Vec<f64>) -> Vec<f64> {
    figures.sort_by(f64::total_cmp);
    figures
}

fn middle(figures: &[f64]) -> f64 {
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn worst(figures: &[f64]) -> f64 {
    figures.last().copied().unwrap_or(f64::NAN)
}

fn shown(seconds: f64) -> String {
    format!("{:.1?}", Duration::from_secs_f64(seconds))
}
