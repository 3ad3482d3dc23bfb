//! A clock that stands still until the test moves it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;

/// A clock that a test sets; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// Returns a clock that stands at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Sets the clock, back as well as forth.
    pub fn set(&self, now: DateTime<Utc>) {
        self.change(|time| *time = now);
    }

    /// Moves the clock on by `span`; a negative span moves it back.
    pub fn advance(&self, span: TimeDelta) {
        self.change(|time| *time += span);
    }

    fn change(&self, change: impl FnOnce(&mut DateTime<Utc>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Default for ManualClock {
    /// Stands at 2001-09-09 01:46:40 UTC, a time that no test takes for the present.
    fn default() -> Self {
        Self::new(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000_000_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_show_the_same_time() {
        let clock = ManualClock::default();
        let other = clock.clone();
        let before = other.now();
        clock.advance(TimeDelta::minutes(5));
        assert_eq!(other.now() - before, TimeDelta::minutes(5));
        other.set(DateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
    }
}
