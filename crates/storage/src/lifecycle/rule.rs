//! One rule: as we make them, and as it stands in a bucket.

use std::fmt;

/// What the ids of our rules start with.
const OURS: &str = "pictures-";

/// A number of days: 1 to 36500. Servers count in days, and remove at the next midnight UTC after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LifecycleDays(u16);

/// A rule breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct InvalidLifecycleRule {
    what: &'static str,
}

impl LifecycleDays {
    /// Returns so many days.
    ///
    /// # Errors
    ///
    /// [`InvalidLifecycleRule`] outside 1 to 36500.
    pub fn new(days: u16) -> Result<Self, InvalidLifecycleRule> {
        if (1..=36_500).contains(&days) {
            return Ok(Self(days));
        }
        let what = "a lifecycle counts 1 to 36500 days";
        Err(InvalidLifecycleRule { what })
    }

    /// Returns the number.
    pub fn get(self) -> u16 {
        self.0
    }
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LifecycleAction {
    /// Removes objects so many days after they were put.
    ExpireAfter(LifecycleDays),
    /// Aborts multipart uploads that were not completed so many days after they began.
    AbortUploadsAfter(LifecycleDays),
}

/// A rule of ours.
///
/// - the name has 1 to 100 of `a-z`, `0-9` and `-`
/// - the prefix keeps the rules of keys, may end with `/`, and is empty for the whole bucket
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LifecycleRule {
    name: String,
    prefix: String,
    action: LifecycleAction,
}

impl LifecycleRule {
    /// Returns the rule of this name for keys that start with `prefix`.
    ///
    /// # Errors
    ///
    /// [`InvalidLifecycleRule`] says what is wrong.
    pub fn new(
        name: &str,
        prefix: &str,
        action: LifecycleAction,
    ) -> Result<Self, InvalidLifecycleRule> {
        let lawful = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=100).contains(&name.len()) || !name.bytes().all(lawful) {
            let what = "the name of a rule must be 1 to 100 of a-z, 0-9 and '-'";
            return Err(InvalidLifecycleRule { what });
        }
        if prefix.len() > 1024 || prefix.chars().any(char::is_control) {
            let what = "the prefix of a rule must be at most 1024 bytes without control characters";
            return Err(InvalidLifecycleRule { what });
        }
        Ok(Self {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            action,
        })
    }

    /// Returns the id under which it stands in a bucket.
    pub fn id(&self) -> String {
        format!("{OURS}{}", self.name)
    }

    /// Returns the rule with this id, or `None` when no rule of ours has it.
    #[cfg_attr(
        not(any(feature = "minio", test)),
        expect(dead_code, reason = "only documents of a server are read")
    )]
    pub(crate) fn of_id(id: &str, prefix: &str, action: LifecycleAction) -> Option<Self> {
        Self::new(id.strip_prefix(OURS)?, prefix, action).ok()
    }

    /// Returns what the keys start with that it is for.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns what it does.
    pub fn action(&self) -> LifecycleAction {
        self.action
    }
}

impl fmt::Display for LifecycleRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, days) = match self.action {
            LifecycleAction::ExpireAfter(days) => ("expire", days),
            LifecycleAction::AbortUploadsAfter(days) => ("abort uploads", days),
        };
        let place = match self.prefix.as_str() {
            "" => "everything",
            prefix => prefix,
        };
        write!(
            f,
            "{}: {what} after {} days: {place}",
            self.id(),
            days.get()
        )
    }
}

/// A rule as it stands in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRule {
    id: Option<String>,
    known: Option<LifecycleRule>,
    /// The text between the rule before and this one.
    pub(crate) lead: String,
    /// The rule as it was read; empty for one that was not read.
    pub(crate) text: String,
}

impl StandingRule {
    /// Returns a rule as somebody else has written it, in the form of the adapter: `text` is given back as it is.
    pub fn foreign(id: Option<&str>, text: &str) -> Self {
        Self::read(id, None, "", text)
    }

    pub(crate) fn read(
        id: Option<&str>,
        known: Option<LifecycleRule>,
        lead: &str,
        text: &str,
    ) -> Self {
        Self {
            id: id.map(str::to_owned),
            known,
            lead: lead.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Returns its id, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Tells whether it is one of ours, by its id.
    pub fn is_ours(&self) -> bool {
        self.id().is_some_and(|id| id.starts_with(OURS))
    }

    /// Returns what it says, if it has the form of our rules and says nothing beside.
    pub fn known(&self) -> Option<&LifecycleRule> {
        self.known.as_ref()
    }

    /// Returns the rule as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        match (&self.known, &other.known) {
            (Some(one), Some(other)) => one == other,
            _ => self.id == other.id && self.text == other.text,
        }
    }
}

impl From<LifecycleRule> for StandingRule {
    fn from(rule: LifecycleRule) -> Self {
        Self {
            id: Some(rule.id()),
            known: Some(rule),
            lead: String::new(),
            text: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlawful_parts_are_refused() {
        for days in [0, 36_501] {
            assert!(LifecycleDays::new(days).is_err(), "{days}");
        }
        let action = LifecycleAction::ExpireAfter(LifecycleDays::new(7).unwrap());
        for (name, prefix) in [
            ("", ""),
            ("A", ""),
            ("a b", ""),
            ("a", "\n"),
            ("a", &*"x".repeat(1025)),
        ] {
            assert!(
                LifecycleRule::new(name, prefix, action).is_err(),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_rule_says_what_it_does() {
        let action = LifecycleAction::ExpireAfter(LifecycleDays::new(7).unwrap());
        let rule = LifecycleRule::new("expire-temporary", "temp/", action).unwrap();
        assert_eq!(
            rule.to_string(),
            "pictures-expire-temporary: expire after 7 days: temp/"
        );
        assert_eq!(
            LifecycleRule::of_id(&rule.id(), "temp/", action),
            Some(rule)
        );
        assert_eq!(LifecycleRule::of_id("other", "temp/", action), None);
    }
}
