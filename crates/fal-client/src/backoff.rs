//! When a failed call is repeated, and after what pause.

use std::time::Duration;

/// When a failed call is repeated, and after what pause.
///
/// The pause before repeat `n` is anything from nothing to `min(cap, base · 2ⁿ⁻¹)` (full jitter), so that many
/// clients do not come back together. A `Retry-After` is waited out first, with the jitter on top.
/// The default makes four tries with a base of 200 ms and a cap of 5 s, and starts none after 60 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    base: Duration,
    cap: Duration,
    tries: u32,
    total: Duration,
    submit: SubmitRetry,
}

/// When a submit, which costs money each time it is accepted, is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SubmitRetry {
    /// Never.
    Never,
    /// Only when it is proven that nothing was accepted: no connection, 429, or refused by the ingress itself
    /// (an nginx page with 500 or 503 and without `x-fal-request-id`).
    #[default]
    Proven,
    /// Also after 502 and 504 of the ingress, as FAL's own clients do.
    /// A gateway gives those after passing the request on too, so a job may be paid twice.
    /// For direct runs it is the same as `Proven`.
    Ingress,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(200),
            cap: Duration::from_secs(5),
            tries: 4,
            total: Duration::from_mins(1),
            submit: SubmitRetry::Proven,
        }
    }
}

impl RetryPolicy {
    /// Returns a policy of so many tries in all, the first included; at least one.
    pub fn new(tries: u32) -> Self {
        Self {
            tries: tries.max(1),
            ..Self::default()
        }
    }

    /// Sets the longest pause before the first repeat; it doubles with each.
    #[must_use]
    pub fn with_base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the longest pause of all.
    #[must_use]
    pub fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Sets the time after which no further try is started. A try on its way is left to its own limit,
    /// since a submit that is cut off is perhaps accepted.
    #[must_use]
    pub fn with_total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Sets when a submit is repeated.
    #[must_use]
    pub fn with_submit(mut self, submit: SubmitRetry) -> Self {
        self.submit = submit;
        self
    }

    /// Returns the number of tries in all.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Returns the time after which no further try is started.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Returns when a submit is repeated.
    pub fn submit(&self) -> SubmitRetry {
        self.submit
    }

    /// Returns the longest pause after `failures` failed tries, without a `Retry-After`.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// Returns a pause after `failures` failed tries, drawn anew each time.
    pub fn pause(&self, failures: u32, retry_after: Option<Duration>) -> Duration {
        let jitter = self.ceiling(failures).mul_f64(fastrand::f64());
        retry_after.unwrap_or_default().saturating_add(jitter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let millis: Vec<u128> = (1..=7)
            .map(|failures| policy.ceiling(failures).as_millis())
            .collect();
        assert_eq!(millis, [200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn pauses_are_spread() {
        let policy = RetryPolicy::default();
        let pauses: Vec<Duration> = (0..200).map(|_| policy.pause(3, None)).collect();
        let below = pauses
            .iter()
            .filter(|pause| **pause < Duration::from_millis(400))
            .count();
        assert!(
            (40..160).contains(&below),
            "{below} of 200 in the lower half"
        );
    }

    proptest! {
        #[test]
        fn no_pause_leaves_its_bounds(
            base in 0_u64..u64::MAX, cap in 0_u64..100_000, failures in 0_u32..=u32::MAX, asked in 0_u64..u64::MAX,
        ) {
            let policy = RetryPolicy::new(3)
                .with_base(Duration::from_millis(base))
                .with_cap(Duration::from_millis(cap));
            let asked = Duration::from_secs(asked);
            let pause = policy.pause(failures, Some(asked));
            prop_assert!(pause >= asked);
            prop_assert!(pause <= asked.saturating_add(Duration::from_millis(cap)));
            prop_assert!(policy.ceiling(failures) <= policy.ceiling(failures.saturating_add(1)));
        }
    }
}
