//! What filters of the gallery can be chosen by a button.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InputError;
use crate::gallery::{Days, GalleryKind};

/// Which pictures are shown, by what made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KindChoice {
    /// All, written `all`.
    #[default]
    All,
    /// The favourites, written `favorites`.
    Favourites,
    /// Those of one kind, written as the kind is.
    Kind(GalleryKind),
}

impl KindChoice {
    /// Every choice, in the order of the buttons.
    pub const ALL: [Self; 4] = [
        Self::All,
        Self::Favourites,
        Self::Kind(GalleryKind::Imagen4),
        Self::Kind(GalleryKind::Generated),
    ];
}

impl FromStr for KindChoice {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "all" => Ok(Self::All),
            "favorites" => Ok(Self::Favourites),
            kind => kind.parse().map(Self::Kind),
        }
    }
}

impl fmt::Display for KindChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Favourites => f.write_str("favorites"),
            Self::Kind(kind) => kind.fmt(f),
        }
    }
}

/// Which pictures are shown, by the days on which they were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DateChoice {
    /// Those of all days, written `all`.
    #[default]
    All,
    /// Those of some days, written as the days are.
    Days(Days),
}

impl FromStr for DateChoice {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "all" => Ok(Self::All),
            days => days.parse().map(Self::Days),
        }
    }
}

impl fmt::Display for DateChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Days(days) => days.fmt(f),
        }
    }
}

/// What a button of the days says: these days, or the user's own ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateButton {
    /// Those of the choice.
    Choice(DateChoice),
    /// Two days that the user is asked for, written `choose`.
    Choose,
}

impl FromStr for DateButton {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "choose" => Ok(Self::Choose),
            choice => choice.parse().map(Self::Choice),
        }
    }
}

impl fmt::Display for DateButton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(choice) => choice.fmt(f),
            Self::Choose => f.write_str("choose"),
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
