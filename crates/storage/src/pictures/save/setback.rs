//! Why one attempt did not store a picture, and what follows from it.

use std::time::Duration;

use crate::error::{StorageError, StorageErrorKind};
use crate::name::{NameError, ObjectRef};
use crate::pictures::fetch_error::FetchError;
use crate::pictures::picture::{Fallback, PictureState, RemotePicture, SaveOutcome};

/// Why an attempt did not store the picture.
#[derive(Debug)]
pub(super) enum Setback {
    /// The picture could not be had.
    Fetch(FetchError),
    /// The store failed. What can be repeated with the same bytes is the matter of a layer.
    Store(StorageError),
    /// The store failed in the middle of bytes that are gone; only a new fetch brings them back.
    Stream(StorageError),
    /// Somebody was faster with the same key while we were at it.
    Taken,
    /// The key holds other bytes.
    Conflict(ObjectRef),
    /// There can be no key.
    Name(NameError),
    /// The picture is longer than what was reserved for it, in bytes.
    NeedsRoom(u64),
    /// The time of the save is over.
    TimeIsOver,
}

impl Setback {
    /// Tells whether another attempt may do better.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_retryable(),
            Self::Stream(error) => error.is_retryable(),
            Self::Taken | Self::NeedsRoom(_) => true,
            Self::Store(_) | Self::Conflict(_) | Self::Name(_) | Self::TimeIsOver => false,
        }
    }

    /// Returns the pause that the other side asked for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(error) => error.retry_after(),
            Self::Stream(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Returns where the picture is after this, and what the save did.
    pub(super) fn into_state(self, remote: &RemotePicture) -> (PictureState, SaveOutcome) {
        let reason = self.reason();
        if matches!(&self, Self::Fetch(error) if error.is_final()) {
            return (
                PictureState::Unobtainable { reason },
                SaveOutcome::NotStored,
            );
        }
        let state = PictureState::ProviderFallback(Fallback {
            url: remote.url.clone(),
            dies_at: remote.dies_at,
            reason,
        });
        match self {
            Self::Conflict(object) => (state, SaveOutcome::Conflict { object }),
            _ => (state, SaveOutcome::NotStored),
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Fetch(error) => error.to_string(),
            Self::Store(error) | Self::Stream(error) => error.to_string(),
            Self::Taken => "another save holds the key and did not end".to_owned(),
            Self::Conflict(_) => "conflict".to_owned(),
            Self::Name(error) => error.to_string(),
            Self::NeedsRoom(_) => "no room in memory".to_owned(),
            Self::TimeIsOver => "not saved within the time limit".to_owned(),
        }
    }
}

impl From<FetchError> for Setback {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

impl From<StorageError> for Setback {
    fn from(error: StorageError) -> Self {
        Self::Store(error)
    }
}

impl From<NameError> for Setback {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

/// Tells whether the key was taken.
pub(super) fn is_taken(error: &StorageError) -> bool {
    error.kind() == StorageErrorKind::AlreadyExists
}
