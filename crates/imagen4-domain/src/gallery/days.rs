//! Days as a user counts them, turned into times.

mod reading;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::InputError;

/// The most days that a range may have, its first and last one among them.
pub const MAX_DAYS: i64 = 90;

/// The most minutes by which a place is ahead of UTC, or behind it.
const MOST_MINUTES: i16 = 14 * 60;

/// How far the user's clock is ahead of UTC.
///
/// - whole minutes from -840 to 840, which is 14 hours either way
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "i16", into = "i16")]
pub struct UtcOffset(i16);

impl UtcOffset {
    /// UTC itself.
    pub const UTC: Self = Self(0);

    /// Returns the offset of so many minutes, negative to the west.
    ///
    /// # Errors
    ///
    /// [`InputError`] on the field `utc_offset` beyond 14 hours either way.
    pub fn from_minutes(minutes: i32) -> Result<Self, InputError> {
        match i16::try_from(minutes) {
            Ok(minutes) if (-MOST_MINUTES..=MOST_MINUTES).contains(&minutes) => Ok(Self(minutes)),
            _ => Err(InputError::new(
                "utc_offset",
                "must be -840 to 840 minutes, which is 14 hours either way",
            )),
        }
    }

    /// Returns the minutes, -840 to 840.
    pub fn minutes(self) -> i16 {
        self.0
    }

    /// Returns the day that it is at `time` for the user.
    pub fn day_of(self, time: DateTime<Utc>) -> NaiveDate {
        let local = time.naive_utc().checked_add_signed(self.delta());
        local.map_or(time.date_naive(), |local| local.date())
    }

    /// Returns when the user's `day` begins.
    fn start_of(self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        let start = midnight.checked_sub_signed(self.delta());
        start.unwrap_or(midnight).and_utc()
    }

    fn delta(self) -> TimeDelta {
        TimeDelta::minutes(self.0.into())
    }
}

impl TryFrom<i16> for UtcOffset {
    type Error = InputError;

    fn try_from(minutes: i16) -> Result<Self, InputError> {
        Self::from_minutes(minutes.into())
    }
}

impl From<UtcOffset> for i16 {
    fn from(offset: UtcOffset) -> Self {
        offset.0
    }
}

/// The days on which a generation was made, as the user counts them.
///
/// As text, and in JSON, they are `today`, `yesterday`, `week`, `month`, or two dates such as
/// `2026-11-01/2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Days {
    /// Today.
    Today,
    /// The day before.
    Yesterday,
    /// The last seven days, today among them.
    Week,
    /// The last 30 days, today among them.
    Month,
    /// From one day to another.
    Range(DayRange),
}

impl Days {
    /// Returns the days from `first` to `last`, both among them.
    ///
    /// # Errors
    ///
    /// Those of [`DayRange::new`].
    pub fn between(first: NaiveDate, last: NaiveDate) -> Result<Self, InputError> {
        DayRange::new(first, last).map(Self::Range)
    }

    /// Returns the time that the days take for a user with this offset, when it is `now`.
    pub fn span(self, offset: UtcOffset, now: DateTime<Utc>) -> TimeSpan {
        let today = offset.day_of(now);
        let (first, last) = match self {
            Self::Today => (today, today),
            Self::Yesterday => (before(today, 1), before(today, 1)),
            Self::Week => (before(today, 6), today),
            Self::Month => (before(today, 29), today),
            Self::Range(DayRange { first, last }) => (first, last),
        };
        TimeSpan {
            from: offset.start_of(first),
            until: offset.start_of(last.succ_opt().unwrap_or(last)),
        }
    }
}

fn before(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_sub_signed(TimeDelta::days(days)).unwrap_or(day)
}

impl FromStr for Days {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "today" => Ok(Self::Today),
            "yesterday" => Ok(Self::Yesterday),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            dates => dates.parse().map(Self::Range),
        }
    }
}

impl TryFrom<String> for Days {
    type Error = InputError;

    fn try_from(text: String) -> Result<Self, InputError> {
        text.parse()
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Range(range) => range.fmt(f),
        }
    }
}

/// Days from a first one to a last one.
///
/// - the first is not after the last
/// - at most 90 days, both among them
/// - from 1970 to 9999
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayRange {
    first: NaiveDate,
    last: NaiveDate,
}

impl DayRange {
    /// Returns the days from `first` to `last`, both among them.
    ///
    /// # Errors
    ///
    /// [`InputError`] on the field `days`.
    pub fn new(first: NaiveDate, last: NaiveDate) -> Result<Self, InputError> {
        let wrong = |rule: String| Err(InputError::new("days", rule));
        if first > last {
            return wrong("must begin before they end".to_owned());
        }
        if (last - first).num_days() >= MAX_DAYS {
            return wrong(format!("must be at most {MAX_DAYS}"));
        }
        if first.year() < 1970 || last.year() > 9999 {
            return wrong("must be of the years 1970 to 9999".to_owned());
        }
        Ok(Self { first, last })
    }

    /// Returns the first day.
    pub fn first(self) -> NaiveDate {
        self.first
    }

    /// Returns the last day.
    pub fn last(self) -> NaiveDate {
        self.last
    }
}

impl FromStr for DayRange {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = || {
            let rule = "must be today, yesterday, week, month, or such as 2026-11-01/2026-11-22";
            InputError::new("days", rule)
        };
        let (first, last) = text.split_once('/').ok_or_else(wrong)?;
        let first = first.parse().map_err(|_| wrong())?;
        let last = last.parse().map_err(|_| wrong())?;
        Self::new(first, last)
    }
}

impl fmt::Display for DayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.last)
    }
}

/// A time from a moment on until another one, which is no more in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct TimeSpan {
    /// The first moment.
    #[serde(with = "crate::timestamp")]
    pub from: DateTime<Utc>,
    /// The first moment after it.
    #[serde(with = "crate::timestamp")]
    pub until: DateTime<Utc>,
}

impl TimeSpan {
    /// Tells whether `time` is in it.
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && time < self.until
    }
}

#[cfg(test)]
mod tests;
