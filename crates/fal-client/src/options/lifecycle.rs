//! How long FAL keeps the files of an output, and who may read them.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// How long FAL keeps the files of an output, and who may read them.
///
/// The default says nothing, and FAL does as the account is set up: for ever and public unless it was changed.
/// It becomes the header `X-Fal-Object-Lifecycle-Preference`. Source: FAL's pages on common parameters and on
/// file access control.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ObjectLifecycle {
    expires: Option<Expiry>,
    access: Option<Access>,
    rules: Vec<(String, Access)>,
}

/// When a file is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Expiry {
    After(Duration),
    Never,
}

/// What somebody who asks for a file gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// The file.
    Allow,
    /// A refusal.
    Forbid,
    /// An answer as if there were no such file.
    Hide,
}

impl Access {
    fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Forbid => "forbid",
            Self::Hide => "hide",
        }
    }
}

impl ObjectLifecycle {
    /// Sets after how long the files are destroyed; whole seconds, at least one.
    #[must_use]
    pub fn with_expires(mut self, after: Duration) -> Self {
        self.expires = Some(Expiry::After(after));
        self
    }

    /// Sets that the files are kept for ever, whatever the account says.
    #[must_use]
    pub fn with_no_end(mut self) -> Self {
        self.expires = Some(Expiry::Never);
        self
    }

    /// Sets what everybody gets.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// Sets what one user of FAL gets; only next to a rule for everybody.
    #[must_use]
    pub fn with_rule(mut self, user: &str, access: Access) -> Self {
        self.rules.push((user.to_owned(), access));
        self
    }

    /// Returns after how long the files are destroyed.
    pub fn expires(&self) -> Option<Duration> {
        match self.expires {
            Some(Expiry::After(after)) => Some(after),
            Some(Expiry::Never) | None => None,
        }
    }

    /// Returns the JSON of the header, or `None` when nothing is asked for.
    pub fn to_json(&self) -> Option<Value> {
        let mut preference = Map::new();
        match self.expires {
            Some(Expiry::After(after)) => {
                preference.insert(EXPIRATION.to_owned(), after.as_secs().into());
            }
            Some(Expiry::Never) => {
                preference.insert(EXPIRATION.to_owned(), Value::Null);
            }
            None => {}
        }
        if let Some(access) = self.access {
            preference.insert("initial_acl".to_owned(), self.acl(access));
        }
        (!preference.is_empty()).then_some(Value::Object(preference))
    }

    fn acl(&self, access: Access) -> Value {
        let rules = self.rules.iter();
        let rules: Vec<_> = rules
            .map(|(user, access)| json!({ "user": user, "decision": access.word() }))
            .collect();
        if rules.is_empty() {
            json!({ "default": access.word() })
        } else {
            json!({ "default": access.word(), "rules": rules })
        }
    }

    /// Returns the rule that is broken.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self
            .expires()
            .is_some_and(|after| after < Duration::from_secs(1))
        {
            return Err("output_expires must be at least one second");
        }
        if !self.rules.is_empty() && self.access.is_none() {
            return Err("a rule for one user needs one for everybody beside it");
        }
        let is_name = |user: &str| {
            let is_safe = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            !user.is_empty() && user.len() <= 128 && user.bytes().all(is_safe)
        };
        if self.rules.iter().all(|(user, _)| is_name(user)) {
            Ok(())
        } else {
            Err("the user of a rule must be 1 to 128 visible ASCII characters")
        }
    }
}

const EXPIRATION: &str = "expiration_duration_seconds";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_is_its_json() {
        let nothing = ObjectLifecycle::default();
        assert_eq!(nothing.to_json(), None);
        let all = ObjectLifecycle::default()
            .with_expires(Duration::from_hours(1))
            .with_access(Access::Forbid)
            .with_rule("jane", Access::Allow);
        assert_eq!(
            all.to_json(),
            Some(json!({
                "expiration_duration_seconds": 3600,
                "initial_acl": { "default": "forbid", "rules": [{ "user": "jane", "decision": "allow" }] },
            }))
        );
        let kept = ObjectLifecycle::default()
            .with_no_end()
            .with_access(Access::Hide);
        assert_eq!(kept.expires(), None);
        assert_eq!(
            kept.to_json(),
            Some(
                json!({ "expiration_duration_seconds": null, "initial_acl": { "default": "hide" } })
            )
        );
    }

    #[test]
    fn a_rule_needs_a_default_and_a_name() {
        let rule = |user| ObjectLifecycle::default().with_rule(user, Access::Allow);
        assert!(rule("jane").check().is_err());
        let good = rule("jane").with_access(Access::Hide);
        assert_eq!(good.check(), Ok(()));
        for user in ["", "a\"b", "a\nb", "ä"] {
            assert!(
                rule(user).with_access(Access::Hide).check().is_err(),
                "{user:?}"
            );
        }
    }
}
