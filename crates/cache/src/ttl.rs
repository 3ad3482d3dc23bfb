//! How long a value lives.

use std::fmt;
use std::time::Duration;

/// The life of a cached value: a whole number of milliseconds, at least one and at most 30 days.
///
/// A cache entry without an end outlives the truth, so there is no way to say "for ever", and zero would
/// mean "delete" to one server and "for ever" to another.
///
/// # Examples
///
/// ```
/// use cache::Ttl;
/// use std::time::Duration;
///
/// assert_eq!(Ttl::new(Duration::from_secs(300))?.as_millis(), 300_000);
/// assert!(Ttl::new(Duration::ZERO).is_err());
/// # Ok::<(), cache::TtlError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u64);

impl Ttl {
    /// The longest life: 30 days.
    pub const MAX: Self = Self(30 * 24 * 3_600 * 1_000);

    /// Returns `life` as the life of a value; a part of a millisecond is dropped.
    ///
    /// # Errors
    ///
    /// See [`TtlError`].
    pub fn new(life: Duration) -> Result<Self, TtlError> {
        match u64::try_from(life.as_millis()) {
            Ok(0) => Err(TtlError::Zero),
            Ok(millis) if millis <= Self::MAX.0 => Ok(Self(millis)),
            _ => Err(TtlError::TooLong),
        }
    }

    /// The constant form for the families, whose lives are known to be in range.
    pub(crate) const fn of_seconds(seconds: u64) -> Self {
        debug_assert!(seconds > 0 && seconds * 1_000 <= Self::MAX.0);
        Self(seconds * 1_000)
    }

    /// Returns the life without so many milliseconds, and 1 ms at least.
    pub(crate) const fn shortened_by(self, millis: u64) -> Self {
        let left = self.0.saturating_sub(millis);
        Self(if left == 0 { 1 } else { left })
    }

    /// Returns the life in milliseconds, from 1 to 2,592,000,000.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the life as a length of time.
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl TryFrom<Duration> for Ttl {
    type Error = TtlError;

    fn try_from(life: Duration) -> Result<Self, TtlError> {
        Self::new(life)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_duration())
    }
}

/// Says why a length of time is no life of a cached value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TtlError {
    /// It is shorter than one millisecond.
    #[error("a cached value must live for at least 1 ms")]
    Zero,
    /// It is longer than 30 days.
    #[error("a cached value may live for at most 30 days")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_the_range_hold() {
        assert_eq!(Ttl::new(Duration::from_nanos(999_999)), Err(TtlError::Zero));
        assert_eq!(Ttl::new(Duration::from_millis(1)).unwrap().as_millis(), 1);
        assert_eq!(Ttl::new(Ttl::MAX.as_duration()), Ok(Ttl::MAX));
        let over = Ttl::MAX.as_duration() + Duration::from_millis(1);
        assert_eq!(Ttl::new(over), Err(TtlError::TooLong));
        assert_eq!(Ttl::new(Duration::MAX), Err(TtlError::TooLong));
    }

    proptest! {
        #[test]
        fn a_life_is_never_zero(nanos in any::<u64>()) {
            if let Ok(ttl) = Ttl::new(Duration::from_nanos(nanos)) {
                prop_assert!(ttl.as_millis() > 0 && ttl <= Ttl::MAX);
            }
        }
    }
}
