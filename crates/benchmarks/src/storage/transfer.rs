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
/// How many are in flight, and how many rounds a sitting has then. What else the machine does moves a caller who is
/// alone most, so there are more rounds and each is shorter.
const POINTS: [(usize, usize); 3] = [(1, 18), (8, 6), (32, 6)];
/// Where connections and their buffers happen to lie favours one or another for as long as they live, so each sitting
/// has servers and clients of its own.
const SITTINGS: usize = 10;
/// So many objects are in use, as many as are put or got at most at once and some more.
const KEYS: usize = 64;

const OURS: &str = "ours, unsigned payload";
const OURS_SIGNED: &str = "ours, sha256 given";
const MINIO: &str = "minio crate";
const FLOOR: &str = "floor: reqwest";

/// What is measured, with what was found at each of [`POINTS`].
struct Course {
    ground: Ground,
    verb: Verb,
    found: [Figures; POINTS.len()],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ground {
    Sink,
    S3,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Put,
    Get,
}

/// Measures every peer at every point and notes the aims.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let body = Bytes::from(vec![0x5a; OBJECT_BYTES]);
    let grounds = [Ground::Sink, Ground::S3];
    let courses = grounds.map(|ground| [Verb::Put, Verb::Get].map(|verb| (ground, verb)));
    let course = |(ground, verb)| Course {
        ground,
        verb,
        found: Default::default(),
    };
    let mut courses: Vec<_> = courses.into_iter().flatten().map(course).collect();
    for _ in 0..SITTINGS {
        for course in &mut courses {
            course.sit(&body).await?;
        }
    }
    for course in &courses {
        course.conclude(report);
    }
    Ok(())
}

impl Course {
    /// Measures everybody for some rounds, on a new server.
    async fn sit(&mut self, body: &Bytes) -> Outcome {
        let server = self.ground.server(body).await?;
        let url = server.url();
        fill(&url, body).await?;
        let verb = self.verb;
        let peers = peers(&url, verb, body)?;
        for ((in_flight, rounds), found) in POINTS.into_iter().zip(&mut self.found) {
            let trial = self.ground.operations() / rounds;
            let contestant = |(name, peer): &(&'static str, Arc<dyn Peer>)| {
                let (peer, body) = (Arc::clone(peer), body.clone());
                Contestant::new(*name, move || {
                    let (peer, body) = (Arc::clone(&peer), body.clone());
                    Box::pin(rate(peer, verb, body, in_flight, trial))
                })
            };
            let contestants: Vec<_> = peers.iter().map(contestant).collect();
            found.append(interleaved(rounds, &contestants).await?);
        }
        Ok(())
    }

    fn conclude(&self, report: &mut Report) {
        let (ground, verb) = (self.ground.name(), self.verb.name());
        let title = format!("P2: {verb} of 1.5 MB, operations a second, {ground}");
        print_table(&title, rows(&self.found));
        for ((in_flight, _), figures) in POINTS.into_iter().zip(&self.found) {
            let point = format!("P2 {ground} {verb} ×{in_flight}");
            note(report, &point, self.verb, figures);
        }
    }
}

impl Ground {
    fn name(self) -> &'static str {
        match self {
            Self::Sink => "sink",
            Self::S3 => "S3 server",
        }
    }

    /// How many operations all trials of one in a sitting have; each takes less than a tenth of a second.
    fn operations(self) -> usize {
        match self {
            Self::Sink => 576,
            Self::S3 => 384,
        }
    }

    async fn server(self, body: &Bytes) -> Outcome<Server> {
        match self {
            Self::Sink => Server::sink(body.clone()).await,
            Self::S3 => Server::s3().await,
        }
    }
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
    rows[0].extend(POINTS.map(|(in_flight, _)| format!("{in_flight} in flight")));
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
