//! From an update to its handler.

mod browse;
mod card;
mod days;
mod delete;
mod filters;
mod menu;
mod pictures;

use std::sync::Arc;

use super::Conversation;
use super::callback::{Callback, DateButton};
use super::dialogue::{Dialogue, DialogueStore};
use super::guard::{AuthenticatedUser, Rejection, RejectionKind};
use super::language::Language;
use super::phrases::Phrase;
use super::registry::Handler;
use super::reply::{Card, Replies, ReplyError};
use super::turn::Turn;
use super::update::{Incoming, Input};

/// Why an update was not answered by a handler.
enum Unanswered {
    Rejected(Rejection),
    Reply(ReplyError),
}

impl From<Rejection> for Unanswered {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<ReplyError> for Unanswered {
    fn from(error: ReplyError) -> Self {
        Self::Reply(error)
    }
}

impl Conversation {
    /// Answers one update through `replies`; who it comes from is asked once, here or by a guard before.
    ///
    /// It returns once the update is answered; a picture that it asks for is made afterwards, and told through the
    /// same `replies`.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] when an answer did not arrive, so that nobody can tell the user.
    ///
    /// # Cancellation
    ///
    /// The update is perhaps half answered; a picture that was begun is made.
    #[tracing::instrument(name = "conversation.handle", level = "debug", skip_all)]
    pub async fn handle(
        &self,
        incoming: impl Into<Incoming>,
        replies: Arc<dyn Replies>,
    ) -> Result<(), ReplyError> {
        let incoming = incoming.into();
        let turn = Turn::new(incoming.update(), replies);
        let tag = incoming.update().from.language_tag.clone();
        let handler = async |user: AuthenticatedUser, incoming: Incoming| {
            let input = &incoming.update().input;
            self.route(&user, &turn, input)
                .await
                .map_err(Unanswered::from)
        };
        match self.guard.run(incoming, handler).await {
            Ok(()) => Ok(()),
            Err(Unanswered::Reply(error)) => Err(error),
            Err(Unanswered::Rejected(rejection)) => {
                turn_away(&turn, Language::of_tag(tag.as_deref()), &rejection).await
            }
        }
    }

    async fn route(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        input: &Input,
    ) -> Result<(), ReplyError> {
        match input {
            Input::Callback { data, .. } => match self.registry.callback(data) {
                Some((handler, argument)) => self.call(handler, argument, user, turn).await,
                None => turn.notice(user, Phrase::OldButton, &[]).await,
            },
            Input::Text(text) => {
                if let Some(command) = text.strip_prefix('/') {
                    return self.command(command, user, turn).await;
                }
                let step = self.dialogue(user, turn).await.step.name();
                let handler = self.registry.text(step).unwrap_or(Handler::Hint);
                self.call(handler, text, user, turn).await
            }
        }
    }

    /// Answers a command such as `start`, `start@our_bot` or `start with words`.
    async fn command(
        &self,
        command: &str,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        let word = command
            .split(|c: char| c == '@' || c.is_whitespace())
            .next()
            .unwrap_or_default();
        match self.registry.command(word) {
            Some(handler) => self.call(handler, "", user, turn).await,
            None => self.hint(user, turn, Phrase::UnknownCommand).await,
        }
    }

    async fn call(
        &self,
        handler: Handler,
        text: &str,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        match handler {
            Handler::Callback(name) => match name.with(text) {
                Some(callback) => self.press(callback, user, turn).await,
                None => turn.notice(user, Phrase::OldButton, &[]).await,
            },
            Handler::Menu => self.menu(user, turn).await,
            Handler::Gallery => self.gallery(user, turn).await,
            Handler::Cancel => self.cancel(user, turn).await,
            Handler::TakeDays => self.take_days(user, turn, text).await,
            Handler::TakePrompt => self.take_prompt(user, turn, text).await,
            Handler::Hint => self.hint(user, turn, Phrase::Hint).await,
        }
    }

    /// Returns where the dialogue with `user` stands in this chat.
    async fn dialogue(&self, user: &AuthenticatedUser, turn: &Turn) -> Dialogue {
        let kept = self.dialogues.load(user.id()).await;
        let kept = kept.ok().flatten();
        let here = kept.filter(|dialogue| dialogue.chat == turn.chat());
        here.unwrap_or_else(|| Dialogue::new(turn.chat()))
    }

    /// Keeps where the dialogue stands; the layer below answers no call with an error.
    async fn keep(&self, user: &AuthenticatedUser, dialogue: &Dialogue) {
        if let Err(error) = self.dialogues.save(user.id(), dialogue).await {
            tracing::warn!(%error, "a dialogue is not kept");
        }
    }

    async fn press(
        &self,
        callback: Callback,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        match callback {
            Callback::Menu => self.menu(user, turn).await,
            Callback::Prompt => self.ask_prompt(user, turn).await,
            Callback::AspectRatio(ratio) => self.choose_ratio(user, turn, ratio).await,
            Callback::Regenerate(id) | Callback::GalleryRegenerate(id) => {
                self.regenerate(user, turn, id).await
            }
            Callback::Status(id) => self.status(user, turn, id).await,
            Callback::Gallery => self.gallery(user, turn).await,
            Callback::GalleryReturn(id) => self.gallery_return(user, turn, id).await,
            Callback::GalleryPrev => self.gallery_newer(user, turn).await,
            Callback::GalleryNext => self.gallery_older(user, turn).await,
            Callback::FullPrompt(id) => self.full_prompt(user, turn, id).await,
            Callback::Favourite(id) => self.favourite(user, turn, id).await,
            Callback::Delete(id) => self.ask_delete(user, turn, id).await,
            Callback::DeleteConfirm(id) => self.delete(user, turn, id).await,
            Callback::Filters => self.filters(user, turn).await,
            Callback::Type(kind) => self.filter_kind(user, turn, kind).await,
            Callback::Date(DateButton::Choice(days)) => self.filter_days(user, turn, days).await,
            Callback::Date(DateButton::Choose) => self.ask_days(user, turn).await,
            Callback::ResetFilters => self.reset_filters(user, turn).await,
            Callback::Stats => self.stats(user, turn).await,
        }
    }
}

/// Tells somebody who is not let in.
async fn turn_away(
    turn: &Turn,
    language: Language,
    rejection: &Rejection,
) -> Result<(), ReplyError> {
    let phrase = match rejection.kind() {
        RejectionKind::Unknown => Phrase::Stranger,
        RejectionKind::Banned => Phrase::Banned,
        RejectionKind::Unavailable => {
            let cause = std::error::Error::source(rejection).map(ToString::to_string);
            tracing::warn!(error = %rejection, cause, "an update is not answered");
            Phrase::DoorStuck
        }
    };
    turn.send(Card::text(phrase.text(language, &[])))
        .await
        .map(drop)
}
