//! The name under which a value stands in the cache.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 1_024;

/// The name of one cached value. Clones share the text.
///
/// - 1 to [`MAX_KEY_BYTES`] bytes of UTF-8
/// - no white space and no control character
/// - no `{` and no `}`: in Redis Cluster they decide which node holds the key, and adapters use them to
///   put a companion beside its key
///
/// # Examples
///
/// ```
/// use cache::CacheKey;
///
/// let key: CacheKey = "imagen4:generation:17".parse()?;
/// assert_eq!(key.as_str(), "imagen4:generation:17");
/// assert!("two words".parse::<CacheKey>().is_err());
/// # Ok::<(), cache::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey(Arc<str>);

impl CacheKey {
    /// Returns `text` as a key.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn new(text: impl AsRef<str>) -> Result<Self, KeyError> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyError::TooLong { bytes: text.len() });
        }
        match text.chars().find(|&c| is_refused(c)) {
            Some(found) => Err(KeyError::Character { found }),
            None => Ok(Self(Arc::from(text))),
        }
    }

    /// Returns the key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_refused(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '{' | '}')
}

impl FromStr for CacheKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

impl TryFrom<String> for CacheKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({:?})", self.as_str())
    }
}

/// Says why a text is no key, or no part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no text.
    #[error("empty key")]
    Empty,
    /// The text is longer than [`MAX_KEY_BYTES`].
    #[error("key of {bytes} bytes is longer than 1024")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The text holds a character that no key may hold.
    #[error("character {found:?} may not stand in a key")]
    Character {
        /// The first such character.
        found: char,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_key_says_why() {
        let long = "x".repeat(MAX_KEY_BYTES + 1);
        for (text, error) in [
            ("", KeyError::Empty),
            (&*long, KeyError::TooLong { bytes: 1_025 }),
            ("a b", KeyError::Character { found: ' ' }),
            ("a\n", KeyError::Character { found: '\n' }),
            ("a\u{7}", KeyError::Character { found: '\u{7}' }),
            ("a\u{a0}b", KeyError::Character { found: '\u{a0}' }),
            ("user:{1}", KeyError::Character { found: '{' }),
            ("user:1}", KeyError::Character { found: '}' }),
        ] {
            assert_eq!(CacheKey::new(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_longest_key_is_one() {
        let text = "x".repeat(MAX_KEY_BYTES);
        assert_eq!(CacheKey::new(&text).unwrap().to_string(), text);
    }

    proptest! {
        #[test]
        fn any_key_keeps_its_invariants(text in "\\PC{0,40}") {
            if let Ok(key) = CacheKey::new(&text) {
                prop_assert_eq!(key.as_str(), &text);
                prop_assert!(!text.chars().any(is_refused));
            }
        }
    }
}
