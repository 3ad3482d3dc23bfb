//! Follows the source of invalidations, and calls again when it ends.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::invalidations::{Invalidations, Listener};
use super::table::Table;
use crate::{CacheError, CacheErrorKind};

/// The pauses between two tries to follow a source that is away; they double and are jittered downwards.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The pause before a server that refused to be a source is asked again: somebody may have given us the right.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);

/// The task that follows a source; it begins with the first read and ends with this.
pub(super) struct Follower {
    source: Option<(Arc<dyn Invalidations>, Arc<Table>)>,
    is_started: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Follower {
    /// Returns a follower of nothing.
    pub(super) fn none() -> Self {
        Self {
            source: None,
            is_started: AtomicBool::new(true),
            task: Mutex::default(),
        }
    }

    /// Returns a follower that tells `table` what `source` tells, once started.
    pub(super) fn new(source: Arc<dyn Invalidations>, table: Arc<Table>) -> Self {
        Self {
            source: Some((source, table)),
            is_started: AtomicBool::new(false),
            task: Mutex::default(),
        }
    }

    /// Begins to follow, unless that was done before.
    pub(super) fn start(&self) {
        if self.is_started.load(Ordering::Relaxed) || self.is_started.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some((source, table)) = &self.source {
            let task = tokio::spawn(follow(Arc::clone(source), Arc::clone(table)));
            *self.task() = Some(task);
        }
    }

    /// Stops following for good.
    pub(super) async fn stop(&self) {
        self.is_started.store(true, Ordering::Release);
        let task = self.task().take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
    }

    /// Held for one access only, never over an await.
    fn task(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(task) = self.task().take() {
            task.abort();
        }
    }
}

async fn follow(source: Arc<dyn Invalidations>, table: Arc<Table>) {
    let listener = Listener::new(Arc::clone(&table));
    let mut pause = FIRST_PAUSE;
    let mut is_told = false;
    loop {
        let began = table.times_begun();
        let error = source.follow(table.settings().prefixes(), &listener).await;
        if table.times_begun() > began {
            (pause, is_told) = (FIRST_PAUSE, false);
        }
        if !is_told {
            warn(&error);
            is_told = true;
        }
        metrics::counter!("cache.near.losses", "kind" => error.kind().as_str()).increment(1);
        match error.kind() {
            CacheErrorKind::Refused | CacheErrorKind::Misused | CacheErrorKind::Config => {
                table.go_blind();
                sleep(REFUSED_PAUSE).await;
            }
            _ => {
                table.lost();
                sleep(pause.mul_f64(1.0 - fastrand::f64() / 2.0)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn warn(error: &CacheError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(
        kind = error.kind().as_str(),
        cause,
        "the near cache does not hear what others change; trying again"
    );
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source.as_ref().map(|(source, _)| source);
        f.debug_struct("Follower")
            .field("source", &source)
            .finish_non_exhaustive()
    }
}
