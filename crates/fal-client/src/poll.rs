//! How a job is watched until it is over.

use std::time::Duration;

/// How a job is watched until it is over.
///
/// The pauses grow by half from the first to the longest, without jitter: each waits for its own job.
/// The default begins with 500 ms, grows to 2 s, gives up after 300 s, cancels then, and keeps a job whose wait
/// is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollPolicy {
    first: Duration,
    longest: Duration,
    total: Duration,
    follow: Follow,
    on_timeout: OnTimeout,
    on_drop: OnDrop,
}

/// How the states of a job are learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Follow {
    /// By asking again and again.
    #[default]
    Poll,
    /// By the stream that the queue offers, and by asking once it is refused or breaks off.
    ///
    /// It hears of the end sooner and asks less. A proxy that holds answers back delays the end by the time
    /// that a silent stream is given.
    Stream,
}

/// What becomes of a job when the wait runs out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnTimeout {
    /// It is cancelled; should it be over by then, its result is fetched, since it is paid.
    #[default]
    Cancel,
    /// It goes on, and can be taken up again by its handle.
    Keep,
}

/// What becomes of a job when the future that waits for it is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnDrop {
    /// It goes on, and can be taken up again by its handle.
    #[default]
    Keep,
    /// A task is spawned that cancels it; outside a tokio runtime nothing can be spawned, and it goes on.
    Cancel,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(2),
            total: Duration::from_mins(5),
            follow: Follow::default(),
            on_timeout: OnTimeout::default(),
            on_drop: OnDrop::default(),
        }
    }
}

impl PollPolicy {
    /// Sets the first pause and the longest one; the longest is never below the first.
    #[must_use]
    pub fn with_interval(mut self, first: Duration, longest: Duration) -> Self {
        // A pause of nothing would be a busy loop against a paid service.
        self.first = first.max(Duration::from_millis(1));
        self.longest = longest.max(self.first);
        self
    }

    /// Sets how long to wait in all.
    #[must_use]
    pub fn with_total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Sets how the states of a job are learnt.
    #[must_use]
    pub fn with_follow(mut self, choice: Follow) -> Self {
        self.follow = choice;
        self
    }

    /// Sets what becomes of the job when time runs out.
    #[must_use]
    pub fn with_on_timeout(mut self, choice: OnTimeout) -> Self {
        self.on_timeout = choice;
        self
    }

    /// Sets what becomes of the job when the wait is dropped.
    #[must_use]
    pub fn with_on_drop(mut self, choice: OnDrop) -> Self {
        self.on_drop = choice;
        self
    }

    /// Returns how long to wait in all.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Returns how the states of a job are learnt.
    pub fn follow(&self) -> Follow {
        self.follow
    }

    /// Returns what becomes of the job when time runs out.
    pub fn on_timeout(&self) -> OnTimeout {
        self.on_timeout
    }

    /// Returns what becomes of the job when the wait is dropped.
    pub fn on_drop(&self) -> OnDrop {
        self.on_drop
    }

    /// Returns the first pause between two polls.
    pub fn first(&self) -> Duration {
        self.first
    }

    /// Returns the pause that follows a pause.
    pub fn after(&self, pause: Duration) -> Duration {
        (pause.saturating_mul(3) / 2).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_stay() {
        let policy = PollPolicy::default();
        let pauses =
            std::iter::successors(Some(policy.first()), |pause| Some(policy.after(*pause)));
        let millis: Vec<u128> = pauses.take(6).map(|pause| pause.as_millis()).collect();
        assert_eq!(millis, [500, 750, 1125, 1687, 2000, 2000]);
    }

    #[test]
    fn no_pause_is_nothing_and_none_overflows() {
        let policy = PollPolicy::default().with_interval(Duration::ZERO, Duration::ZERO);
        assert_eq!(policy.first(), Duration::from_millis(1));
        assert_eq!(policy.after(policy.first()), Duration::from_millis(1));
        let endless = PollPolicy::default().with_interval(Duration::MAX, Duration::MAX);
        assert!(endless.after(endless.first()) >= Duration::from_secs(u64::MAX / 2));
    }
}
