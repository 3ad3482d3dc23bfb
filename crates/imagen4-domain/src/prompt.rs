//! The text that a picture is made from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InputError;

/// The fewest characters of a prompt.
pub const MIN_PROMPT_CHARS: usize = 3;

/// The most characters of a prompt, one limit everywhere.
///
/// The models take more (a mirrored schema of Imagen 4 says 5000), but the bot and the record never did.
pub const MAX_PROMPT_CHARS: usize = 2000;

/// The text that a picture is made from, without white space around it.
///
/// - 3 to 2000 characters (not bytes), counted after trimming
/// - no control characters but newline and tab
///
/// `Debug` shows its length only: what people ask for belongs in no log.
///
/// # Examples
///
/// ```
/// use imagen4_domain::Prompt;
///
/// let prompt: Prompt = "  a lighthouse at dawn\n".parse()?;
/// assert_eq!(prompt.as_str(), "a lighthouse at dawn");
/// # Ok::<(), imagen4_domain::InputError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prompt(String);

impl Prompt {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prompt {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        check("prompt", text).map(|text| Self(text.to_owned()))
    }
}

impl TryFrom<String> for Prompt {
    type Error = InputError;

    fn try_from(text: String) -> Result<Self, InputError> {
        text.parse()
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.0
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prompt({} characters)", self.0.chars().count())
    }
}

/// Returns `text` trimmed when it keeps the rules of a prompt; the field is for the error.
pub(crate) fn check<'a>(field: &'static str, text: &'a str) -> Result<&'a str, InputError> {
    let text = text.trim();
    if !(MIN_PROMPT_CHARS..=MAX_PROMPT_CHARS).contains(&text.chars().count()) {
        return Err(InputError::new(field, "must have 3 to 2000 characters"));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        let rule = "must not have control characters other than newline and tab";
        return Err(InputError::new(field, rule));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_count_characters_after_trimming() {
        assert!("  кот ".parse::<Prompt>().is_ok());
        assert!("🦊".repeat(2000).parse::<Prompt>().is_ok());
        for text in ["", "ab", " ab ", &*"🦊".repeat(2001)] {
            let error = text.parse::<Prompt>().unwrap_err();
            assert_eq!(error.field(), "prompt");
            assert!(error.rule().contains("3 to 2000"), "{error}");
        }
    }

    #[test]
    fn control_characters_but_newline_and_tab_are_refused() {
        assert!("two\nlines\tand a tab".parse::<Prompt>().is_ok());
        for text in ["bell\u{7}", "a\0b", "a\rb", "a\u{9b}b"] {
            let error = text.parse::<Prompt>().unwrap_err();
            assert!(error.rule().contains("control"), "{text:?}");
        }
    }

    #[test]
    fn debug_and_errors_hide_the_text() {
        let prompt: Prompt = "canary in a mine".parse().unwrap();
        assert_eq!(format!("{prompt:?}"), "Prompt(16 characters)");
        let error = "canary\u{7}".parse::<Prompt>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer_and_what_passes_keeps_the_rules(text in "(\\PC|[ \n\t\u{0}]){0,40}") {
            if let Ok(prompt) = text.parse::<Prompt>() {
                prop_assert!((3..=2000).contains(&prompt.as_str().chars().count()));
                prop_assert_eq!(prompt.as_str().trim(), prompt.as_str());
                let json = serde_json::to_string(&prompt).unwrap();
                prop_assert_eq!(serde_json::from_str::<Prompt>(&json).unwrap(), prompt);
            }
        }
    }
}
