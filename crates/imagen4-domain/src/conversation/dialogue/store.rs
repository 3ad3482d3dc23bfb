//! The port that keeps dialogues, with its contract.

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Dialogue;
use crate::UserId;

/// How long a dialogue is kept after its last change.
pub const DIALOGUE_LIFE: Duration = Duration::from_hours(1);

/// A dialogue that could not be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("the dialogue could not be {verb}")]
pub struct DialogueError {
    verb: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl DialogueError {
    /// Returns the error of a read.
    pub fn read(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        Self {
            verb: "read",
            source,
        }
    }

    /// Returns the error of a write; perhaps it happened.
    pub fn kept(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        Self {
            verb: "kept",
            source,
        }
    }
}

/// Keeps where the dialogue with each user stands.
///
/// # Contract
///
/// - **One for each user**: a later one replaces the earlier one; other users' are not touched.
/// - **Life**: it is gone [`DIALOGUE_LIFE`] after it was last kept.
/// - **Read after write**: what was kept is what the next read of any holder gives.
/// - **Loss** is allowed: a dialogue that is gone is `None`, and the user begins anew. What cannot be read, such as
///   the form of another version, is gone too.
/// - **Repeats** are safe.
/// - **Clones** of a handle (`Arc`) share the store.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait DialogueStore: Debug + Send + Sync + 'static {
    /// Returns the dialogue with `user`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`DialogueError`] when it cannot be found out.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn load(&self, user: &UserId) -> Result<Option<Dialogue>, DialogueError>;

    /// Keeps the dialogue with `user`.
    ///
    /// # Errors
    ///
    /// [`DialogueError`]; perhaps it is kept.
    ///
    /// # Cancellation
    ///
    /// It is kept or not.
    async fn save(&self, user: &UserId, dialogue: &Dialogue) -> Result<(), DialogueError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<S: DialogueStore + ?Sized> DialogueStore for $pointer<S> {
            async fn load(&self, user: &UserId) -> Result<Option<Dialogue>, DialogueError> {
                (**self).load(user).await
            }

            async fn save(&self, user: &UserId, dialogue: &Dialogue) -> Result<(), DialogueError> {
                (**self).save(user, dialogue).await
            }
        }
    )*};
}

forward!(Arc, Box);
