//! Row R6: the share of hashing in the CPU time of passing an object on; and who pays for a put.

use std::sync::Arc;

use bytes::Bytes;
use storage::Sha256Digest;

use super::cpu::CpuTime;
use super::peers::{Floor, Minio, Ours, Peer};
use super::servers::Server;
use crate::shared::{Contestant, Figures, Outcome, Report, interleaved, print_table};

const OBJECT_BYTES: usize = 1_500_000;
const ROUNDS: usize = 7;
const TRIAL: u32 = 48;
const KEY: &str = "2026/01/31/0198f3a2-7c1e-7d4b-9a51-000000000000_1.png";

const PLAIN: &str = "passed on";
const HASHED: &str = "passed on and hashed";

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
    let ours = Arc::new(Ours::new(&sink.url())?);
    let contestants = [(PLAIN, false), (HASHED, true)].map(|(name, hashed)| {
        let ours = Arc::clone(&ours);
        Contestant::new(name, move || {
            let ours = Arc::clone(&ours);
            Box::pin(async move {
                let before = CpuTime::so_far()?;
                for _ in 0..TRIAL {
                    let body = ours.get(KEY).await?;
                    let digest = hashed.then(|| Sha256Digest::of(&body));
                    ours.put_with(KEY, body, digest).await?;
                }
                each(CpuTime::so_far()?.since(before).clients)
            })
        })
    });
    let figures = interleaved(ROUNDS, &contestants).await?;
    let head = vec!["1.5 MB".to_owned(), "CPU of the client, ms".to_owned()];
    let row = |name: &str| vec![name.to_owned(), format!("{:.2}", figures.median(name))];
    print_table(
        "R6: an object got and put",
        std::iter::once(head).chain(figures.names().map(row)),
    );
    let share = 1.0 - figures.ratio(PLAIN, HASHED);
    report.at_most("R6: share of hashing in the CPU of a transfer", share, 0.1);
    Ok(())
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
