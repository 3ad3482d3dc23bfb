//! Why a reply did not arrive.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyErrorKind {
    /// The user has shut us out, or the chat is gone. Nothing that is sent there will arrive.
    Blocked,
    /// The messenger asks for a longer pause than was worth waiting for.
    Throttled,
    /// The picture cannot be opened, or the messenger does not take it. A text may still arrive.
    Picture,
    /// The messenger does not take the reply as it is: a fault of ours.
    Refused,
    /// The messenger cannot be reached; the reply perhaps arrived.
    Unavailable,
}

impl fmt::Display for ReplyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocked => "the chat is closed to us",
            Self::Throttled => "the messenger asks for a pause",
            Self::Picture => "the picture cannot be sent",
            Self::Refused => "the messenger does not take the reply",
            Self::Unavailable => "the messenger cannot be reached",
        })
    }
}

/// A reply that did not arrive.
///
/// `Display` leaves the source out; a source must not hold the token of the bot.
#[derive(Debug, thiserror::Error)]
#[error("a reply did not arrive: {kind}")]
pub struct ReplyError {
    kind: ReplyErrorKind,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ReplyError {
    /// Returns an error of `kind`.
    pub fn new(kind: ReplyErrorKind) -> Self {
        Self {
            kind,
            retry_after: None,
            source: None,
        }
    }

    /// Sets the pause that the messenger asks for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Sets what was the matter.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Returns what kind of failure it was.
    pub fn kind(&self) -> ReplyErrorKind {
        self.kind
    }

    /// Returns the pause that the messenger asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
