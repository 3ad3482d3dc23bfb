//! Where the time of day comes from.

use std::{fmt, sync::Arc, time::SystemTime};

use chrono::{DateTime, Utc};

/// Where the time of day comes from; the machine's clock by default.
///
/// It dates a submit whose answer was lost and tells whether a webhook is fresh. Time limits do not use it.
/// A program with a clock of its own hands it over as a closure.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, Utc};
/// use fal_client::TimeSource;
///
/// let fixed = TimeSource::new(|| DateTime::<Utc>::UNIX_EPOCH);
/// assert_eq!(fixed.now().timestamp(), 0);
/// ```
#[derive(Clone)]
pub struct TimeSource(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl TimeSource {
    /// Returns a source that asks `now` each time.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the time of day.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl Default for TimeSource {
    fn default() -> Self {
        Self::new(|| SystemTime::now().into())
    }
}

impl fmt::Debug for TimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeSource").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_clock_of_the_machine() {
        let before = DateTime::<Utc>::from(SystemTime::now());
        let now = TimeSource::default().now();
        assert!(now >= before && now <= DateTime::<Utc>::from(SystemTime::now()));
    }
}
