//! How a sweep is set up: how old an orphan must be, how many may go, and what is done to them.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::TimeDelta;

use crate::pictures::staged::StagedDeletion;

/// The least age that is taken without saying so.
const SAFE_AGE: Duration = Duration::from_hours(1);

/// How long ago an object must have been put to count as an orphan.
///
/// A picture is put before its record is committed, so a young object may be one whose record is on its way.
/// The default is 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinimumAge(Duration);

/// A setting of a sweep is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct InvalidSweepSetting {
    what: &'static str,
}

impl MinimumAge {
    /// Returns an age of an hour or more.
    ///
    /// # Errors
    ///
    /// [`InvalidSweepSetting`] below an hour; see [`below_an_hour`](Self::below_an_hour).
    pub fn new(age: Duration) -> Result<Self, InvalidSweepSetting> {
        if age >= SAFE_AGE {
            return Ok(Self(age));
        }
        let what = "an age below an hour takes pictures whose records are on their way: \
                    say so with below_an_hour";
        Err(InvalidSweepSetting { what })
    }

    /// Returns an age of any length, for a store that nothing else writes to at the time.
    pub fn below_an_hour(age: Duration) -> Self {
        Self(age)
    }

    pub(super) fn as_delta(self) -> TimeDelta {
        TimeDelta::from_std(self.0).unwrap_or(TimeDelta::MAX)
    }
}

impl Default for MinimumAge {
    fn default() -> Self {
        Self(Duration::from_hours(24))
    }
}

/// What is done to orphans.
#[derive(Debug, Clone, Default)]
pub enum SweepAction {
    /// Nothing: they are reported.
    #[default]
    Report,
    /// They are staged for deletion, and can come back until their window is over.
    Quarantine(StagedDeletion),
    /// They are deleted for good.
    Delete,
}

/// How a sweep is set up.
///
/// The default reports orphans that are at least 24 hours old, and would refuse to act on more than ten in a hundred.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    pub(super) action: SweepAction,
    pub(super) minimum_age: MinimumAge,
    largest_share: u8,
    pub(super) actions_per_second: Option<NonZeroU32>,
}

impl Default for SweepSettings {
    fn default() -> Self {
        Self {
            action: SweepAction::default(),
            minimum_age: MinimumAge::default(),
            largest_share: 10,
            actions_per_second: None,
        }
    }
}

impl SweepSettings {
    /// Returns the settings with what is done to orphans.
    #[must_use]
    pub fn with_action(mut self, action: SweepAction) -> Self {
        self.action = action;
        self
    }

    /// Returns the settings with another least age of orphans.
    #[must_use]
    pub fn with_minimum_age(mut self, age: MinimumAge) -> Self {
        self.minimum_age = age;
        self
    }

    /// Returns the settings with the largest share of a bucket's pictures and sidecars that may go, 1 to 100 in a
    /// hundred.
    ///
    /// When more would go, the sweep does nothing at all: much more likely than so many orphans is an index of the
    /// wrong records.
    ///
    /// # Errors
    ///
    /// [`InvalidSweepSetting`] outside 1 to 100.
    pub fn with_largest_share(mut self, percent: u8) -> Result<Self, InvalidSweepSetting> {
        if !(1..=100).contains(&percent) {
            let what = "the largest share is 1 to 100 in a hundred";
            return Err(InvalidSweepSetting { what });
        }
        self.largest_share = percent;
        Ok(self)
    }

    /// Returns the settings with a limit on how many orphans are acted on in a second; none by default.
    #[must_use]
    pub fn with_actions_per_second(mut self, actions: NonZeroU32) -> Self {
        self.actions_per_second = Some(actions);
        self
    }

    pub(super) fn is_too_much(&self, orphans: u64, objects: u64) -> bool {
        u128::from(orphans) * 100 > u128::from(objects) * u128::from(self.largest_share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_below_an_hour_must_be_said_aloud() {
        assert!(MinimumAge::new(Duration::from_mins(59)).is_err());
        let hour = MinimumAge::new(Duration::from_hours(1)).unwrap();
        assert_eq!(hour.as_delta(), TimeDelta::hours(1));
        assert_eq!(MinimumAge::default().as_delta(), TimeDelta::hours(24));
        let young = MinimumAge::below_an_hour(Duration::from_secs(1));
        assert_eq!(young.as_delta(), TimeDelta::seconds(1));
    }

    #[test]
    fn the_share_is_ten_in_a_hundred_and_can_be_set() {
        let settings = SweepSettings::default();
        assert!(!settings.is_too_much(10, 100) && settings.is_too_much(11, 100));
        assert!(!settings.is_too_much(0, 0) && settings.is_too_much(1, 0));
        let settings = settings.with_largest_share(100).unwrap();
        assert!(!settings.is_too_much(100, 100));
        for percent in [0, 101] {
            assert!(
                SweepSettings::default()
                    .with_largest_share(percent)
                    .is_err()
            );
        }
    }
}
