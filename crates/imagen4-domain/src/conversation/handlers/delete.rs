//! Deleting a picture, after a question.

use super::browse::Manner;
use super::filters::filter_of;
use super::menu::QUOTED_CHARS;
use crate::conversation::Conversation;
use crate::conversation::callback::Callback;
use crate::conversation::dialogue::Place;
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, ReplyError};
use crate::conversation::text::shortened;
use crate::conversation::turn::Turn;
use crate::{DeletionReceipt, GalleryErrorKind, GenerationId};

impl Conversation {
    /// Asks whether a picture is really to be deleted.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn ask_delete(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        let item = match self.gallery.item(user.id(), &id).await {
            Ok(item) => item,
            Err(error) => return self.gallery_failed(user, turn, &error).await,
        };
        let prompt = shortened(item.generation.request().prompt().as_str(), QUOTED_CHARS);
        let text = Phrase::ConfirmDelete.text(user.language(), &[("prompt", &prompt)]);
        let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
        let keyboard = Keyboard::new()
            .with_row([(label(Phrase::ToDeleteForGood), Callback::DeleteConfirm(id))])
            .with_row([(label(Phrase::ToReturn), Callback::GalleryReturn(id))]);
        let card = Card::text(text).with_keyboard(keyboard);
        turn.show(card).await.map(drop)
    }

    /// Deletes a picture and shows the one beside it; what could not be deleted is told as such.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn delete(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        let mut dialogue = self.dialogue(user, turn).await;
        let filter = filter_of(user, &dialogue.browsing);
        let beside = self.gallery.neighbours(user.id(), &filter, &id).await;
        let beside = beside
            .ok()
            .and_then(|beside| beside.next.or(beside.previous));
        match self.gallery.delete(user.id(), &id).await {
            Ok(receipt) if receipt.is_deleted() => turn.notice(user, Phrase::Deleted, &[]).await?,
            Ok(receipt) => return turn.show(not_deleted(user, &receipt)).await.map(drop),
            Err(error) if error.kind() == GalleryErrorKind::NotFound => {
                turn.notice(user, Phrase::Gone, &[]).await?;
            }
            Err(error) => return self.gallery_failed(user, turn, &error).await,
        }
        dialogue.browsing.place = beside.map(|id| Place { id, picture: 1 });
        self.browse(user, turn, dialogue, Manner::InPlace).await
    }
}

fn not_deleted(user: &AuthenticatedUser, receipt: &DeletionReceipt) -> Card {
    let failed = receipt.not_deleted().count();
    let text = match failed {
        0 => Phrase::RecordStays.text(user.language(), &[]),
        _ => Phrase::NotDeleted.text(user.language(), &[("failed", &failed.to_string())]),
    };
    let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
    let again = Callback::DeleteConfirm(receipt.id);
    let keyboard = Keyboard::new().with_row([
        (label(Phrase::ToRetryDelete), again),
        (label(Phrase::ToGallery), Callback::Gallery),
    ]);
    Card::text(text).with_keyboard(keyboard)
}
