//! A link that opens an object for a while.

use std::fmt;

use chrono::{DateTime, Utc};

/// A signed link with its true end.
///
/// Whoever has the link can read the object, and tomorrow it is dead.
/// So it is no identity and no text: it cannot be serialised, `Debug` hides it, and the only way to its
/// text is [`expose`](Self::expose), at the place where it is handed to the person who asked.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl {
    url: String,
    expires_at: DateTime<Utc>,
}

impl SignedUrl {
    /// Returns the link `url`, dead from `expires_at` on.
    pub fn new(url: impl Into<String>, expires_at: DateTime<Utc>) -> Self {
        Self {
            url: url.into(),
            expires_at,
        }
    }

    /// Returns the text of the link; never save or log it.
    pub fn expose(&self) -> &str {
        &self.url
    }

    /// Returns the time from which on the link is dead.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedUrl")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_link() {
        let link = SignedUrl::new(
            "https://img.example/a?X-Amz-Signature=canary",
            DateTime::UNIX_EPOCH,
        );
        assert!(!format!("{link:?}").contains("canary"));
    }
}
