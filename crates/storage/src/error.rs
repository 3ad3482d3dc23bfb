//! What can go wrong with a store, by what the caller can do about it.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// A boxed cause.
pub(crate) type Cause = Box<dyn StdError + Send + Sync + 'static>;

/// The result of a call on a store.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

/// A failed call on a store.
///
/// `Display` says what failed and on what, and never prints the cause; whoever logs walks
/// [`source`](StdError::source).
/// It never holds a signature, a secret or a body.
#[derive(thiserror::Error)]
pub struct StorageError {
    kind: StorageErrorKind,
    operation: &'static str,
    subject: String,
    detail: Option<String>,
    retry_after: Option<Duration>,
    #[source]
    cause: Option<Cause>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageErrorKind {
    /// There is no such object. Nothing happened; whoever named the object is out of date.
    NotFound,
    /// There is no such bucket. Nothing happened; call `ensure_bucket` once at start.
    BucketNotFound,
    /// A create-only put met an object under the same key. Nothing was written; compare the two.
    AlreadyExists,
    /// Others have changed it since it was read. Nothing was written; read it again and decide anew.
    Conflict,
    /// The store refused the credentials or the right. Nothing happened; check the key and its policy.
    Denied,
    /// The call itself is wrong: a limit of zero, a body over what the store takes.
    InvalidInput,
    /// The range lies outside the object. Nothing was read; ask `head` for the length.
    RangeNotSatisfiable,
    /// The body that the caller gave ended with an error of its own. Nothing was stored.
    BodyFailed,
    /// Bytes are missing, too many or different from their checksum. Nothing was stored, or what was
    /// read must not be used.
    Corrupt,
    /// The store asks to slow down. Nothing happened; repeat after [`StorageError::retry_after`].
    Throttled,
    /// The store cannot be reached or failed. A write perhaps happened; repeating it is safe.
    Unavailable,
    /// No answer within the limit. A write perhaps happened; repeating it is safe.
    TimedOut,
    /// This store cannot do that; see its capabilities.
    NotSupported,
    /// Retries are used up; outer layers stop here. A write perhaps happened.
    Exhausted,
    /// The store is set up wrongly.
    Config,
    /// The store answered with something that makes no sense to us.
    Unexpected,
}

impl StorageError {
    /// Returns an error of `kind` in `operation` (a verb of the port) on `subject` (a key or a bucket).
    pub fn new(
        kind: StorageErrorKind,
        operation: &'static str,
        subject: impl fmt::Display,
    ) -> Self {
        Self {
            kind,
            operation,
            subject: subject.to_string(),
            detail: None,
            retry_after: None,
            cause: None,
        }
    }

    /// Returns the error with a lower-case fragment that says more.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Returns the error with its cause.
    #[must_use]
    pub fn with_source(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Returns the error with the pause that the store asked for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Returns the error as one whose retries are used up, keeping what it was about.
    #[must_use]
    pub fn exhausted(self, attempts: u32) -> Self {
        Self::new(StorageErrorKind::Exhausted, self.operation, &self.subject)
            .with_detail(format!("gave up after {attempts} attempts"))
            .with_source(self)
    }

    /// Returns what kind of failure it was.
    pub fn kind(&self) -> StorageErrorKind {
        self.kind
    }

    /// Returns the verb of the port that failed.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the key or bucket that the call was about.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Tells whether the same call may do better in a moment.
    pub fn is_retryable(&self) -> bool {
        use StorageErrorKind::{Throttled, TimedOut, Unavailable};
        matches!(self.kind, Throttled | TimedOut | Unavailable)
    }

    /// Returns the pause that the store asked for, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "storage {} of {} failed: {}",
            self.operation, self.subject, self.kind
        )?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageError")
            .field("kind", &self.kind)
            .field("operation", &self.operation)
            .field("subject", &self.subject)
            .field("detail", &self.detail)
            .field("source", &self.cause)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for StorageErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no such object",
            Self::BucketNotFound => "no such bucket",
            Self::AlreadyExists => "the object exists already",
            Self::Conflict => "others have changed it",
            Self::Denied => "access denied",
            Self::InvalidInput => "invalid input",
            Self::RangeNotSatisfiable => "the range lies outside the object",
            Self::BodyFailed => "the body ended with an error",
            Self::Corrupt => "the bytes are not what they should be",
            Self::Throttled => "the store asks to slow down",
            Self::Unavailable => "the store is unavailable",
            Self::TimedOut => "no answer within the time limit",
            Self::NotSupported => "not supported by this store",
            Self::Exhausted => "retries are used up",
            Self::Config => "the store is set up wrongly",
            Self::Unexpected => "an answer that makes no sense",
        })
    }
}
