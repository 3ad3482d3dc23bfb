//! A link that opens an object for a while.

use std::fmt;

use chrono::{DateTime, Utc};

/// A signed link with its true end.
///
/// Whoever has the link can read the object, and tomorrow it is dead.
/// So it is no identity and no text: it cannot be serialised, `Debug` hides it, and the only way to its
/// text is [`expose`](Self::expose), at the place where it is handed to the person who asked.
///
/// ```
/// # use storage::SignedUrl;
/// fn hand_over(link: &SignedUrl) -> String {
///     format!("{} until {}", link.expose(), link.expires_at())
/// }
/// ```
///
/// None of these compiles: printing it, logging it, lending or taking it as text, writing it as JSON, and
/// deriving serde's traits for a record that holds one.
///
/// ```compile_fail,E0277
/// # use storage::SignedUrl;
/// fn hand_over(link: &SignedUrl) -> String {
///     format!("{} until {}", link, link.expires_at())
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use storage::SignedUrl;
/// fn log(link: &SignedUrl) {
///     tracing::info!(%link, "a link was made");
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use storage::SignedUrl;
/// fn lend(link: &SignedUrl) -> &str {
///     link.as_ref()
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use storage::SignedUrl;
/// fn keep(link: &SignedUrl) -> Option<String> {
///     serde_json::to_string(link).ok()
/// }
/// ```
///
/// ```compile_fail,E0277
/// #[derive(serde::Serialize)]
/// struct Record {
///     link: storage::SignedUrl,
/// }
/// ```
///
/// ```compile_fail,E0277
/// #[derive(serde::Deserialize)]
/// struct Record {
///     link: storage::SignedUrl,
/// }
/// ```
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

    /// Returns the same link, said to end earlier.
    #[cfg(feature = "minio")]
    pub(crate) fn told_earlier_by(self, span: chrono::TimeDelta) -> Self {
        Self {
            expires_at: self.expires_at - span,
            ..self
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
