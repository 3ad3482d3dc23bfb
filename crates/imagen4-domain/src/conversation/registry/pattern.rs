//! The form of a button's text.

use std::fmt;
use std::str::FromStr;

use super::RouteError;

/// The form of a button's text: a constant part, and perhaps one `{part}` at the end.
///
/// - the constant part has 1 character at least, and no braces
/// - the part stands for 1 character at least
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    constant: String,
    part: Option<String>,
}

impl Pattern {
    /// Returns what stands for the part in `text`, which is empty when the pattern has none; `None` when `text`
    /// does not fit.
    pub fn argument_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let rest = text.strip_prefix(self.constant.as_str())?;
        (rest.is_empty() == self.part.is_none()).then_some(rest)
    }

    /// Tells whether every text that fits `other` fits this pattern, too.
    pub fn catches_all_of(&self, other: &Self) -> bool {
        let Some(rest) = other.constant.strip_prefix(self.constant.as_str()) else {
            return false;
        };
        match (&self.part, &other.part) {
            (None, None) => rest.is_empty(),
            (None, Some(_)) => false,
            (Some(_), None) => !rest.is_empty(),
            (Some(_), Some(_)) => true,
        }
    }
}

impl FromStr for Pattern {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let (constant, part) = match text.split_once('{') {
            None => (text, None),
            Some((constant, rest)) => (constant, Some(rest.strip_suffix('}').unwrap_or_default())),
        };
        let plain = |text: &str| !text.is_empty() && !text.contains(['{', '}']);
        if !plain(constant) || part.is_some_and(|part| !plain(part)) {
            let pattern = text.to_owned();
            return Err(RouteError::Malformed { pattern });
        }
        Ok(Self {
            constant: constant.to_owned(),
            part: part.map(str::to_owned),
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.constant)?;
        match &self.part {
            Some(part) => write!(f, "{{{part}}}"),
            None => Ok(()),
        }
    }
}
