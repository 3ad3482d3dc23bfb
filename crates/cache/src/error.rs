//! What a cache call failed with.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::CacheKey;

/// What went wrong, named by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheErrorKind {
    /// The server cannot be reached, is starting, or the connection broke.
    ///
    /// A change perhaps happened. Go on without the cache and try again later.
    Unavailable,
    /// The call took longer than its limit.
    ///
    /// A change perhaps happened. Go on without the cache and try again later.
    TimedOut,
    /// The server refused the credentials, or they may not do this.
    ///
    /// Nothing happened. Correct the user, the password or the server's access list.
    Refused,
    /// The key holds another type than the call works on: two programs disagree about the key.
    ///
    /// Nothing happened. Find out which program writes the key.
    Misused,
    /// The server takes no writes: it is a replica, or cannot save its data.
    ///
    /// Nothing happened. Look at the server; after a failover the next call finds the new master.
    ReadOnly,
    /// The server is out of memory and evicts nothing.
    ///
    /// Nothing happened. Give it memory or an eviction policy.
    Full,
    /// The value is larger than [`MAX_VALUE_BYTES`](crate::MAX_VALUE_BYTES).
    ///
    /// Nothing was sent. Don't cache this value.
    TooLarge,
    /// The cache was shut down.
    ///
    /// Nothing happened. Stop using it.
    Closed,
    /// A setting is wrong, such as a database number that the server does not have.
    ///
    /// Nothing happened. Correct the setting.
    Config,
    /// The two sides disagree about TLS: one speaks it and the other does not, or the certificate is not believed.
    ///
    /// Nothing happened. Correct the setting, or the authority that is believed.
    Tls,
}

impl CacheErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::Unavailable,
        Self::TimedOut,
        Self::Refused,
        Self::Misused,
        Self::ReadOnly,
        Self::Full,
        Self::TooLarge,
        Self::Closed,
        Self::Config,
        Self::Tls,
    ];

    /// Returns the kind as one lower-case word for labels, such as `timed_out`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
            Self::Misused => "misused",
            Self::ReadOnly => "read_only",
            Self::Full => "full",
            Self::TooLarge => "too_large",
            Self::Closed => "closed",
            Self::Config => "config",
            Self::Tls => "tls",
        }
    }
}

impl fmt::Display for CacheErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the server is unavailable",
            Self::TimedOut => "no answer within the limit",
            Self::Refused => "the server refused the credentials",
            Self::Misused => "the key holds another type of value",
            Self::ReadOnly => "the server takes no writes",
            Self::Full => "the server is out of memory",
            Self::TooLarge => "the value is too large",
            Self::Closed => "the cache is shut down",
            Self::Config => "a setting is wrong",
            Self::Tls => "the two sides disagree about TLS",
        })
    }
}

/// A cache call that failed: what, on which key, and why.
///
/// `Display` leaves the source out; whoever logs walks the chain. Clones share the source.
///
/// # Examples
///
/// ```
/// use cache::{CacheError, CacheErrorKind};
///
/// let error = CacheError::new(CacheErrorKind::TimedOut, "get");
/// assert_eq!(error.to_string(), "get: no answer within the limit");
/// assert!(error.is_retryable());
/// ```
#[derive(Debug, Clone)]
pub struct CacheError {
    kind: CacheErrorKind,
    operation: &'static str,
    key: Option<CacheKey>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl CacheError {
    /// Returns an error of `kind` in `operation`, which is the name of the port's method.
    pub fn new(kind: CacheErrorKind, operation: &'static str) -> Self {
        Self {
            kind,
            operation,
            key: None,
            source: None,
        }
    }

    /// Returns the error with the key that the call was about.
    #[must_use]
    pub fn with_key(mut self, key: &CacheKey) -> Self {
        self.key = Some(key.clone());
        self
    }

    /// Returns the error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    #[cfg(feature = "redis")]
    pub(crate) fn with_shared_source(mut self, source: Arc<dyn Error + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    /// Returns what the caller can do about it.
    pub fn kind(&self) -> CacheErrorKind {
        self.kind
    }

    /// Returns the name of the method that failed.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the key of the call, if it was about one.
    pub fn key(&self) -> Option<&CacheKey> {
        self.key.as_ref()
    }

    /// Tells whether the same call may succeed a little later.
    ///
    /// Every call of the ports may be repeated without harm.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            CacheErrorKind::Unavailable | CacheErrorKind::TimedOut
        )
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{} {key}: {}", self.operation, self.kind),
            None => write!(f, "{}: {}", self.operation, self.kind),
        }
    }
}

impl Error for CacheError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_operation_and_key_and_leaves_the_source_out() {
        let key = CacheKey::new("imagen4:generation:1").unwrap();
        let error = CacheError::new(CacheErrorKind::Unavailable, "get")
            .with_key(&key)
            .with_source(std::io::Error::other("broken pipe"));
        assert_eq!(
            error.to_string(),
            "get imagen4:generation:1: the server is unavailable"
        );
        assert_eq!(error.source().unwrap().to_string(), "broken pipe");
    }

    #[test]
    fn only_passing_faults_are_worth_a_repeat() {
        let retryable: Vec<_> = CacheErrorKind::ALL
            .into_iter()
            .filter(|kind| CacheError::new(*kind, "get").is_retryable())
            .collect();
        assert_eq!(
            retryable,
            [CacheErrorKind::Unavailable, CacheErrorKind::TimedOut]
        );
    }

    #[test]
    fn the_words_of_the_kinds_differ() {
        let mut words = CacheErrorKind::ALL.map(CacheErrorKind::as_str).to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), CacheErrorKind::ALL.len());
    }
}
