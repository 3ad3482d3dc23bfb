//! When a failed call is repeated, and how long the pause before it is.

use std::time::Duration;

use tokio::time::{self, Instant};

use crate::error::StorageError;

/// How often and how fast failed calls are repeated.
///
/// The pause before the next attempt is random between zero and a bound that doubles each time ("full
/// jitter": AWS Architecture Blog, "Exponential Backoff And Jitter"); a pause that the store asks for is
/// waited before that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    deadline: Duration,
}

impl Default for RetryPolicy {
    /// 4 attempts, pauses up to 100 ms, 200 ms, 400 ms … at most 5 s, no new attempt after 30 s.
    fn default() -> Self {
        Self {
            attempts: 4,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            deadline: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Returns the policy with so many attempts in all; 0 and 1 mean no repeats.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Returns the policy with the bound of the first pause and the greatest bound.
    #[must_use]
    pub fn with_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// Returns the policy with the time after which no attempt begins, counted from the first one.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(super) fn start(self) -> Tries {
        Tries {
            policy: self,
            done: 1,
            start: Instant::now(),
        }
    }

    fn bound(&self, repeat: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(repeat.saturating_sub(1));
        let bound = self.first_pause.saturating_mul(doubled);
        bound.min(self.longest_pause)
    }
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Tries {
    policy: RetryPolicy,
    /// Attempts that were begun.
    done: u32,
    start: Instant,
}

impl Tries {
    /// Waits for the next attempt after `error`, or tells that there is to be none.
    pub(super) async fn next(&mut self, error: &StorageError) -> bool {
        if !error.is_retryable() || self.done >= self.policy.attempts {
            return false;
        }
        let asked = error.retry_after().unwrap_or_default();
        let pause = asked.saturating_add(self.policy.bound(self.done).mul_f64(fastrand::f64()));
        if self.start.elapsed().saturating_add(pause) > self.policy.deadline {
            return false;
        }
        time::sleep(pause).await;
        self.done += 1;
        true
    }

    /// Returns the error that the caller gets for the last attempt's `error`.
    pub(super) fn give_up(&self, error: StorageError) -> StorageError {
        if error.is_retryable() {
            error.exhausted(self.done)
        } else {
            error
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StorageErrorKind;

    fn throttled(pause: u64) -> StorageError {
        StorageError::new(StorageErrorKind::Throttled, "put", "bucket/key")
            .with_retry_after(Duration::from_secs(pause))
    }

    #[test]
    fn bounds_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let bounds: Vec<_> = (1..9).map(|n| policy.bound(n).as_millis()).collect();
        assert_eq!(bounds, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(policy.bound(u32::MAX), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn the_store_may_ask_for_a_pause() {
        let mut tries = RetryPolicy::default().start();
        assert!(tries.next(&throttled(7)).await);
        let waited = tries.start.elapsed();
        assert!((7000..=7101).contains(&waited.as_millis()), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_the_deadline() {
        let mut tries = RetryPolicy::default().start();
        assert!(tries.next(&throttled(20)).await);
        assert!(!tries.next(&throttled(20)).await);
        assert!(tries.start.elapsed() < Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_succeed_is_not_repeated() {
        let mut tries = RetryPolicy::default().start();
        let error = StorageError::new(StorageErrorKind::Denied, "put", "bucket/key");
        assert!(!tries.next(&error).await);
        assert_eq!(tries.give_up(error).kind(), StorageErrorKind::Denied);
        let error = tries.give_up(throttled(1));
        assert_eq!(error.kind(), StorageErrorKind::Exhausted);
    }
}
