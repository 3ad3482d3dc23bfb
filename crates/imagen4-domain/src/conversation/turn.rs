//! Where the answers to one update go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::guard::AuthenticatedUser;
use super::phrases::{Parts, Phrase};
use super::reply::{Card, Replies, Reply, ReplyError, ReplyErrorKind};
use super::update::{ChatId, Input, MessageId, Update};

/// Where the answers to one update go.
#[derive(Debug, Clone)]
pub struct Turn {
    chat: ChatId,
    /// The message under which the pressed button stands.
    message: Option<MessageId>,
    /// Whether a notice can still be shown: once, after a button.
    takes_notice: Arc<AtomicBool>,
    replies: Arc<dyn Replies>,
}

impl Turn {
    /// Returns the turn of `update`, whose answers go to `replies`.
    pub fn new(update: &Update, replies: Arc<dyn Replies>) -> Self {
        let (message, is_button) = match &update.input {
            Input::Text(_) => (None, false),
            Input::Callback { message, .. } => (*message, true),
        };
        Self {
            chat: update.chat,
            message,
            takes_notice: Arc::new(AtomicBool::new(is_button)),
            replies,
        }
    }

    /// Returns the chat.
    pub fn chat(&self) -> ChatId {
        self.chat
    }

    /// Sends a new message.
    pub(super) async fn send(&self, card: Card) -> Result<Option<MessageId>, ReplyError> {
        self.replies.send(self.chat, Reply::New(card)).await
    }

    /// Lets the message of the pressed button show `card`; where there is none, sends a new one.
    pub(super) async fn show(&self, card: Card) -> Result<Option<MessageId>, ReplyError> {
        match self.message {
            Some(message) => self.edit(message, card).await,
            None => self.send(card).await,
        }
    }

    /// Lets `message` show `card`.
    pub(super) async fn edit(
        &self,
        message: MessageId,
        card: Card,
    ) -> Result<Option<MessageId>, ReplyError> {
        let reply = Reply::Edit { message, card };
        self.replies.send(self.chat, reply).await
    }

    /// Answers a pressed button by a notice, and all else by a message.
    pub(super) async fn notice(
        &self,
        user: &AuthenticatedUser,
        phrase: Phrase,
        parts: Parts<'_>,
    ) -> Result<(), ReplyError> {
        let text = phrase.text(user.language(), parts);
        if !self.takes_notice.swap(false, Ordering::Relaxed) {
            return self.send(Card::text(text)).await.map(drop);
        }
        let (text, alert) = (text.to_plain(), false);
        let reply = Reply::Toast { text, alert };
        self.replies.send(self.chat, reply).await.map(drop)
    }

    /// Lets `message` show `card`, and sends it anew when that does not work.
    pub(super) async fn replace(
        &self,
        message: Option<MessageId>,
        card: Card,
    ) -> Result<(), ReplyError> {
        if let Some(message) = message {
            match self.edit(message, card.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ReplyErrorKind::Blocked => return Err(error),
                Err(error) => tracing::debug!(%error, "a message is sent anew"),
            }
        }
        self.send(card).await.map(drop)
    }

    /// Sends `card`; a picture that cannot be sent is told in its place.
    pub(super) async fn send_card(
        &self,
        user: &AuthenticatedUser,
        card: Card,
    ) -> Result<(), ReplyError> {
        match self.send(card.clone()).await {
            Err(error) if error.kind() == ReplyErrorKind::Picture => {
                tracing::warn!(%error, "a picture is told of in its place");
                self.send(without_picture(user, card)).await.map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Does as [`show`](Self::show); a picture that cannot be shown is told in its place.
    pub(super) async fn show_card(
        &self,
        user: &AuthenticatedUser,
        card: Card,
    ) -> Result<(), ReplyError> {
        match self.show(card.clone()).await {
            Err(error) if error.kind() == ReplyErrorKind::Picture => {
                tracing::warn!(%error, "a picture is told of in its place");
                self.show(without_picture(user, card)).await.map(drop)
            }
            other => other.map(drop),
        }
    }
}

/// Returns the message of the caption alone, with a word on why.
fn without_picture(user: &AuthenticatedUser, card: Card) -> Card {
    let mut text = card.content.text().clone();
    text.append(Phrase::PictureUnsendable.text(user.language(), &[]));
    Card::text(text).with_keyboard(card.keyboard)
}
