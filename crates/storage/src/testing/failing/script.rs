//! The script of a failing store: which call fails, how and when.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{StorageError, StorageErrorKind};
use crate::testing::Operation;

/// When a scripted failure happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// Before the store inside is called: nothing happened.
    #[default]
    Before,
    /// After the store inside has done it: it happened, and the caller cannot know.
    After,
}

type Keys = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// One line of the script: which calls fail, and with what.
#[derive(Clone)]
pub struct Failure {
    operation: Operation,
    kind: StorageErrorKind,
    when: When,
    calls: RangeInclusive<u32>,
    keys: Option<Keys>,
    retry_after: Option<Duration>,
}

impl Failure {
    /// Every call of `operation` fails with `kind` before it has an effect.
    pub fn of(operation: Operation, kind: StorageErrorKind) -> Self {
        Self {
            operation,
            kind,
            when: When::Before,
            calls: 1..=u32::MAX,
            keys: None,
            retry_after: None,
        }
    }

    /// Only these calls of the operation fail, counted from 1.
    #[must_use]
    pub fn on_calls(mut self, calls: RangeInclusive<u32>) -> Self {
        self.calls = calls;
        self
    }

    /// Only calls whose key fits fail: the key for put, get, head, delete and `sign_get`, each key of
    /// `delete_many` for itself, the prefix for list, the bucket for `ensure_bucket`.
    #[must_use]
    pub fn on_keys(mut self, keys: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.keys = Some(Arc::new(keys));
        self
    }

    /// The calls fail after their effect instead of before.
    #[must_use]
    pub fn after_the_effect(mut self) -> Self {
        self.when = When::After;
        self
    }

    /// The errors ask for a pause.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Returns when the failure happens.
    pub fn when(&self) -> When {
        self.when
    }

    pub(super) fn concerns(&self, operation: Operation, call: u32, key: &str) -> bool {
        self.operation == operation
            && self.calls.contains(&call)
            && self.keys.as_ref().is_none_or(|keys| keys(key))
    }

    pub(super) fn names_keys(&self) -> bool {
        self.keys.is_some()
    }

    pub(super) fn error(&self, subject: impl fmt::Display) -> StorageError {
        let error = StorageError::new(self.kind, self.operation.as_str(), subject)
            .with_detail("by the script of the test");
        match self.retry_after {
            Some(pause) => error.with_retry_after(pause),
            None => error,
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("operation", &self.operation)
            .field("kind", &self.kind)
            .field("when", &self.when)
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}
