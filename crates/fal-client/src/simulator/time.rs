//! The time that jobs, files and webhooks go by: the runtime's own, or one that somebody moves.

use std::future::pending;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The longest span that is added to a moment; whatever lies beyond is as good as never.
const NEVER: Duration = Duration::from_hours(24 * 365 * 30);

/// The time of one simulator.
#[derive(Debug)]
pub(super) struct Time {
    /// Wall and runtime clock at the start; what is written counts on from here, so moved time stays honest.
    started: (SystemTime, Instant),
    /// Where the time was moved to; `None` when it passes by itself.
    moved: Option<watch::Sender<Instant>>,
}

impl Time {
    /// Returns a time that passes by itself, or one that stands until it is moved.
    pub(super) fn new(is_virtual: bool) -> Self {
        let now = Instant::now();
        Self {
            started: (SystemTime::now(), now),
            moved: is_virtual.then(|| watch::Sender::new(now)),
        }
    }

    pub(super) fn now(&self) -> Instant {
        match &self.moved {
            Some(moved) => *moved.borrow(),
            None => Instant::now(),
        }
    }

    /// Returns when something happens that was due at a moment that has passed.
    ///
    /// Time that passes by itself is always a little late; time that is moved over the moment is not.
    pub(super) fn happens(&self, due: Instant) -> Instant {
        match &self.moved {
            Some(moved) => due.min(*moved.borrow()),
            None => Instant::now(),
        }
    }

    /// Moves the time on; time that passes by itself stays as it is.
    pub(super) fn advance(&self, by: Duration) {
        if let Some(moved) = &self.moved {
            moved.send_modify(|now| *now = after(*now, by));
        }
    }

    pub(super) async fn sleep(&self, span: Duration) {
        self.sleep_until(after(self.now(), span)).await;
    }

    pub(super) async fn sleep_until(&self, at: Instant) {
        let Some(moved) = &self.moved else {
            return sleep_until(at).await;
        };
        let arrived = moved.subscribe().wait_for(|now| *now >= at).await.is_ok();
        // The sender lives as long as we do, so the time always arrives or nobody waits any more.
        if !arrived {
            pending::<()>().await;
        }
    }

    /// Returns a moment on the wall clock.
    pub(super) fn wall(&self, at: Instant) -> DateTime<Utc> {
        let wall = self.started.0 + at.saturating_duration_since(self.started.1);
        DateTime::<Utc>::from(wall)
    }

    /// Returns a moment as FAL writes it.
    pub(super) fn written(&self, at: Instant) -> String {
        let wall = self.wall(at);
        wall.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

/// Returns a later moment; a span without an end leads far away, and never out of bounds.
pub(super) fn after(at: Instant, span: Duration) -> Instant {
    at + span.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn moved_time_stands_until_it_is_moved() {
        let time = Time::new(true);
        let start = time.now();
        time.advance(HOUR);
        assert_eq!(time.now() - start, HOUR);
        time.sleep_until(after(start, HOUR)).await;
        assert_eq!(time.happens(start), start, "it was due an hour ago");
        assert_eq!(
            time.wall(time.now()) - time.wall(start),
            chrono::TimeDelta::hours(1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn own_time_cannot_be_moved() {
        let time = Time::new(false);
        let start = time.now();
        time.advance(HOUR);
        assert_eq!(time.now(), start);
        time.sleep(HOUR).await;
        assert_eq!(time.happens(start) - start, HOUR);
    }

    #[test]
    fn a_span_without_an_end_is_no_overflow() {
        let now = Instant::now();
        assert!(after(now, Duration::MAX) > after(now, HOUR));
    }
}
