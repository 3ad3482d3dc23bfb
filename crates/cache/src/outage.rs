//! One warning for each outage of the cache, however many calls it fails.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{CacheError, CacheErrorKind};

/// What the layers above the port remember about failures.
///
/// A cache that is away fails reads and writes alike, and that is one outage. A server that is full or
/// read-only answers the reads and refuses the writes, which is another.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    away: AtomicBool,
    writes_refused: AtomicBool,
    misused: AtomicBool,
}

/// Which side of the cache a call is on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Reads,
    Writes,
}

/// Nobody answered, so that the same call asks the cache nothing more: an outage costs it one limit.
///
/// [`Outages::is_away`] alone would not do: on a Cluster the other servers answer meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

impl Outages {
    /// Turns a failure into `None`: it is counted, and the first of an outage is logged.
    pub(crate) fn absorb<T>(&self, side: Side, outcome: Result<T, CacheError>) -> Option<T> {
        self.ask(side, outcome).ok().flatten()
    }

    /// Does the same with a refusal, and tells it apart from no answer at all.
    pub(crate) fn ask<T>(
        &self,
        side: Side,
        outcome: Result<T, CacheError>,
    ) -> Result<Option<T>, Away> {
        match outcome {
            Ok(value) => {
                self.recovered(side);
                Ok(Some(value))
            }
            Err(error) => self.failed(side, &error).map(|()| None),
        }
    }

    /// Whether the last call found nobody: whoever needs several calls leaves out the rest, so that an outage
    /// costs a caller one limit and not one for each call.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Any answer shows that the cache is there; only a write shows that writes are taken.
    fn recovered(&self, side: Side) {
        clear(&self.away, "the cache answers again");
        if matches!(side, Side::Writes) {
            clear(&self.writes_refused, "the cache takes writes again");
        }
    }

    /// Counts a failure, and logs the first of an outage; `Away` when it says nothing but that nobody answers.
    fn failed(&self, side: Side, error: &CacheError) -> Result<(), Away> {
        let kind = error.kind();
        metrics::counter!("cache.failures", "kind" => kind.as_str()).increment(1);
        let (outage, message, told) = match kind {
            // This is about one value, and the counter says enough.
            CacheErrorKind::TooLarge => return Ok(()),
            // This is about one key for as long as the other program runs; the rest of the cache is well.
            CacheErrorKind::Misused => (
                &self.misused,
                "a cache key is used by another program as well",
                Ok(()),
            ),
            CacheErrorKind::Full | CacheErrorKind::ReadOnly => (
                &self.writes_refused,
                "the cache refuses writes; going on without them",
                Ok(()),
            ),
            _ => (
                &self.away,
                "the cache fails; going on without it",
                Err(Away),
            ),
        };
        if !outage.swap(true, Ordering::Relaxed) {
            warn(side, error, message);
        }
        told
    }
}

fn clear(outage: &AtomicBool, message: &'static str) {
    if outage.load(Ordering::Relaxed) && outage.swap(false, Ordering::Relaxed) {
        tracing::info!(message);
    }
}

fn warn(side: Side, error: &CacheError, message: &'static str) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(
        ?side,
        operation = error.operation(),
        kind = error.kind().as_str(),
        cause,
        message
    );
}
