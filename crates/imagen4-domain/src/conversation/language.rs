//! The languages that the conversation speaks.

use serde::{Deserialize, Serialize};

/// A language that the conversation speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Language {
    /// English: also for everybody whose language is not known.
    #[default]
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// Every language, in the order of the table of texts.
    pub const ALL: [Self; 2] = [Self::English, Self::Russian];

    /// Returns the language for an IETF tag such as `ru` or `en-GB`.
    pub fn of_tag(tag: Option<&str>) -> Self {
        let primary = tag.and_then(|tag| tag.split(['-', '_']).next());
        match primary {
            Some(primary) if primary.eq_ignore_ascii_case("ru") => Self::Russian,
            _ => Self::English,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_by_its_first_part() {
        for tag in ["ru", "RU", "ru-RU", "ru_Cyrl"] {
            assert_eq!(Language::of_tag(Some(tag)), Language::Russian, "{tag}");
        }
        for tag in [None, Some(""), Some("en"), Some("rue"), Some("uk")] {
            assert_eq!(Language::of_tag(tag), Language::English, "{tag:?}");
        }
    }
}
