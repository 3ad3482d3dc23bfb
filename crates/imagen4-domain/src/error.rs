//! An input that breaks a rule, told by field and rule.

use std::borrow::Cow;

/// An input of the user that breaks a rule.
///
/// It holds the field and the rule, never the value: a prompt belongs in no log.
///
/// # Examples
///
/// ```
/// use imagen4_domain::Prompt;
///
/// let error = "ab".parse::<Prompt>().unwrap_err();
/// assert_eq!(error.field(), "prompt");
/// assert_eq!(error.to_string(), "prompt: must have 3 to 2000 characters");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct InputError {
    field: &'static str,
    rule: Cow<'static, str>,
}

impl InputError {
    /// Returns the error of `field`, which breaks `rule` (a lower-case fragment such as `must be …`).
    pub fn new(field: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field,
            rule: rule.into(),
        }
    }

    /// Returns the name of the field, as in the JSON of a generation.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns the rule that is broken, as a lower-case fragment that may be shown to the user.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}
