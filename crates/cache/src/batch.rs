//! The port of changes that happen together.

use std::collections::HashSet;
use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{CacheError, CacheErrorKind, CacheKey, ListLimits, MAX_VALUE_BYTES, Ttl};

/// One change of a batch; it does what the method of the same name does on its port.
///
/// `Debug` shows the name and the key, never a value or an id.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// [`Cache::set`](crate::Cache::set).
    Set {
        /// Where the value is to stand.
        key: CacheKey,
        /// The value.
        value: Bytes,
        /// Its life.
        ttl: Ttl,
    },
    /// [`Cache::delete`](crate::Cache::delete).
    Delete {
        /// What is removed.
        key: CacheKey,
    },
    /// [`Cache::bump`](crate::Cache::bump).
    Bump {
        /// The version.
        key: CacheKey,
        /// Its life from now.
        ttl: Ttl,
    },
    /// [`RecentList::push`](crate::RecentList::push).
    Push {
        /// The list.
        key: CacheKey,
        /// What is put first.
        id: String,
        /// How long the list may get and lives.
        limits: ListLimits,
    },
    /// [`RecentList::remove`](crate::RecentList::remove).
    Remove {
        /// The list.
        key: CacheKey,
        /// What is taken out.
        id: String,
        /// How long the list may get and lives.
        limits: ListLimits,
    },
    /// [`RecentList::forget`](crate::RecentList::forget).
    Forget {
        /// The list.
        key: CacheKey,
    },
}

impl Step {
    /// Returns the key that the step changes.
    pub fn key(&self) -> &CacheKey {
        match self {
            Self::Set { key, .. }
            | Self::Delete { key }
            | Self::Bump { key, .. }
            | Self::Push { key, .. }
            | Self::Remove { key, .. }
            | Self::Forget { key } => key,
        }
    }

    /// Returns the name of the step: that of the method that does it alone.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Set { .. } => "set",
            Self::Delete { .. } => "delete",
            Self::Bump { .. } => "bump",
            Self::Push { .. } => "push",
            Self::Remove { .. } => "remove",
            Self::Forget { .. } => "forget",
        }
    }
}

impl Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({} {})", self.as_str(), self.key())
    }
}

/// Changes of several keys that happen as one.
///
/// The contract, which the conformance suite of the feature `testing` checks for any adapter:
///
/// - **All or nothing.** What is refused, for a wrong type, a value that is too large or a key that stands in two
///   steps, is refused before the first change.
/// - **No reader sees old beside new.** Whoever read the new state of one key never reads the old state of another
///   afterwards. In memory, on one server and with Sentinels the batch is one moment. On a Cluster, whose keys lie
///   on different servers, there are moments between: a reader sees old states and misses, later new states and
///   misses, and a batch that is cut off leaves one of the two.
/// - **It may be repeated without harm**, as each of its steps may. Adapters do so when a connection breaks.
/// - **Each call is bounded in time** by the adapter's limit.
///
/// A raised version counts as a miss of all that was kept under the one before.
/// Clones share; a call fails with `Closed` after the shutdown of the cache that it belongs to.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Batch: Debug + Send + Sync + 'static {
    /// Does all `steps`, which name each key once; a batch without steps does nothing.
    ///
    /// A push or a remove of a cold list leaves it cold, and is no failure.
    ///
    /// # Errors
    ///
    /// `Misused` when a key stands in two steps, holds a byte value where a list is to be changed, or something else
    /// than a version where one is raised; `TooLarge` when a value has more than [`MAX_VALUE_BYTES`]; see
    /// [`CacheErrorKind`] for the others. After those that are not about a refusal the batch is done or not.
    ///
    /// # Cancellation
    ///
    /// All of it happened or nothing; on a Cluster some keys may be a miss.
    async fn apply(&self, steps: &[Step]) -> Result<(), CacheError>;
}

/// Refuses what no adapter does, before anything is changed.
pub(crate) fn refuse(steps: &[Step]) -> Result<(), CacheError> {
    let mut seen = HashSet::with_capacity(steps.len());
    for step in steps {
        let is_too_large = matches!(step, Step::Set { value, .. } if value.len() > MAX_VALUE_BYTES);
        let kind = match (seen.insert(step.key()), is_too_large) {
            (false, _) => CacheErrorKind::Misused,
            (true, true) => CacheErrorKind::TooLarge,
            (true, false) => continue,
        };
        return Err(CacheError::new(kind, "apply").with_key(step.key()));
    }
    Ok(())
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<B: Batch + ?Sized> Batch for $pointer<B> {
            async fn apply(&self, steps: &[Step]) -> Result<(), CacheError> {
                (**self).apply(steps).await
            }
        }
    )*};
}

forward!(Arc, Box);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_shows_its_name_and_key_and_no_value() {
        let step = Step::Set {
            key: CacheKey::new("key").unwrap(),
            value: "canary".into(),
            ttl: Ttl::MAX,
        };
        assert_eq!(format!("{step:?}"), "Step(set key)");
    }
}
