//! Row P5: single reads and writes of 1 KB, by few and by many callers.

use std::sync::Arc;

use bytes::Bytes;
use cache::CacheKey;
use cache::testing::RedisServer;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::peers::{OURS, Peer, everybody};
use crate::shared::{Contestant, Figures, Outcome, Report, interleaved, print_table};

/// Where connections and their buffers happen to lie favours one or another for as long as they live, so each sitting
/// has a server and connections of its own.
const SITTINGS: usize = 24;
/// Many rounds of short trials: what else the machine does comes in bursts, which then meet everyone alike.
const ROUNDS: usize = 5;
const VALUE_BYTES: usize = 1_000;
const KEYS: usize = 100;

/// How many callers at once, and how many calls in all: about a twentieth of a second.
const CALLERS: [(usize, usize); 3] = [(1, 750), (16, 4_000), (128, 6_400)];

/// The aim of the row: so much of the fastest peer.
const AIM: f64 = 0.95;

#[derive(Debug, Clone, Copy)]
enum Call {
    Get,
    Set,
}

/// What is measured, with what was found.
struct Point {
    call: Call,
    callers: usize,
    calls: usize,
    found: Figures,
}

/// Measures every peer at each point and notes how ours compares with the fastest.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let points = [Call::Get, Call::Set].map(|call| {
        CALLERS.map(|(callers, calls)| Point {
            call,
            callers,
            calls,
            found: Figures::default(),
        })
    });
    let mut points = points.into_iter().flatten().collect::<Vec<_>>();
    for _ in 0..SITTINGS {
        sit(&mut points).await?;
    }
    for point in &points {
        conclude(report, &point.found, point.call, point.callers);
    }
    Ok(())
}

/// Measures each point for some rounds with a new server and new connections.
async fn sit(points: &mut [Point]) -> Outcome {
    let server = RedisServer::start();
    let peers = everybody(server.port()).await?;
    let keys: Arc<[CacheKey]> = (0..KEYS)
        .map(|number| CacheKey::new(format!("imagen4:generation:{number}")))
        .collect::<Result<_, _>>()?;
    for key in keys.iter() {
        peers[0].1.set(key, value()).await?;
    }
    for point in points {
        let (call, callers, calls) = (point.call, point.callers, point.calls);
        let contestant = |(name, peer): &(&'static str, Arc<dyn Peer>)| {
            let (peer, keys) = (Arc::clone(peer), Arc::clone(&keys));
            Contestant::new(*name, move || {
                let (peer, keys) = (Arc::clone(&peer), Arc::clone(&keys));
                let calls = calls / peer.shorter_by();
                Box::pin(throughput(peer, keys, call, callers, calls))
            })
        };
        let contestants: Vec<_> = peers.iter().map(contestant).collect();
        let found = interleaved(ROUNDS, &contestants).await?;
        point.found.append(found);
    }
    Ok(())
}

fn conclude(report: &mut Report, figures: &Figures, call: Call, callers: usize) {
    let title = format!("P5: {call:?} of 1 KB, {callers} callers");
    let fastest = figures.highest(|name| name != OURS).unwrap_or_default();
    let head = ["", "calls a second", "ours / this"]
        .map(str::to_owned)
        .to_vec();
    let row = |name: &str| {
        vec![
            name.to_owned(),
            format!("{:.0}", figures.median(name)),
            format!("{:.2}", figures.ratio(OURS, name)),
        ]
    };
    let rows = figures.names().map(row);
    print_table(&title, std::iter::once(head).chain(rows));
    let what = format!("{title}: ours / {fastest}");
    report.at_least(what, figures.ratio(OURS, fastest), AIM);
}

/// Returns how many calls a second go through when `callers` do `calls` in all.
async fn throughput(
    peer: Arc<dyn Peer>,
    keys: Arc<[CacheKey]>,
    call: Call,
    callers: usize,
    calls: usize,
) -> Outcome<f64> {
    let start = Instant::now();
    let tasks = (0..callers).map(|caller| {
        let (peer, keys) = (Arc::clone(&peer), Arc::clone(&keys));
        tokio::spawn(async move {
            let value = value();
            for number in 0..calls / callers {
                let key = &keys[(caller + number) % keys.len()];
                match call {
                    Call::Get if peer.get(key).await? != VALUE_BYTES => {
                        return Err("a value is not there".into());
                    }
                    Call::Get => {}
                    Call::Set => peer.set(key, value.clone()).await?,
                }
            }
            Outcome::Ok(())
        })
    });
    for outcome in try_join_all(tasks).await? {
        outcome?;
    }
    Ok(u32::try_from(calls).map(f64::from)? / start.elapsed().as_secs_f64())
}

fn value() -> Bytes {
    Bytes::from(vec![b'x'; VALUE_BYTES])
}
