//! A text that must not be seen.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A text that `Debug` hides, that has no `Display`, and that is zeroed when dropped.
///
/// White space around the text is dropped on the way in: a newline at the end of a pasted key is the
/// most common reason for FAL to refuse it.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Returns the secret with the white space around it dropped.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(SecretString::from(text.as_ref().trim()))
    }

    /// Returns the text itself.
    ///
    /// Call it where the text is used, and nowhere else; never keep, log or format what it returns.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Tells whether nothing but white space was given.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        let secret = Secret::new("planted-canary");
        assert_eq!(
            format!("{secret:?} {secret:#?}"),
            "Secret(hidden) Secret(hidden)"
        );
    }

    #[test]
    fn a_newline_at_the_end_is_dropped() {
        assert_eq!(Secret::new(" id:word\n").expose(), "id:word");
    }

    #[test]
    fn white_space_alone_is_empty() {
        assert!(Secret::new(" \n").is_empty());
    }
}
