//! What filters of the gallery can be chosen by a button.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::InputError;

/// The most characters of the name of a kind, so that a button can carry it.
const MOST_OF_A_KIND: usize = 40;

/// The most days of a range, the first and the last one counted.
const MOST_DAYS: i64 = 90;

/// Which pictures are shown, by what made them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KindChoice {
    /// All.
    #[default]
    All,
    /// The favourites.
    Favorites,
    /// Those of one kind, such as `imagen4`: 1 to 40 lower-case letters, digits, `-`, `_` or `.`.
    Kind(String),
}

impl FromStr for KindChoice {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let lawful =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        match text {
            "all" => Ok(Self::All),
            "favorites" => Ok(Self::Favorites),
            kind if (1..=MOST_OF_A_KIND).contains(&kind.len()) && kind.bytes().all(lawful) => {
                Ok(Self::Kind(kind.to_owned()))
            }
            _ => Err(InputError::new("kind", "must be all, favorites or a kind")),
        }
    }
}

impl fmt::Display for KindChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Favorites => "favorites",
            Self::Kind(kind) => kind,
        })
    }
}

/// Which pictures are shown, by the days on which they were made, as the user's clock has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DateChoice {
    /// Of all days.
    #[default]
    All,
    /// Of today.
    Today,
    /// Of yesterday.
    Yesterday,
    /// Of the last seven days.
    Week,
    /// Of the last thirty days.
    Month,
    /// From one day to another, at most 90 days with both, written `2026-11-01..2026-11-20`.
    Between {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
}

impl DateChoice {
    /// Returns the choice of the days from `from` to `to`.
    ///
    /// # Errors
    ///
    /// [`InputError`] on the field `range` when `to` is before `from`, or there are more than 90 days.
    pub fn between(from: NaiveDate, to: NaiveDate) -> Result<Self, InputError> {
        if from <= to && to - from < TimeDelta::days(MOST_DAYS) {
            return Ok(Self::Between { from, to });
        }
        Err(InputError::new("range", "must be 1 to 90 days, in order"))
    }
}

impl FromStr for DateChoice {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "all" => return Ok(Self::All),
            "today" => return Ok(Self::Today),
            "yesterday" => return Ok(Self::Yesterday),
            "week" => return Ok(Self::Week),
            "month" => return Ok(Self::Month),
            _ => {}
        }
        let days = text
            .split_once("..")
            .and_then(|(from, to)| Some((day(from)?, day(to)?)));
        let wrong = || {
            InputError::new(
                "range",
                "must be a word or two days such as 2026-11-01..2026-11-20",
            )
        };
        let (from, to) = days.ok_or_else(wrong)?;
        Self::between(from, to)
    }
}

/// Reads a day in its one form, so that one choice has one text.
fn day(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.parse().ok()?;
    (day.to_string() == text).then_some(day)
}

impl fmt::Display for DateChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Between { from, to } => write!(f, "{from}..{to}"),
        }
    }
}

macro_rules! as_text {
    ($($choice:ident),*) => {$(
        impl TryFrom<String> for $choice {
            type Error = InputError;

            fn try_from(text: String) -> Result<Self, InputError> {
                text.parse()
            }
        }

        impl From<$choice> for String {
            fn from(choice: $choice) -> Self {
                choice.to_string()
            }
        }
    )*};
}

as_text!(KindChoice, DateChoice);
