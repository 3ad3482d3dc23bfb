//! Refuses calls at once while the server is away.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::CacheErrorKind;

/// So many failures, and so long without a success, open the breaker.
///
/// Both are needed: on a shared connection one short stall fails every call in flight at once.
const FAILURES: u32 = 5;
const SILENCE: Duration = Duration::from_millis(250);

/// A success so soon after the last one that was noted is not noted: every thread reads the place where it stands.
const NOTED_EVERY: Duration = Duration::from_millis(10);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Short enough that calls pass again within a second after the server is back, a slow dial included.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How a call got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Normal,
    /// The one call that tries whether the server is back.
    Probe,
}

/// Closed: calls pass. Open: they are refused with the kind that opened it, until the pause is over; then one
/// probe passes, which closes it or doubles the pause.
#[derive(Debug)]
pub(super) struct Breaker {
    base: Instant,
    probe_limit: u64,
    failures: AtomicU32,
    last_success: AtomicU64,
    /// When the next probe may pass, in microseconds since `base`; zero while closed.
    probe_at: AtomicU64,
    pause: AtomicU64,
    opened_by: AtomicU8,
}

impl Breaker {
    /// Returns a closed breaker; a probe that gives no answer within `probe_limit` may be followed by another.
    pub(super) fn new(probe_limit: Duration) -> Self {
        Self {
            base: Instant::now(),
            probe_limit: micros(probe_limit),
            failures: AtomicU32::new(0),
            last_success: AtomicU64::new(0),
            probe_at: AtomicU64::new(0),
            pause: AtomicU64::new(micros(FIRST_PAUSE)),
            opened_by: AtomicU8::new(0),
        }
    }

    /// Lets a call through, or says with which kind it is to be refused.
    pub(super) fn admit(&self) -> Result<Pass, CacheErrorKind> {
        let probe_at = self.probe_at.load(Ordering::Acquire);
        if probe_at == 0 {
            return Ok(Pass::Normal);
        }
        let now = self.now();
        // Whoever moves the time of the next probe is the probe; it may be dropped without an answer.
        let won = now >= probe_at
            && self
                .probe_at
                .compare_exchange(
                    probe_at,
                    now + self.probe_limit,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                )
                .is_ok();
        if won {
            Ok(Pass::Probe)
        } else {
            Err(self.kind())
        }
    }

    /// Notes that the server answered, be it with a refusal.
    pub(super) fn succeeded(&self) {
        let (now, noted) = (self.now(), self.last_success.load(Ordering::Relaxed));
        if now.saturating_sub(noted) >= micros(NOTED_EVERY) {
            self.last_success.store(now, Ordering::Relaxed);
        }
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
        if self.probe_at.load(Ordering::Acquire) != 0 {
            self.pause.store(micros(FIRST_PAUSE), Ordering::Relaxed);
            self.probe_at.store(0, Ordering::Release);
            show(false);
        }
    }

    /// Notes that no answer came, or that the server let nobody in.
    pub(super) fn failed(&self, pass: Pass, kind: CacheErrorKind) {
        let failures = self
            .failures
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        let now = self.now();
        self.opened_by.store(code(kind), Ordering::Relaxed);
        if pass == Pass::Probe {
            let pause = self.pause.load(Ordering::Relaxed);
            let longer = (pause * 2).min(micros(LONGEST_PAUSE));
            self.pause.store(longer, Ordering::Relaxed);
            self.probe_at.store(now + longer, Ordering::Release);
            return;
        }
        let silence = now.saturating_sub(self.last_success.load(Ordering::Relaxed));
        if failures >= FAILURES && silence >= micros(SILENCE) {
            let first = now + self.pause.load(Ordering::Relaxed);
            // A late failure must not move the probe of a breaker that is open already.
            let opened =
                self.probe_at
                    .compare_exchange(0, first, Ordering::AcqRel, Ordering::Relaxed);
            if opened.is_ok() {
                show(true);
            }
        }
    }

    /// Returns the kind that opened it, or `None` while it is closed.
    pub(super) fn refusing(&self) -> Option<CacheErrorKind> {
        (self.probe_at.load(Ordering::Acquire) != 0).then(|| self.kind())
    }

    fn kind(&self) -> CacheErrorKind {
        let code = usize::from(self.opened_by.load(Ordering::Relaxed));
        let kinds = CacheErrorKind::ALL;
        kinds
            .get(code)
            .copied()
            .unwrap_or(CacheErrorKind::Unavailable)
    }

    fn now(&self) -> u64 {
        // One more, since zero means closed.
        micros(self.base.elapsed()) + 1
    }
}

/// Shows whether calls are refused; the last breaker of the process to change shows.
fn show(is_open: bool) {
    metrics::gauge!("cache.breaker_open").set(if is_open { 1.0 } else { 0.0 });
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 4)
}

fn code(kind: CacheErrorKind) -> u8 {
    let place = CacheErrorKind::ALL.iter().position(|other| *other == kind);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.failed(Pass::Normal, CacheErrorKind::TimedOut);
        }
    }

    async fn opened() -> Breaker {
        let breaker = Breaker::new(150 * MS);
        advance(250 * MS).await;
        fail(&breaker, 5);
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn one_stall_that_fails_many_calls_does_not_open_it() {
        let breaker = Breaker::new(150 * MS);
        advance(1_000 * MS).await;
        breaker.succeeded();
        advance(150 * MS).await;
        fail(&breaker, 500);
        assert_eq!(breaker.admit(), Ok(Pass::Normal));
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_failures_after_a_long_silence_do_not_open_it() {
        let breaker = Breaker::new(150 * MS);
        advance(10_000 * MS).await;
        fail(&breaker, 4);
        assert_eq!(breaker.admit(), Ok(Pass::Normal));
    }

    #[tokio::test(start_paused = true)]
    async fn while_open_it_refuses_with_the_kind_that_opened_it() {
        let breaker = opened().await;
        assert_eq!(breaker.admit(), Err(CacheErrorKind::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_pause_one_probe_passes_and_its_success_closes() {
        let breaker = opened().await;
        advance(100 * MS).await;
        assert_eq!(breaker.admit(), Ok(Pass::Probe));
        assert!(breaker.admit().is_err());
        breaker.succeeded();
        assert_eq!(breaker.admit(), Ok(Pass::Normal));
    }

    #[tokio::test(start_paused = true)]
    async fn failed_probes_lengthen_the_pause_to_half_a_second() {
        let breaker = opened().await;
        advance(100 * MS).await;
        for pause in [200, 400, 500, 500] {
            assert_eq!(breaker.admit(), Ok(Pass::Probe));
            breaker.failed(Pass::Probe, CacheErrorKind::Unavailable);
            advance((pause - 1) * MS).await;
            assert_eq!(breaker.admit(), Err(CacheErrorKind::Unavailable));
            advance(MS).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_was_dropped_is_followed_by_another() {
        let breaker = opened().await;
        advance(100 * MS).await;
        assert_eq!(breaker.admit(), Ok(Pass::Probe));
        advance(150 * MS).await;
        assert_eq!(breaker.admit(), Ok(Pass::Probe));
    }
}
