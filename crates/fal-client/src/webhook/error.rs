//! Why a delivery is not taken.

use std::{error::Error as StdError, fmt, sync::Arc};

/// What is wrong with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// A header is missing or cannot be what FAL sends. Answer 400.
    BadHeaders,
    /// Its time is more than five minutes away from ours: a replay, or a wrong clock. Answer 401.
    OutOfTime,
    /// No key of FAL's made its signature. Answer 401.
    BadSignature,
    /// It is FAL's, and for another account than the one that is expected. Answer 401.
    WrongUser,
    /// It is FAL's, and its body cannot be read. Answer 400.
    BadBody,
    /// It is larger than what is read. Answer 413.
    TooLarge,
    /// The keys, or the memory of what came before, cannot be had. Answer 503, so that FAL delivers it again.
    Unavailable,
}

/// Why a delivery is not taken. It holds nothing of the delivery.
#[derive(Debug, Clone)]
pub struct WebhookError {
    kind: WebhookErrorKind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl WebhookError {
    /// Returns an error of a kind.
    pub fn new(kind: WebhookErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Sets the error beneath.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> WebhookErrorKind {
        self.kind
    }

    /// Returns the HTTP status to answer with.
    pub fn status(&self) -> u16 {
        match self.kind {
            WebhookErrorKind::BadHeaders | WebhookErrorKind::BadBody => 400,
            WebhookErrorKind::OutOfTime
            | WebhookErrorKind::BadSignature
            | WebhookErrorKind::WrongUser => 401,
            WebhookErrorKind::TooLarge => 413,
            WebhookErrorKind::Unavailable => 503,
        }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            WebhookErrorKind::BadHeaders => "a webhook's header is missing or wrong",
            WebhookErrorKind::OutOfTime => "a webhook is too old or from the future",
            WebhookErrorKind::BadSignature => "a webhook is not signed by FAL",
            WebhookErrorKind::WrongUser => "a webhook is for another account",
            WebhookErrorKind::BadBody => "a webhook's body cannot be read",
            WebhookErrorKind::TooLarge => "a webhook is too large",
            WebhookErrorKind::Unavailable => "a webhook cannot be checked at the moment",
        })
    }
}

impl StdError for WebhookError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
