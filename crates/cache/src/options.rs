//! How reads of a family load: everything beyond "on a miss, once in this process" is off until it is asked for.

use std::time::Duration;

use crate::Ttl;

/// The largest share of a life that jitter takes away, in percent.
const MOST_JITTER: u8 = 50;

/// How a family's values are loaded and kept. Names and meanings follow `FusionCache`
/// (<https://github.com/ZiggyCreatures/FusionCache/blob/main/docs/Options.md>).
///
/// [`EXACT`](Self::EXACT), the default, has everything off: lives are those of the contract to the millisecond,
/// and a failed load is an error. A family declares its own in [`FamilySpec`](crate::FamilySpec);
/// [`ReadThrough::with_options`](crate::ReadThrough::with_options) sets others for a program, and
/// [`ReadThrough::for_call`](crate::ReadThrough::for_call) for one call.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cache::FamilyOptions;
///
/// let options = FamilyOptions::EXACT
///     .with_fail_safe(Duration::from_hours(1))
///     .with_eager_refresh(80);
/// assert_ne!(options, FamilyOptions::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyOptions {
    pub(crate) jitter_percent: u8,
    pub(crate) eager_refresh_percent: Option<u8>,
    pub(crate) fail_safe: Option<Duration>,
    pub(crate) throttle: Duration,
    pub(crate) soft_limit: Option<Duration>,
    pub(crate) negative: Option<Duration>,
    pub(crate) lock: Option<LockUse>,
}

/// How long a load holds its lock and how long another waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LockUse {
    pub(crate) life: Ttl,
    pub(crate) wait: Duration,
}

impl FamilyOptions {
    /// Everything off.
    pub const EXACT: Self = Self {
        jitter_percent: 0,
        eager_refresh_percent: None,
        fail_safe: None,
        throttle: Duration::from_secs(5),
        soft_limit: None,
        negative: None,
        lock: None,
    };

    /// Shortens each life by a random part of up to `percent` of it, at most 50, so that what was written
    /// together does not end together. It never makes a life longer.
    #[must_use]
    pub const fn with_jitter(mut self, percent: u8) -> Self {
        self.jitter_percent = if percent < MOST_JITTER {
            percent
        } else {
            MOST_JITTER
        };
        self
    }

    /// Lets [`get_or_refresh`](crate::ReadThrough::get_or_refresh) load anew, in the background, once `percent` of
    /// the life have passed; from 1 to 99, and 80 or more is advised.
    ///
    /// The exact moment is drawn between there and the middle of what is left, so that processes do not all
    /// refresh at once; one that comes later sees the new life and leaves it.
    #[must_use]
    pub const fn with_eager_refresh(mut self, percent: u8) -> Self {
        let percent = if percent < 1 { 1 } else { percent };
        self.eager_refresh_percent = Some(if percent < 99 { percent } else { 99 });
        self
    }

    /// Answers a failed load with the value that was there before, for up to `grace` after its life is over.
    ///
    /// The copy is kept in the memory of this process, bounded in bytes: under the key itself nothing outlives
    /// the contract. A change by this process drops the copy; of a change by another it knows nothing.
    #[must_use]
    pub const fn with_fail_safe(mut self, grace: Duration) -> Self {
        self.fail_safe = Some(grace);
        self
    }

    /// Sets how long after a failed load the old value is given without another try: 5 s unless set.
    #[must_use]
    pub const fn with_throttle(mut self, pause: Duration) -> Self {
        self.throttle = pause;
        self
    }

    /// Lets [`get_or_refresh`](crate::ReadThrough::get_or_refresh) wait for a load no longer than `limit` when
    /// fail-safe has an old value to give; the load goes on.
    #[must_use]
    pub const fn with_soft_limit(mut self, limit: Duration) -> Self {
        self.soft_limit = Some(limit);
        self
    }

    /// Remembers for `life` that there is no such thing, in the memory of this process.
    ///
    /// The cache is still asked first, so that what another process wrote is seen at once; only the load is
    /// spared. A [`put`](crate::ReadThrough::put) or [`forget`](crate::ReadThrough::forget) ends it.
    #[must_use]
    pub const fn with_negative(mut self, life: Duration) -> Self {
        self.negative = Some(life);
        self
    }

    /// Lets one process at a time load a key, when [`ReadThrough::with_lock`](crate::ReadThrough::with_lock) gave
    /// a lock.
    ///
    /// `life` is how long a load may take, about twice its p99: when the process that loads dies, another takes
    /// over after that. `wait` is how long the others wait; then they load without the lock.
    #[must_use]
    pub const fn with_lock(mut self, life: Ttl, wait: Duration) -> Self {
        self.lock = Some(LockUse { life, wait });
        self
    }
}

impl Default for FamilyOptions {
    fn default() -> Self {
        Self::EXACT
    }
}
