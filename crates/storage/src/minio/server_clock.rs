//! The server's time, learned from its answers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AGE, DATE, HeaderMap};

use crate::clock::Clock;

/// The clocks may differ by so much without anything being done about it, in milliseconds.
///
/// The header `Date` has no fractions, and S3 allows 15 minutes.
const TOLERATED: i64 = 2_000;

/// A difference beyond a day is a broken clock or header, and is not believed.
const BELIEVED: i64 = 86_400_000;

/// A refusal is worth a second try when it moved our view of the server's time by so much.
const WORTH_A_RETRY: TimeDelta = TimeDelta::minutes(5);

/// Our clock, and how far the server's is from it.
///
/// A signature holds in the server's time, and a link ends in it.
/// An answer whose `Date` is D was made between D and D + 1 s of the server's time, and between the moments
/// of our time when we asked and when we heard, which bounds the difference from both sides.
/// Further answers narrow the bounds; an answer against them is believed when the next one agrees with it,
/// or at once when it refuses our signature.
/// Answers out of a cache, which have an `Age`, tell nothing.
#[derive(Debug)]
pub(super) struct ServerClock {
    ours: Arc<dyn Clock>,
    view: Mutex<View>,
}

/// What the server's time is now, as far as we know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// The earliest that it can be.
    pub(super) now: DateTime<Utc>,
    /// By how much it can be ahead of ours, rounded up to seconds; never less than nothing.
    pub(super) ahead: TimeDelta,
}

/// How much the server is believed, and what speaks against it.
#[derive(Debug, Default)]
struct View {
    heard: bool,
    offset: Bounds,
    doubt: Option<Bounds>,
}

/// The server's time less ours, in milliseconds; no difference as long as none is needed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Bounds {
    low: i64,
    high: i64,
}

impl ServerClock {
    pub(super) fn new(ours: Arc<dyn Clock>) -> Self {
        Self {
            ours,
            view: Mutex::default(),
        }
    }

    /// Returns our own time, from which an answer is measured.
    pub(super) fn ours(&self) -> DateTime<Utc> {
        self.ours.now()
    }

    pub(super) fn read(&self) -> Reading {
        let offset = self.view().offset;
        let seconds = offset.high.max(0).unsigned_abs().div_ceil(1000);
        Reading {
            now: self.ours.now() + TimeDelta::milliseconds(offset.low),
            ahead: TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default()),
        }
    }

    /// Learns from an answer to what was asked at `asked` of our time.
    ///
    /// Returns whether the server, which refused the request if `refused` is set, should be asked once more
    /// because its time turned out to be far from what was signed.
    pub(super) fn learn(&self, asked: DateTime<Utc>, headers: &HeaderMap, refused: bool) -> bool {
        let Some(seen) = date(headers).and_then(|date| Bounds::seen(date, asked, self.ours.now()))
        else {
            return false;
        };
        let mut view = self.view();
        let before = view.offset;
        view.take(seen, refused);
        let moved = TimeDelta::milliseconds((view.offset.low - before.low).saturating_abs());
        if moved > TimeDelta::zero() && view.offset.misses(before) {
            tracing::warn!(offset = ?view.offset, "the server's clock is not ours; signing by the server's");
        }
        refused && moved >= WORTH_A_RETRY
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    fn take(&mut self, seen: Bounds, refused: bool) {
        let known = (self.offset != Bounds::default()).then_some(self.offset);
        if let Some(narrower) = known.and_then(|known| known.overlap(seen)) {
            self.offset = narrower;
            self.doubt = None;
            return;
        }
        let wanted = seen.if_intolerable();
        if wanted == self.offset {
            self.doubt = None;
        } else if let Some(agreed) = self.doubt.and_then(|doubt| doubt.overlap(wanted)) {
            self.believe(agreed);
        } else if refused || !self.heard {
            self.believe(wanted);
        } else {
            self.doubt = Some(wanted);
        }
        self.heard = true;
    }

    fn believe(&mut self, offset: Bounds) {
        self.offset = offset;
        self.doubt = None;
    }
}

impl Bounds {
    /// Returns the bounds that an answer of the server's second `date` gives, or `None` when our clock
    /// jumped meanwhile or the difference is beyond belief.
    fn seen(date: DateTime<Utc>, asked: DateTime<Utc>, heard: DateTime<Utc>) -> Option<Self> {
        let bounds = Self {
            low: (date - heard).num_milliseconds(),
            high: (date - asked).num_milliseconds() + 1000,
        };
        let believed = bounds.low <= BELIEVED && bounds.high >= -BELIEVED;
        (asked <= heard && believed).then_some(bounds)
    }

    /// Returns no difference if the clocks may be close enough to each other.
    fn if_intolerable(self) -> Self {
        if self.low <= TOLERATED && self.high >= -TOLERATED {
            return Self::default();
        }
        self
    }

    fn overlap(self, other: Self) -> Option<Self> {
        (!self.misses(other)).then(|| Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        })
    }

    fn misses(self, other: Self) -> bool {
        self.low > other.high || other.low > self.high
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} ms", self.low, self.high)
    }
}

/// The form of `Date` is that of RFC 9110, which RFC 2822 reads too.
fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    if headers.contains_key(AGE) {
        return None;
    }
    let date = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(date.with_timezone(&Utc))
}

#[cfg(test)]
#[path = "server_clock_tests.rs"]
mod tests;
