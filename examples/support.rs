//! What the programs share: exit codes, progress, tables.

pub(crate) mod failure;
pub(crate) mod progress;
pub(crate) mod report;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Shows warnings and errors on the standard error stream; `RUST_LOG` asks for more.
pub(crate) fn log_warnings() {
    // The S3 server library logs each refused link as an error; the person who changed it is told 403.
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy()
        .add_directive(
            "s3s=off"
                .parse()
                .unwrap_or_else(|_| LevelFilter::WARN.into()),
        );
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}

/// Waits for Ctrl-C.
pub(crate) async fn until_interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C cannot be heard; stopping");
    }
}
