//! Why an update was not let in.

use std::fmt;

use super::users::{Refusal, UsersError};

/// What kind of rejection it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The person is not known to us.
    Unknown,
    /// The person is shut out.
    Banned,
    /// It could not be found out who it is; the same update may pass later.
    Unavailable,
}

impl fmt::Display for RejectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the person is not known",
            Self::Banned => "the person is shut out",
            Self::Unavailable => "it cannot be found out who it is",
        })
    }
}

/// An update that was not let in; no handler has seen it.
#[derive(Debug, thiserror::Error)]
#[error("an update was not let in: {kind}")]
pub struct Rejection {
    kind: RejectionKind,
    source: Option<UsersError>,
}

impl Rejection {
    pub(super) fn refused(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Unknown => RejectionKind::Unknown,
            Refusal::Banned => RejectionKind::Banned,
        };
        Self { kind, source: None }
    }

    pub(super) fn unavailable(error: UsersError) -> Self {
        Self {
            kind: RejectionKind::Unavailable,
            source: Some(error),
        }
    }

    /// Returns what kind of rejection it was.
    pub fn kind(&self) -> RejectionKind {
        self.kind
    }
}
