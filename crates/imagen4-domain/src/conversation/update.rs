//! What comes in from a messenger.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::guard::AuthenticatedUser;

/// The name of a chat, as the messenger numbers it; a group's is negative with Telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatId(pub i64);

/// The name of a message within its chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i32);

/// A person as the messenger tells of them; who they are to us, the guard finds out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChatUser {
    /// The messenger's number.
    pub id: i64,
    /// The language of their messenger as an IETF tag, such as `ru` or `en-GB`.
    pub language_tag: Option<String>,
}

impl ChatUser {
    /// Returns the person with this number, whose language is not known.
    pub fn new(id: i64) -> Self {
        Self {
            id,
            language_tag: None,
        }
    }

    /// Sets the language of their messenger.
    #[must_use]
    pub fn with_language_tag(mut self, tag: impl Into<String>) -> Self {
        self.language_tag = Some(tag.into());
        self
    }
}

/// What somebody did. `Debug` hides texts: what people ask for belongs in no log.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// They wrote a message; one that starts with a slash is a command.
    Text(String),
    /// They pressed a button.
    Callback {
        /// What the button gives back.
        data: String,
        /// The message under which it stands; `None` when the messenger no longer tells.
        message: Option<MessageId>,
    },
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
            Self::Callback { message, .. } => write!(f, "Callback({message:?})"),
        }
    }
}

/// One thing that somebody did in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Where.
    pub chat: ChatId,
    /// Who.
    pub from: ChatUser,
    /// What.
    pub input: Input,
}

impl Update {
    /// Returns the update of a message.
    pub fn text(chat: ChatId, from: ChatUser, text: impl Into<String>) -> Self {
        let input = Input::Text(text.into());
        Self { chat, from, input }
    }

    /// Returns the update of a pressed button under `message`.
    pub fn callback(
        chat: ChatId,
        from: ChatUser,
        data: impl Into<String>,
        message: Option<MessageId>,
    ) -> Self {
        let data = data.into();
        let input = Input::Callback { data, message };
        Self { chat, from, input }
    }
}

/// An update on its way to a handler, with the user once a guard has let it in.
///
/// Whoever holds one cannot change who it comes from.
#[derive(Debug, Clone)]
pub struct Incoming {
    update: Update,
    user: Option<AuthenticatedUser>,
}

impl Incoming {
    pub(super) fn admitted(update: Update, user: AuthenticatedUser) -> Self {
        let user = Some(user);
        Self { update, user }
    }

    /// Returns the update.
    pub fn update(&self) -> &Update {
        &self.update
    }

    /// Returns the user, once a guard has let the update in.
    pub fn user(&self) -> Option<&AuthenticatedUser> {
        self.user.as_ref()
    }

    pub(super) fn into_parts(self) -> (Update, Option<AuthenticatedUser>) {
        (self.update, self.user)
    }
}

impl From<Update> for Incoming {
    fn from(update: Update) -> Self {
        Self { update, user: None }
    }
}
