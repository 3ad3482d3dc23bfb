//! Why a gallery did not do what it was asked for, by what the caller can do about it.

use std::error::Error;
use std::fmt;

use crate::service::generate_error::{GenerateError, GenerateErrorKind};
use crate::store::{StoreError, StoreErrorKind};

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GalleryErrorKind {
    /// The user has no such generation: it never was, it is deleted, or it is another user's. Nothing happened.
    NotFound,
    /// The generation is still under way and cannot be deleted yet. Nothing happened; wait until it is over.
    UnderWay,
    /// The record store failed. A change perhaps happened; each may be repeated.
    Records,
    /// No pictures were made; [`GalleryError::generation`] has all that is known.
    Generation(GenerateErrorKind),
}

impl fmt::Display for GalleryErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such generation"),
            Self::UnderWay => f.write_str("the generation is still under way"),
            Self::Records => f.write_str("the records cannot be used"),
            Self::Generation(kind) => kind.fmt(f),
        }
    }
}

/// A failed operation of a gallery.
///
/// `Display` leaves the source out; whoever logs walks the chain.
#[derive(Debug)]
pub struct GalleryError {
    kind: GalleryErrorKind,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Records(StoreError),
    Generation(GenerateError),
}

impl GalleryError {
    /// Returns what kind of failure it was.
    pub fn kind(&self) -> GalleryErrorKind {
        self.kind
    }

    /// Returns why no pictures were made, when that is what failed.
    pub fn generation(&self) -> Option<&GenerateError> {
        match &self.cause {
            Cause::Generation(error) => Some(error),
            Cause::Records(_) => None,
        }
    }

    /// Tells whether the same call may do better in a moment.
    pub fn is_retryable(&self) -> bool {
        matches!(&self.cause, Cause::Records(error) if error.is_retryable())
    }
}

impl From<StoreError> for GalleryError {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::NotFound => GalleryErrorKind::NotFound,
            StoreErrorKind::IllegalStep => GalleryErrorKind::UnderWay,
            _ => GalleryErrorKind::Records,
        };
        Self {
            kind,
            cause: Cause::Records(error),
        }
    }
}

impl From<GenerateError> for GalleryError {
    fn from(error: GenerateError) -> Self {
        Self {
            kind: GalleryErrorKind::Generation(error.kind()),
            cause: Cause::Generation(error),
        }
    }
}

impl fmt::Display for GalleryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gallery failed: {}", self.kind)
    }
}

impl Error for GalleryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Records(error) => Some(error),
            Cause::Generation(error) => Some(error),
        }
    }
}
