//! A user whom the guard has let in.

use super::users::Profile;
use crate::UserId;
use crate::conversation::language::Language;
use crate::gallery::UtcOffset;

/// A user whom a [`Guard`](super::Guard) has let in. Nothing else makes one.
///
/// Handlers take it, so a handler without a guard before it does not compile:
///
/// ```compile_fail,E0061
/// # use imagen4_domain::conversation::{Conversation, ReplyError, Turn};
/// # async fn unguarded(talk: &Conversation, turn: &Turn) -> Result<(), ReplyError> {
/// talk.menu(turn).await
/// # }
/// ```
///
/// Neither does one with a name that nobody has checked:
///
/// ```compile_fail,E0308
/// # use imagen4_domain::UserId;
/// # use imagen4_domain::conversation::{Conversation, ReplyError, Turn};
/// # async fn unguarded(talk: &Conversation, turn: &Turn, user: &UserId) -> Result<(), ReplyError> {
/// talk.menu(user, turn).await
/// # }
/// ```
///
/// Nor one that is guarded twice over, with a user too many:
///
/// ```compile_fail,E0061
/// # use imagen4_domain::conversation::{AuthenticatedUser, Conversation, ReplyError, Turn};
/// # async fn twice(talk: &Conversation, turn: &Turn, user: &AuthenticatedUser) -> Result<(), ReplyError> {
/// talk.menu(user, user, turn).await
/// # }
/// ```
///
/// Nothing of a gallery is touched without one:
///
/// ```compile_fail,E0061
/// # use imagen4_domain::GenerationId;
/// # use imagen4_domain::conversation::{Conversation, ReplyError, Turn};
/// # async fn unguarded(talk: &Conversation, turn: &Turn, id: GenerationId) -> Result<(), ReplyError> {
/// talk.delete(turn, id).await
/// # }
/// ```
///
/// It cannot be made by hand, nor read from outside:
///
/// ```compile_fail,E0451
/// # use imagen4_domain::conversation::{AuthenticatedUser, Language};
/// # use imagen4_domain::{UserId, UtcOffset};
/// # fn forged(id: UserId) -> AuthenticatedUser {
/// AuthenticatedUser { id, language: Language::English, utc_offset: UtcOffset::UTC }
/// # }
/// ```
///
/// ```compile_fail,E0277
/// # use imagen4_domain::conversation::AuthenticatedUser;
/// # fn forged(json: &str) -> serde_json::Result<AuthenticatedUser> {
/// serde_json::from_str::<AuthenticatedUser>(json)
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedUser {
    id: UserId,
    language: Language,
    utc_offset: UtcOffset,
}

impl AuthenticatedUser {
    /// Returns the user of `profile`, who reads `language` unless the profile says otherwise.
    pub(super) fn new(profile: Profile, language: Language) -> Self {
        Self {
            id: profile.id,
            language: profile.language.unwrap_or(language),
            utc_offset: profile.utc_offset,
        }
    }

    /// Returns who it is.
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// Returns the language to speak.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Returns how far the user's clock is ahead of UTC.
    pub fn utc_offset(&self) -> UtcOffset {
        self.utc_offset
    }
}
