//! What can go wrong when a picture is fetched, by what the caller can do about it.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use url::Url;

use crate::error::Cause;

/// A failed fetch of a picture.
///
/// It names the host and never the rest of the link, since whoever has the link has the picture.
/// `Display` never prints the cause; whoever logs walks [`source`](StdError::source).
#[derive(thiserror::Error)]
pub struct FetchError {
    kind: FetchErrorKind,
    host: Option<String>,
    detail: Option<String>,
    retry_after: Option<Duration>,
    #[source]
    cause: Option<Cause>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The link is no link, or holds a user name. Final.
    InvalidUrl,
    /// Neither `https`, nor a `data:` link, nor an allowed `http` origin; also a redirect to `http`. Final.
    ForbiddenScheme,
    /// The host is not among the allowed ones.
    ForbiddenHost,
    /// The port is neither the default one nor an allowed one.
    ForbiddenPort,
    /// The host is, or resolves to, an address that is not on the public internet.
    ForbiddenAddress,
    /// The server has no such picture (404, 410). Final.
    NotFound,
    /// The server refuses us (401, 403). Somebody else may still be let in.
    Refused,
    /// More bytes than the cap. The link may still serve whoever takes more.
    TooLarge,
    /// More pixels than the cap; told by the header of the picture.
    TooManyPixels,
    /// More than one frame: an animation, told by the container of the picture.
    TooManyFrames,
    /// The answer has no bytes. Retry.
    Empty,
    /// The answer ended early, or the picture is shorter than it says. Retry.
    Truncated,
    /// The bytes are no picture of a known format, whatever the content type says, or there is something
    /// else behind the picture. Final.
    NotAPicture,
    /// The answer is compressed although we asked for plain bytes; it is not unpacked.
    Encoded,
    /// No answer, or not all of it, within the limit. Retry.
    TimedOut,
    /// The bytes came in below the minimum rate. Retry.
    TooSlow,
    /// The server asks to slow down (429). Retry after [`FetchError::retry_after`].
    Throttled,
    /// The server cannot be reached or failed (5xx). Retry.
    Unavailable,
    /// Too many redirects, a loop, or one without a usable target.
    Redirect,
    /// An answer that makes no sense to us, such as a head without end or broken chunks.
    Unexpected,
    /// The fetch is set up wrongly, such as without usable certificates.
    Config,
}

impl FetchErrorKind {
    /// Tells whether the same fetch may do better in a moment.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Empty
            | Self::Truncated
            | Self::TimedOut
            | Self::TooSlow
            | Self::Throttled
            | Self::Unavailable => true,
            Self::InvalidUrl
            | Self::ForbiddenScheme
            | Self::ForbiddenHost
            | Self::ForbiddenPort
            | Self::ForbiddenAddress
            | Self::NotFound
            | Self::Refused
            | Self::TooLarge
            | Self::TooManyPixels
            | Self::TooManyFrames
            | Self::NotAPicture
            | Self::Encoded
            | Self::Redirect
            | Self::Unexpected
            | Self::Config => false,
        }
    }

    /// Tells whether the link will never give a picture, to us or to the person who is shown it.
    ///
    /// A kind can be neither retryable nor final: a picture above our byte cap is still a picture.
    pub fn is_final(self) -> bool {
        match self {
            Self::InvalidUrl | Self::ForbiddenScheme | Self::NotFound | Self::NotAPicture => true,
            // Our own policy refuses these, and the picture is there all the same.
            Self::ForbiddenHost
            | Self::ForbiddenPort
            | Self::ForbiddenAddress
            | Self::TooManyPixels
            | Self::TooManyFrames
            | Self::TooLarge
            | Self::Redirect
            | Self::Refused
            | Self::Empty
            | Self::Truncated
            | Self::Encoded
            | Self::TimedOut
            | Self::TooSlow
            | Self::Throttled
            | Self::Unavailable
            | Self::Unexpected
            | Self::Config => false,
        }
    }
}

