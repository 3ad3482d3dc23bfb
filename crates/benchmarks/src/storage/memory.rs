//! Row P3: the peak memory of a save, taken in a process of its own.

mod child;
mod usage;

use bytes::Bytes;
use storage::pictures::ImageFormat;
use storage::pictures::testing::sample_picture;
use tokio::process::Command;

use super::servers::Server;
use crate::shared::allocator::TUNABLES;
use crate::shared::{Outcome, Report, print_table};

pub(crate) use child::run as run_child;

/// The name under which the program starts itself as the process that is measured.
pub(crate) const CHILD: &str = "storage-memory-child";

const MIB: u64 = 1 << 20;
const PICTURE_BYTES: usize = 8_000_000;
/// The bytes of pictures that the child allows itself; small beside the 512 MB that it saves in all.
const BUDGET_MIB: u64 = 64;
/// Beside the budget: buffers of the connections, tasks, the allocator's own.
const SLACK_MIB: u64 = 16;
/// An upload in parts says that it takes up to 32 MiB.
const PARTS_MIB: u64 = 32;
const SMALL_MIB: u64 = 64;
const LARGE_MIB: u64 = 512;

/// Measures each way of saving and notes that none takes more than it may, whatever the size.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let picture = sample_picture(ImageFormat::Png, 1024, 1024, &vec![0x5a; PICTURE_BYTES]);
    let server = Server::sink(picture).await?;
    let grown = |what: &'static str, size: u64| growth(what, size, server.url());
    let pictures = grown("pictures", BUDGET_MIB).await?;
    let known = [
        grown("known", SMALL_MIB).await?,
        grown("known", LARGE_MIB).await?,
    ];
    let unknown = [
        grown("unknown", SMALL_MIB).await?,
        grown("unknown", LARGE_MIB).await?,
    ];
    print_table(
        "P3: growth of the peak memory, MiB",
        table(pictures, known, unknown),
    );

    let bound = |mib: u64| mebibytes(mib * MIB);
    report.at_most(
        "P3 64 pictures of 8 MB, MiB",
        pictures,
        bound(BUDGET_MIB + SLACK_MIB),
    );
    report.at_most("P3 512 MB, length known, MiB", known[1], bound(SLACK_MIB));
    report.at_most(
        "P3 512 MB, length unknown, MiB",
        unknown[1],
        bound(PARTS_MIB + SLACK_MIB),
    );
    report.at_most(
        "P3 known length, 512 MB - 64 MB, MiB",
        known[1] - known[0],
        4.0,
    );
    report.at_most(
        "P3 unknown length, 512 MB - 64 MB, MiB",
        unknown[1] - unknown[0],
        8.0,
    );
    Ok(())
}

fn table(pictures: f64, known: [f64; 2], unknown: [f64; 2]) -> Vec<Vec<String>> {
    let row = |what: &str, figure: f64| vec![what.to_owned(), format!("{figure:.1}")];
    vec![
        vec!["saving".to_owned(), "growth".to_owned()],
        row(
            &format!("64 pictures of 8 MB, budget {BUDGET_MIB} MiB"),
            pictures,
        ),
        row("a stream of 64 MB, length known", known[0]),
        row("a stream of 512 MB, length known", known[1]),
        row("a stream of 64 MB, length unknown", unknown[0]),
        row("a stream of 512 MB, length unknown", unknown[1]),
    ]
}

/// Returns by how many MiB a fresh process grew at its peak.
async fn growth(what: &str, size: u64, server: String) -> Outcome<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args([CHILD, what, &size.to_string(), &server])
        .env_remove(TUNABLES)
        .output()
        .await?;
    let text = String::from_utf8(output.stdout)?;
    let bytes = text.trim().parse();
    Ok(mebibytes(
        bytes.map_err(|_| format!("the child says: {text}"))?,
    ))
}

#[expect(clippy::cast_precision_loss, reason = "no process has 2^52 bytes")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MIB as f64
}

/// Returns the pieces of a stream of `mib` MiB, all of the same bytes.
fn pieces(mib: u64) -> impl Iterator<Item = storage::Result<Bytes>> + Send {
    let piece = Bytes::from(vec![0x5a; 64 * 1024]);
    (0..mib * 16).map(move |_| Ok(piece.clone()))
}
