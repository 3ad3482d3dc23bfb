//! New pictures: how they are shown, where they stand, and once more.

use crate::GenerationId;
use crate::conversation::Conversation;
use crate::conversation::callback::Callback;
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, PictureHandle, ReplyError};
use crate::conversation::sentences::{moment, state_sentence};
use crate::conversation::text::{Text, shortened};
use crate::conversation::turn::Turn;
use crate::conversation::work::Order;
use crate::generation::{Generation, State};
use crate::picture::{Picture, PictureState};

/// How much of a description stands under a picture; a caption has 1024 UTF-16 units.
pub(super) const CAPTION_CHARS: usize = 240;

impl Conversation {
    /// Tells where a generation stands, and shows its pictures once they are there.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn status(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        let found = match self.library.get(user.id(), &id).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "a generation cannot be read");
                return turn.notice(user, Phrase::TroubleNotice, &[]).await;
            }
        };
        let Some(generation) = found else {
            return turn.notice(user, Phrase::Gone, &[]).await;
        };
        if matches!(generation.state(), State::Completed { .. }) {
            return self.show_pictures(user, turn, &generation).await;
        }
        let begun = moment(user, generation.created_at());
        let text = state_sentence(user, generation.state(), &begun);
        let label = Phrase::ToStatus.plain(user.language(), &[]);
        let again = (!generation.state().is_final()).then_some((label, Callback::Status(id)));
        let card = Card::text(text).with_keyboard(Keyboard::new().with_row(again));
        turn.show(card).await.map(drop)
    }

    /// Makes another picture of what this one was made of, with another seed.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn regenerate(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        self.begin(user, turn, Order::Again(id)).await
    }

    /// Sends each picture of `generation`, which is the user's, as a message of its own.
    pub(in crate::conversation) async fn show_pictures(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        generation: &Generation,
    ) -> Result<(), ReplyError> {
        let mut told = Ok(());
        for picture in generation.pictures() {
            let mut caption = self.caption(user, generation);
            let card = self.picture_card(user, picture, &mut caption);
            let is_last = picture.number == last_number(generation);
            let keyboard = is_last.then(|| below_a_picture(user, generation.id()));
            let card = card.with_keyboard(keyboard.unwrap_or_default());
            // One that does not arrive keeps no other back.
            told = told.and(turn.send_card(user, card).await);
        }
        told
    }

    fn caption(&self, user: &AuthenticatedUser, generation: &Generation) -> Text {
        let request = generation.request();
        let prompt = shortened(request.prompt().as_str(), CAPTION_CHARS);
        let parts = [
            ("prompt", &*prompt),
            ("ratio", &*request.aspect_ratio().to_string()),
            ("model", &*self.title(generation.model_used())),
        ];
        Phrase::Picture.text(user.language(), &parts)
    }

    /// Returns the message of one picture: the picture under `caption`, or why there is none.
    pub(super) fn picture_card(
        &self,
        user: &AuthenticatedUser,
        picture: &Picture,
        caption: &mut Text,
    ) -> Card {
        let language = user.language();
        if let PictureState::Fallback(fallback) = &picture.state {
            let until = moment(user, fallback.dies_at);
            let is_over = self.library.clock().now() >= fallback.dies_at;
            let phrase = if is_over {
                Phrase::FallbackOver
            } else {
                Phrase::OnlyFallback
            };
            caption.append(phrase.text(language, &[("until", &until)]));
            if is_over {
                return Card::text(caption.clone());
            }
        }
        if let Some(handle) = PictureHandle::of(&picture.state) {
            return Card::picture(handle, caption.clone());
        }
        let number = picture.number.to_string();
        Card::text(Phrase::PictureLost.text(language, &[("number", &number)]))
    }
}

fn last_number(generation: &Generation) -> u8 {
    generation.pictures().last().map_or(0, |last| last.number)
}

/// Returns what can be done next with a new picture.
fn below_a_picture(user: &AuthenticatedUser, id: GenerationId) -> Keyboard {
    let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
    Keyboard::new()
        .with_row([
            (label(Phrase::ToRegenerate), Callback::Regenerate(id)),
            (label(Phrase::ToPrompt), Callback::Prompt),
        ])
        .with_row([
            (label(Phrase::ToGallery), Callback::Gallery),
            (label(Phrase::ToMenu), Callback::Menu),
        ])
}
