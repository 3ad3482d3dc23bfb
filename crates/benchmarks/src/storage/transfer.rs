//! Row P2: objects of 1.5 MB put and got, at 1, 8 and 32 in flight, on a sink and on an S3 server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::peers::{Aws, Floor, Minio, ObjectStoreCrate, Ours, Peer, Rusty};
use super::servers::Server;
use crate::shared::{Contestant, Figures, Outcome, Report, interleaved, print_table};

const OBJECT_BYTES: usize = 1_500_000;
const IN_FLIGHT: [usize; 3] = [1, 8, 32];
/// Many rounds of short trials: what else the machine does comes in bursts, which then meet everyone alike.
const ROUNDS: usize = 61;
/// So many objects are in use, as many as are put or got at most at once and some more.
const KEYS: usize = 64;

const OURS: &str = "ours, unsigned payload";
const OURS_SIGNED: &str = "ours, sha256 given";
const MINIO: &str = "minio crate";
const FLOOR: &str = "floor: reqwest";

/// A server, and how many operations a trial on it has.
struct Ground {
    name: &'static str,
    server: Server,
    trial: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Put,
    Get,
}

/// Measures every peer at every point and notes the aims.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let body = Bytes::from(vec![0x5a; OBJECT_BYTES]);
    let grounds = [
        Ground {
            name: "sink",
            server: Server::sink(body.clone()).await?,
            trial: 96,
        },
        Ground {
            name: "S3 server",
            server: Server::s3().await?,
            trial: 64,
        },
    ];
    for ground in grounds {
        for verb in [Verb::Put, Verb::Get] {
            measure(&ground, verb, &body, report).await?;
        }
    }
    Ok(())
}

async fn measure(ground: &Ground, verb: Verb, body: &Bytes, report: &mut Report) -> Outcome {
    let url = ground.server.url();
    fill(&url, body).await?;
    let peers = peers(&url, verb, body)?;
    let mut points = Vec::new();
    for in_flight in IN_FLIGHT {
        let contestant = |(name, peer): &(&'static str, Arc<dyn Peer>)| {
            let (peer, body, trial) = (Arc::clone(peer), body.clone(), ground.trial);
            Contestant::new(*name, move || {
                Box::pin(rate(
                    Arc::clone(&peer),
                    verb,
                    body.clone(),
                    in_flight,
                    trial,
                ))
            })
        };
        let contestants: Vec<_> = peers.iter().map(contestant).collect();
        points.push(interleaved(ROUNDS, &contestants).await?);
    }
    print_table(
        &format!(
            "P2: {} of 1.5 MB, operations a second, {}",
            verb.name(),
            ground.name
        ),
        rows(&points),
    );
    for (in_flight, figures) in IN_FLIGHT.into_iter().zip(&points) {
        let point = format!("P2 {} {} ×{in_flight}", ground.name, verb.name());
        note(report, &point, verb, figures);
    }
    Ok(())
}

/// The peers that say nothing of the body, or are told nothing, are those that ours is held against.
fn peers(url: &str, verb: Verb, body: &Bytes) -> Outcome<Vec<(&'static str, Arc<dyn Peer>)>> {
    let keys: Vec<_> = (0..KEYS).map(key).collect();
    let mut peers: Vec<(&'static str, Arc<dyn Peer>)> = vec![
        (OURS, Arc::new(Ours::new(url)?)),
        (MINIO, Arc::new(Minio::new(url)?)),
        (
            "object_store, unsigned",
            Arc::new(ObjectStoreCrate::new(url, true)?),
        ),
        ("aws-sdk-s3, unsigned", Arc::new(Aws::new(url, true))),
        ("rusty-s3 + reqwest", Arc::new(Rusty::new(url)?)),
        (FLOOR, Arc::new(Floor::new(url, &keys)?)),
    ];
    // Only a put has a body to sign.
    if verb == Verb::Put {
        let signing: [(&'static str, Arc<dyn Peer>); 3] = [
            (OURS_SIGNED, Arc::new(Ours::new(url)?.with_digest(body))),
            (
                "object_store, signed",
                Arc::new(ObjectStoreCrate::new(url, false)?),
            ),
            ("aws-sdk-s3, signed", Arc::new(Aws::new(url, false))),
        ];
        peers.extend(signing);
    }
    Ok(peers)
}

fn note(report: &mut Report, point: &str, verb: Verb, figures: &Figures) {
    let is_peer = |name: &str| ![OURS, OURS_SIGNED, FLOOR].contains(&name);
    if let Some(fastest) = figures.highest(is_peer) {
        let what = format!("{point}: ours / fastest peer ({fastest})");
        report.at_least(what, figures.ratio(OURS, fastest), 0.95);
    }
    if verb == Verb::Put {
        let what = format!("{point}: ours / minio crate");
        report.at_least(what, figures.ratio(OURS, MINIO), 2.5);
        let what = format!("{point}: ours / floor");
        report.at_least(what, figures.ratio(OURS, FLOOR), 0.85);
    }
}

fn rows(points: &[Figures]) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(IN_FLIGHT.map(|in_flight| format!("{in_flight} in flight")));
    rows[0].push("ours / this, at each".to_owned());
    let names: Vec<_> = points
        .first()
        .map_or(Vec::new(), |point| point.names().collect());
    for name in names {
        let mut row = vec![name.to_owned()];
        row.extend(points.iter().map(|point| cell(point, name)));
        let ratios: Vec<_> = points
            .iter()
            .map(|point| format!("{:.2}", point.ratio(OURS, name)))
            .collect();
        row.push(ratios.join(" / "));
        rows.push(row);
    }
    rows
}

fn cell(point: &Figures, name: &str) -> String {
    format!(
        "{:.0} ±{:.0} %",
        point.median(name),
        point.spread(name) * 50.0
    )
}

/// Returns the operations a second of `trial` of them, so many in flight.
async fn rate(
    peer: Arc<dyn Peer>,
    verb: Verb,
    body: Bytes,
    in_flight: usize,
    trial: usize,
) -> Outcome<f64> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (peer, body, next) = (Arc::clone(&peer), body.clone(), Arc::clone(&next));
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= trial {
                    return Outcome::Ok(());
                }
                operate(&*peer, verb, &key(number % KEYS), &body).await?;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a trial has fewer than 2^52 operations"
    )]
    let operations = trial as f64;
    Ok(operations / start.elapsed().as_secs_f64())
}

async fn operate(peer: &dyn Peer, verb: Verb, key: &str, body: &Bytes) -> Outcome {
    match verb {
        Verb::Put => peer.put(key, body.clone()).await,
        Verb::Get => {
            let got = peer.get(key).await?;
            if got.len() == body.len() {
                return Ok(());
            }
            Err("the object came back in another length".into())
        }
    }
}

async fn fill(url: &str, body: &Bytes) -> Outcome {
    let store = Ours::new(url)?;
    for number in 0..KEYS {
        store.put(&key(number), body.clone()).await?;
    }
    Ok(())
}

fn key(number: usize) -> String {
    format!("2026/01/31/0198f3a2-7c1e-7d4b-9a51-{number:012x}_1.png")
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Get => "GET",
        }
    }
}
