//! Row R6: what checksums end to end cost on top of a signed transfer; and who pays for a put.
//!
//! An S3 client signs the payload unless it is told not to, and for that it hashes it. Ours hashes while it
//! reads, and has the digest signed, sent, stored and checked; so the peer is one that only signs.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use storage::Sha256Digest;

use super::cpu::CpuTime;
use super::peers::{Floor, Minio, ObjectStoreCrate, Ours, Peer};
use super::servers::Server;
use crate::shared::{Contestant, Figures, Outcome, Report, interleaved, print_table};

const OBJECT_BYTES: usize = 1_500_000;
const ROUNDS: usize = 9;
const TRIAL: u32 = 96;
const KEY: &str = "2026/01/31/0198f3a2-7c1e-7d4b-9a51-000000000000_1.png";

const UNSIGNED: &str = "ours, nothing hashed";
const CHECKED: &str = "ours, hashed end to end";
const SIGNED: &str = "object_store, signed";

/// Measures both and notes the aim.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let body = Bytes::from(vec![0x5a; OBJECT_BYTES]);
    let sink = Server::sink(body.clone()).await?;
    pass_on(&sink, report).await?;
    put("sink", &sink, &body).await?;
    put("S3 server", &Server::s3().await?, &body).await
}

/// An object is got and put; the server's threads do not count, the client's part of the kernel does.
async fn pass_on(sink: &Server, report: &mut Report) -> Outcome {
    let ours = || Outcome::Ok(Arc::new(Ours::new(&sink.url())?));
    let signed = Arc::new(ObjectStoreCrate::new(&sink.url(), false)?);
    let contestants = [
        Contestant::new(UNSIGNED, passing(ours()?, |ours, body| ours.put(KEY, body))),
        Contestant::new(
            CHECKED,
            passing(ours()?, |ours, body| {
                let digest = Sha256Digest::of(&body);
                ours.put_with(KEY, body, Some(digest)).boxed()
            }),
        ),
        Contestant::new(SIGNED, passing(signed, |peer, body| peer.put(KEY, body))),
    ];
    let figures = interleaved(ROUNDS, &contestants).await?;
    let head = vec!["1.5 MB".to_owned(), "CPU of the client, ms".to_owned()];
    let row = |name: &str| vec![name.to_owned(), format!("{:.2}", figures.median(name))];
    print_table(
        "R6: an object got and put",
        std::iter::once(head).chain(figures.names().map(row)),
    );
    let share = 1.0 - figures.ratio(SIGNED, CHECKED);
    let what = format!("R6: cost of checksums end to end over {SIGNED}");
    report.at_most(what, share, 0.1);
    Ok(())
}

/// Returns a trial in which `peer` gets an object and puts it by `put`, again and again.
fn passing<P: Peer>(
    peer: Arc<P>,
    put: for<'a> fn(&'a P, Bytes) -> BoxFuture<'a, Outcome>,
) -> impl Fn() -> BoxFuture<'static, Outcome<f64>> {
    move || {
        let peer = Arc::clone(&peer);
        Box::pin(async move {
            let before = CpuTime::so_far()?;
            for _ in 0..TRIAL {
                let body = peer.get(KEY).await?;
                put(&peer, body).await?;
            }
            each(CpuTime::so_far()?.since(before).clients)
        })
    }
}

async fn put(name: &str, server: &Server, body: &Bytes) -> Outcome {
    let url = server.url();
    let peers: [(&'static str, Arc<dyn Peer>); 4] = [
        ("ours, unsigned payload", Arc::new(Ours::new(&url)?)),
        (
            "ours, sha256 given",
            Arc::new(Ours::new(&url)?.with_digest(body)),
        ),
        ("minio crate", Arc::new(Minio::new(&url)?)),
        (
            "floor: reqwest",
            Arc::new(Floor::new(&url, &[KEY.to_owned()])?),
        ),
    ];
    let clients = measure(&peers, body, |time| time.clients).await?;
    let servers = measure(&peers, body, |time| time.servers).await?;
    let mut rows = vec![["", "client", "server"].map(str::to_owned).to_vec()];
    for (name, _) in &peers {
        let cell = |figures: &Figures| format!("{:.2}", figures.median(name));
        rows.push(vec![(*name).to_owned(), cell(&clients), cell(&servers)]);
    }
    print_table(&format!("CPU of a put of 1.5 MB, ms, {name}"), rows);
    Ok(())
}

async fn measure(
    peers: &[(&'static str, Arc<dyn Peer>)],
    body: &Bytes,
    whose: fn(CpuTime) -> u64,
) -> Outcome<Figures> {
    let contestant = |(name, peer): &(&'static str, Arc<dyn Peer>)| {
        let (peer, body) = (Arc::clone(peer), body.clone());
        Contestant::new(*name, move || {
            let (peer, body) = (Arc::clone(&peer), body.clone());
            Box::pin(async move {
                let before = CpuTime::so_far()?;
                for _ in 0..TRIAL {
                    peer.put(KEY, body.clone()).await?;
                }
                each(whose(CpuTime::so_far()?.since(before)))
            })
        })
    };
    let contestants: Vec<_> = peers.iter().map(contestant).collect();
    interleaved(ROUNDS, &contestants).await
}

/// Returns the milliseconds of one operation of a trial.
fn each(nanoseconds: u64) -> Outcome<f64> {
    let microseconds = u32::try_from(nanoseconds / 1000)?;
    Ok(f64::from(microseconds) / 1000.0 / f64::from(TRIAL))
}
