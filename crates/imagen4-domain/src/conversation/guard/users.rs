//! The port that knows who a chat user is to us.

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::UserId;
use crate::conversation::language::Language;
use crate::conversation::update::ChatUser;
use crate::gallery::UtcOffset;

/// What is known of somebody who may use the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Their name with us.
    pub id: UserId,
    /// The language that they chose; `None` leaves it to their messenger.
    pub language: Option<Language>,
    /// How far their clock is ahead of UTC.
    pub utc_offset: UtcOffset,
}

impl Profile {
    /// Returns the profile of `id`, in the messenger's language and by UTC.
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            language: None,
            utc_offset: UtcOffset::UTC,
        }
    }

    /// Sets the language that they chose.
    #[must_use]
    pub fn with_language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Sets how far their clock is ahead of UTC.
    #[must_use]
    pub fn with_utc_offset(mut self, offset: UtcOffset) -> Self {
        self.utc_offset = offset;
        self
    }
}

/// Why somebody may not use the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// We don't know them.
    Unknown,
    /// They are shut out.
    Banned,
}

/// What is said of somebody at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// They may come in, as this user.
    Admitted(Profile),
    /// They may not.
    Refused(Refusal),
}

/// It cannot be found out who somebody is; nobody is let in on a guess.
#[derive(Debug, thiserror::Error)]
#[error("the users cannot be asked")]
pub struct UsersError {
    source: Box<dyn Error + Send + Sync>,
}

impl UsersError {
    /// Returns the error with what was the matter.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
        }
    }
}

/// Knows who a chat user is to us, and whether they may use the program.
///
/// # Contract
///
/// - The same person is the same [`UserId`] for ever, and no two persons share one.
/// - Somebody who is shut out is refused from the next call on.
/// - A call may add somebody who is new; it changes nothing else.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Users: Debug + Send + Sync + 'static {
    /// Tells who `who` is, and whether they may come in.
    ///
    /// # Errors
    ///
    /// [`UsersError`] when it cannot be found out; that is no refusal.
    ///
    /// # Cancellation
    ///
    /// Somebody new was perhaps added.
    async fn admit(&self, who: &ChatUser) -> Result<Admission, UsersError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<U: Users + ?Sized> Users for $pointer<U> {
            async fn admit(&self, who: &ChatUser) -> Result<Admission, UsersError> {
                (**self).admit(who).await
            }
        }
    )*};
}

forward!(Arc, Box);
