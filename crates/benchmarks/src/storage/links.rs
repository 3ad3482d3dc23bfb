//! Row P4: signed links, without any server.

use std::sync::Arc;

use storage::ObjectRef;
use tokio::time::Instant;

use super::peers::{Aws, Minio, ObjectStoreCrate, Ours, OursAlone, Rusty, Signs};
use crate::shared::{Contestant, Outcome, Report, interleaved, print_table};

/// Nobody listens there, so a peer that asks for something fails.
const NOBODY: &str = "http://127.0.0.1:1";
const ROUNDS: usize = 7;
const LINKS: u32 = 10_000;

const OURS: &str = "ours, through the port";
const MINIO: &str = "minio crate";
const RUSTY: &str = "rusty-s3";
const AWS: &str = "aws-sdk-s3";

/// Measures every signer and notes the aims.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let signers: [(&str, Arc<dyn Signs>); 6] = [
        (OURS, Arc::new(Ours::new(NOBODY)?)),
        ("ours, the signer alone", Arc::new(OursAlone::new(NOBODY)?)),
        (MINIO, Arc::new(Minio::new(NOBODY)?)),
        (RUSTY, Arc::new(Rusty::new(NOBODY)?)),
        (
            "object_store",
            Arc::new(ObjectStoreCrate::new(NOBODY, true)?),
        ),
        (AWS, Arc::new(Aws::new(NOBODY, true))),
    ];
    let object: ObjectRef =
        "imagen4/2026/01/31/0198f3a2-7c1e-7d4b-9a51-0123456789ab_1.png".parse()?;
    let contestant = |(name, signer): &(&'static str, Arc<dyn Signs>)| {
        let (signer, object) = (Arc::clone(signer), object.clone());
        Contestant::new(*name, move || {
            Box::pin(micros(Arc::clone(&signer), object.clone()))
        })
    };
    let contestants: Vec<_> = signers.iter().map(contestant).collect();
    let times = interleaved(ROUNDS, &contestants).await?;
    let head = ["", "µs a link", "this / ours"].map(str::to_owned).to_vec();
    let row = |name: &str| {
        let median = format!("{:.2}", times.median(name));
        vec![
            name.to_owned(),
            median,
            format!("{:.1}", times.ratio(name, OURS)),
        ]
    };
    print_table(
        "P4: a signed link, one core",
        std::iter::once(head).chain(times.names().map(row)),
    );
    for (peer, aim) in [(MINIO, 4.0), (RUSTY, 4.0), (AWS, 25.0)] {
        report.at_least(format!("P4 {peer} / ours"), times.ratio(peer, OURS), aim);
    }
    Ok(())
}

/// Returns the microseconds that a link takes, one after the other on this thread.
async fn micros(signer: Arc<dyn Signs>, object: ObjectRef) -> Outcome<f64> {
    let start = Instant::now();
    for _ in 0..LINKS {
        let length = signer.sign_get(&object).await?;
        std::hint::black_box(length);
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(LINKS))
}