impl FetchError {
    /// Returns an error of `kind`.
    pub fn new(kind: FetchErrorKind) -> Self {
        Self {
            kind,
            host: None,
            detail: None,
            retry_after: None,
            cause: None,
        }
    }

    /// Returns the error with the host that the fetch went to; give no more of the link.
    #[must_use]
    pub fn with_host(mut self, host: impl fmt::Display) -> Self {
        self.host = Some(host.to_string());
        self
    }

    /// Returns the error with a lower-case fragment that says more.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Returns the error with its cause, which must not hold the link.
    #[must_use]
    pub fn with_source(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Returns the error with the pause that the server asked for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Returns what kind of failure it was.
    pub fn kind(&self) -> FetchErrorKind {
        self.kind
    }

    /// Returns the host that the fetch went to, if it came so far.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Tells whether the same fetch may do better in a moment.
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }

    /// Tells whether the link will never give a picture.
    pub fn is_final(&self) -> bool {
        self.kind.is_final()
    }

    /// Returns the pause that the server asked for, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fetch of a picture")?;
        if let Some(host) = &self.host {
            write!(f, " from {host}")?;
        }
        write!(f, " failed: {}", self.kind)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchError")
            .field("kind", &self.kind)
            .field("host", &self.host)
            .field("detail", &self.detail)
            .field("source", &self.cause)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for FetchErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidUrl => "the link is invalid",
            Self::ForbiddenScheme => "the scheme is not allowed",
            Self::ForbiddenHost => "the host is not allowed",
            Self::ForbiddenPort => "the port is not allowed",
            Self::ForbiddenAddress => "the address is not public",
            Self::NotFound => "no such picture",
            Self::Refused => "the server refuses us",
            Self::TooLarge => "too many bytes",
            Self::TooManyPixels => "too many pixels",
            Self::TooManyFrames => "more than one frame",
            Self::Empty => "no bytes",
            Self::Truncated => "the picture is cut short",
            Self::NotAPicture => "the bytes are no picture",
            Self::Encoded => "the answer is compressed",
            Self::TimedOut => "no answer within the time limit",
            Self::TooSlow => "the bytes came too slowly",
            Self::Throttled => "the server asks to slow down",
            Self::Unavailable => "the server is unavailable",
            Self::Redirect => "the redirects lead nowhere",
            Self::Unexpected => "an answer that makes no sense",
            Self::Config => "the fetch is set up wrongly",
        })
    }
}

/// Returns what may be shown of a link: its scheme and host, since the path alone opens FAL's pictures.
pub(super) fn host_alone(url: &str) -> String {
    // The whole of a `data:` link would be parsed, and may be megabytes.
    if url.len() > 4096 {
        return "(a long link)".to_owned();
    }
    match Url::parse(url) {
        Ok(url) => match url.host_str() {
            Some(host) => format!("{}://{host}/…", url.scheme()),
            None => format!("{}:…", url.scheme()),
        },
        Err(_) => "(no link)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_is_both_retryable_and_final() {
        for kind in [
            FetchErrorKind::InvalidUrl,
            FetchErrorKind::ForbiddenAddress,
            FetchErrorKind::NotFound,
            FetchErrorKind::Refused,
            FetchErrorKind::TooLarge,
            FetchErrorKind::Truncated,
            FetchErrorKind::Unavailable,
            FetchErrorKind::Redirect,
        ] {
            assert!(!(kind.is_retryable() && kind.is_final()), "{kind:?}");
        }
    }

    #[test]
    fn display_has_no_cause() {
        let error = FetchError::new(FetchErrorKind::Unavailable)
            .with_host("v3.fal.media")
            .with_detail("status 503")
            .with_source(std::io::Error::other("inner"));
        assert_eq!(
            error.to_string(),
            "fetch of a picture from v3.fal.media failed: the server is unavailable (status 503)"
        );
    }
}
