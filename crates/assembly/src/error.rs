//! Why the parts could not be put together.

use std::error::Error;
use std::fmt;

/// What a part failed with.
pub(crate) type Cause = Box<dyn Error + Send + Sync + 'static>;

/// A part that cannot be used.
///
/// Nothing was paid and nothing was stored.
#[derive(Debug, thiserror::Error)]
#[error("{part} cannot be used")]
pub struct AssemblyError {
    part: Part,
    #[source]
    cause: Cause,
}

impl AssemblyError {
    pub(crate) fn new(part: Part, cause: impl Into<Cause>) -> Self {
        Self {
            part,
            cause: cause.into(),
        }
    }

    /// Returns the part that cannot be used.
    pub fn part(&self) -> Part {
        self.part
    }
}

/// A part that depends on something outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The object store, its buckets and its embedded endpoint.
    ObjectStore,
    /// The download of pictures.
    Download,
    /// The cache.
    Cache,
    /// FAL, or its simulator.
    Fal,
    /// The record store.
    Records,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ObjectStore => "the object store",
            Self::Download => "the download of pictures",
            Self::Cache => "the cache",
            Self::Fal => "FAL",
            Self::Records => "the record store",
        })
    }
}
