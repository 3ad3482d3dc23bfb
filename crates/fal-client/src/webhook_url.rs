//! Where FAL is asked to report a job.

use std::{fmt, str::FromStr};

use url::Url;

use crate::{RequestId, fal_url::is_loopback};

/// Where FAL is asked to report a job.
///
/// - `https`, or `http` on loopback, where only a simulator can reach it.
/// - No user, no password and no fragment; at most 2048 bytes.
/// - With an id of ours as its last segment a delivery tells whose it is, even when the answer to the submit was
///   lost.
///
/// FAL refuses private addresses and takes a redirect for a failure. Source: FAL's page on webhooks.
///
/// # Examples
///
/// ```
/// use fal_client::WebhookUrl;
///
/// let base: WebhookUrl = "https://pictures.example/fal".parse()?;
/// let own = base.for_id("0199")?;
/// assert_eq!((own.as_str(), own.id()), ("https://pictures.example/fal/0199", Some("0199")));
/// # Ok::<(), fal_client::WebhookUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebhookUrl {
    url: Url,
    id: Option<String>,
}

/// The longest address accepted, in bytes.
const MAX_LEN: usize = 2048;

impl WebhookUrl {
    /// Returns the address with `id` as one more segment.
    ///
    /// # Errors
    ///
    /// [`WebhookUrlError::BadId`] for an id that is not one path segment by the rules of [`RequestId`].
    pub fn for_id(&self, id: &str) -> Result<Self, WebhookUrlError> {
        RequestId::try_from(id).map_err(|_| WebhookUrlError::BadId)?;
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| WebhookUrlError::NotAUrl)?
            .pop_if_empty()
            .push(id);
        Ok(Self {
            url,
            id: Some(id.to_owned()),
        })
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the id that [`for_id`](Self::for_id) put in.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, WebhookUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| WebhookUrlError::NotAUrl)?;
        let host = url.host().ok_or(WebhookUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            _ => return Err(WebhookUrlError::BadScheme),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(WebhookUrlError::Decorated);
        }
        if url.as_str().len() > MAX_LEN {
            return Err(WebhookUrlError::TooLong);
        }
        Ok(Self { url, id: None })
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a [`WebhookUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookUrlError {
    /// Not an absolute URL with a host.
    #[error("not a URL with a host, as https://pictures.example/fal")]
    NotAUrl,
    /// Neither https nor http on loopback.
    #[error("a webhook is called by https, and by http on loopback only")]
    BadScheme,
    /// A user, a password or a fragment.
    #[error("a webhook's address has no user, no password and no fragment")]
    Decorated,
    /// More than 2048 bytes.
    #[error("a webhook's address has at most 2048 bytes")]
    TooLong,
    /// An id that is not one path segment.
    #[error(
        "an id in a webhook's address has 1 to 128 ASCII letters, digits, '-', '.', '_' or '~'"
    )]
    BadId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_error() {
        for (text, error) in [
            ("pictures.example", WebhookUrlError::NotAUrl),
            ("http://pictures.example/fal", WebhookUrlError::BadScheme),
            ("ftp://pictures.example/fal", WebhookUrlError::BadScheme),
            ("https://a:b@pictures.example", WebhookUrlError::Decorated),
            ("https://pictures.example/#x", WebhookUrlError::Decorated),
        ] {
            assert_eq!(text.parse::<WebhookUrl>(), Err(error), "{text}");
        }
        let long = format!("https://pictures.example/{}", "a".repeat(2048));
        assert_eq!(long.parse::<WebhookUrl>(), Err(WebhookUrlError::TooLong));
        assert!("http://127.0.0.1:9/hook".parse::<WebhookUrl>().is_ok());
    }

    #[test]
    fn an_id_is_one_segment_and_leaves_the_query_alone() {
        let base: WebhookUrl = "https://pictures.example/fal/?tenant=a".parse().unwrap();
        assert_eq!(base.id(), None);
        let own = base.for_id("0199-x").unwrap();
        assert_eq!(own.as_str(), "https://pictures.example/fal/0199-x?tenant=a");
        for bad in ["", "..", "a/b", "a?b", "ä"] {
            assert_eq!(base.for_id(bad), Err(WebhookUrlError::BadId), "{bad}");
        }
    }
}
