//! What can go wrong with the record store, by what the caller can do about it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::GenerationId;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The name is taken. Nothing happened; a repeat of a creation that went through looks like this too.
    AlreadyExists,
    /// The user has no such generation. Nothing happened.
    NotFound,
    /// Somebody else wrote the next step first. Nothing happened; read and look.
    Conflict,
    /// The state does not allow the step. Nothing happened; it is a slip of the program.
    IllegalStep,
    /// A record cannot be read: it was changed by hand, or by a newer version of this program.
    Corrupt,
    /// The store cannot be reached, is busy, or failed. A write perhaps happened; try again in a moment.
    Unavailable,
    /// The disk is full or the store takes no writes. Nothing happened; somebody must act.
    ReadOnly,
    /// The store was closed. Nothing happened.
    Closed,
    /// The store is set up wrongly. Nothing happened.
    Config,
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyExists => "the name is taken",
            Self::NotFound => "no such generation",
            Self::Conflict => "somebody else wrote the next step first",
            Self::IllegalStep => "the state does not allow the step",
            Self::Corrupt => "the record cannot be read",
            Self::Unavailable => "the store is unavailable",
            Self::ReadOnly => "the store takes no writes",
            Self::Closed => "the store is closed",
            Self::Config => "the store is set up wrongly",
        })
    }
}

/// A failed call on the record store.
///
/// `Display` leaves the source out; whoever logs walks the chain. It never holds a prompt or a link.
/// Clones share the source.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    operation: &'static str,
    id: Option<GenerationId>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// Returns an error of `kind` in `operation`, which is the name of the port's method.
    pub fn new(kind: StoreErrorKind, operation: &'static str) -> Self {
        Self {
            kind,
            operation,
            id: None,
            source: None,
        }
    }

    /// Returns the error with the generation that the call was about.
    #[must_use]
    pub fn with_id(mut self, id: GenerationId) -> Self {
        self.id = Some(id);
        self
    }

    /// Returns the error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Returns what kind of failure it was.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Returns the name of the method that failed.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the generation that the call was about.
    pub fn id(&self) -> Option<GenerationId> {
        self.id
    }

    /// Tells whether the same call may do better in a moment; a write perhaps happened already.
    pub fn is_retryable(&self) -> bool {
        self.kind == StoreErrorKind::Unavailable
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "records {}", self.operation)?;
        if let Some(id) = self.id {
            write!(f, " of {id}")?;
        }
        write!(f, " failed: {}", self.kind)
    }
}

impl Error for StoreError {
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
    fn display_leaves_the_source_out() {
        let error = StoreError::new(StoreErrorKind::Unavailable, "advance")
            .with_source(std::io::Error::other("disk on fire"));
        assert_eq!(
            error.to_string(),
            "records advance failed: the store is unavailable"
        );
        assert_eq!(error.source().unwrap().to_string(), "disk on fire");
        assert!(error.is_retryable());
    }
}
