//! When the program is asked to stop.

use tokio::signal;

/// Waits for Ctrl-C or, where there is such a thing, SIGTERM.
///
/// # Cancellation
///
/// Nothing happened; a signal that comes while nobody waits is lost.
pub(crate) async fn asked_to_stop() {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
    }
}

async fn interrupted() {
    if let Err(error) = signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C cannot be heard; stopping");
    }
}

#[cfg(unix)]
async fn terminated() {
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(error) => tracing::error!(%error, "SIGTERM cannot be heard; stopping"),
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
