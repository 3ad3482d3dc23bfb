//! The key that pays, which is never shown.

use core_config::Secret;

/// The key that pays for the jobs, in FAL's form `id:secret`.
///
/// - Trimmed: a newline at the end of a pasted key is the usual cause of a 401.
/// - Two parts that are not empty, of visible ASCII, so that it fits into a header.
/// - `Debug` hides it, and there is neither `Display` nor serde.
///
/// # Examples
///
/// ```
/// use core_config::Secret;
/// use fal_client::{FalKey, FalKeyError};
///
/// let key = FalKey::new(&Secret::new("id:word\n"))?;
/// assert!(!format!("{key:?}").contains("word"));
/// assert_eq!(FalKey::new(&Secret::new("word")).unwrap_err(), FalKeyError::NoColon);
/// # Ok::<(), FalKeyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FalKey(Secret);

impl FalKey {
    /// Returns the key in `secret`.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks; the text itself is not part of the error.
    pub fn new(secret: &Secret) -> Result<Self, FalKeyError> {
        let text = secret.expose().trim();
        if text.is_empty() {
            return Err(FalKeyError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(FalKeyError::BadCharacter);
        }
        match text.split_once(':') {
            None => Err(FalKeyError::NoColon),
            Some(("", _) | (_, "")) => Err(FalKeyError::EmptyPart),
            Some(_) => Ok(Self(Secret::new(text))),
        }
    }

    /// Returns the whole key, for the header of an adapter and nothing else; never keep, log or format it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Why a text is not a [`FalKey`]. Each message names the setting and the rule, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FalKeyError {
    /// Nothing, or white space.
    #[error("FAL_KEY is empty; it has the form id:secret")]
    Empty,
    /// One part only: mostly the secret without its id.
    #[error("FAL_KEY has no colon; it has the form id:secret")]
    NoColon,
    /// Nothing before or after the colon.
    #[error("FAL_KEY has an empty part; it has the form id:secret")]
    EmptyPart,
    /// A space, a control character or a letter outside ASCII, which no header takes.
    #[error("FAL_KEY has a character that no key has; copy it again")]
    BadCharacter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_error_and_none_shows_the_text() {
        for (text, error) in [
            (" \n", FalKeyError::Empty),
            ("canary", FalKeyError::NoColon),
            (":canary", FalKeyError::EmptyPart),
            ("canary:", FalKeyError::EmptyPart),
            ("can ary:x", FalKeyError::BadCharacter),
            ("id:can\r\nary", FalKeyError::BadCharacter),
            ("id:canäry", FalKeyError::BadCharacter),
        ] {
            let found = FalKey::new(&Secret::new(text)).unwrap_err();
            assert_eq!(found, error, "{text:?}");
            let shown = format!("{found} {found:?}");
            assert!(
                shown.contains("FAL_KEY") && !shown.contains("canary"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_good_key_is_trimmed_and_hidden() {
        let key = FalKey::new(&Secret::new("  id:canary\n")).unwrap();
        assert_eq!(key.0.expose(), "id:canary");
        assert!(!format!("{key:?} {key:#?}").contains("canary"));
    }
}
