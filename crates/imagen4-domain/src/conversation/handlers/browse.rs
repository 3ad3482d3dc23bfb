//! The gallery: one picture after the other.

use super::card::{count, empty};
use super::filters::filter_of;
use crate::conversation::Conversation;
use crate::conversation::callback::Callback;
use crate::conversation::dialogue::{Browsing, Dialogue, Place};
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, ReplyError};
use crate::conversation::sentences::trouble;
use crate::conversation::turn::Turn;
use crate::{GalleryError, GalleryErrorKind, GalleryItem, GenerationId};

/// How a card of the gallery comes into the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As a new message.
    New,
    /// In the message of the pressed button.
    InPlace,
}

/// A direction in the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Newer,
    Older,
}

impl Conversation {
    /// Shows the newest picture that the filters let through, as a new message.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn gallery(&self, user: &AuthenticatedUser, turn: &Turn) -> Result<(), ReplyError> {
        let mut dialogue = self.dialogue(user, turn).await;
        dialogue.browsing.place = None;
        self.browse(user, turn, dialogue, Manner::New).await
    }

    /// Goes back to a picture of the gallery.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn gallery_return(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        let mut dialogue = self.dialogue(user, turn).await;
        let here = dialogue.browsing.place.filter(|place| place.id == id);
        dialogue.browsing.place = Some(here.unwrap_or(Place { id, picture: 1 }));
        self.browse(user, turn, dialogue, Manner::InPlace).await
    }

    /// Goes to the next newer picture.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn gallery_newer(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        self.go(user, turn, Direction::Newer).await
    }

    /// Goes to the next older picture.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn gallery_older(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        self.go(user, turn, Direction::Older).await
    }

    /// Shows the whole description of a picture.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn full_prompt(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        let item = match self.gallery.item(user.id(), &id).await {
            Ok(item) => item,
            Err(error) => return self.gallery_failed(user, turn, &error).await,
        };
        let prompt = item.generation.request().prompt().as_str();
        let text = Phrase::FullPrompt.text(user.language(), &[("prompt", prompt)]);
        let label = Phrase::ToReturn.plain(user.language(), &[]);
        let back = Keyboard::new().with_row([(label, Callback::GalleryReturn(id))]);
        let card = Card::text(text).with_keyboard(back);
        turn.show(card).await.map(drop)
    }

    /// Makes a picture a favourite, or no longer one.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn favourite(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        id: GenerationId,
    ) -> Result<(), ReplyError> {
        let phrase = match self.toggle_favourite(user, &id).await {
            Ok(true) => Phrase::NowFavourite,
            Ok(false) => Phrase::NoFavourite,
            Err(error) => return self.gallery_failed(user, turn, &error).await,
        };
        turn.notice(user, phrase, &[]).await?;
        self.gallery_return(user, turn, id).await
    }

    async fn toggle_favourite(
        &self,
        user: &AuthenticatedUser,
        id: &GenerationId,
    ) -> Result<bool, GalleryError> {
        let favourite = !self.gallery.item(user.id(), id).await?.favourite;
        let set = self.gallery.set_favourite(user.id(), id, favourite);
        set.await.map(|()| favourite)
    }

    async fn go(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        direction: Direction,
    ) -> Result<(), ReplyError> {
        let mut dialogue = self.dialogue(user, turn).await;
        if let Some(place) = dialogue.browsing.place {
            match self
                .beside(user, &dialogue.browsing, place, direction)
                .await
            {
                Ok(Some(place)) => dialogue.browsing.place = Some(place),
                Ok(None) => {
                    let end = match direction {
                        Direction::Newer => Phrase::First,
                        Direction::Older => Phrase::Last,
                    };
                    return turn.notice(user, end, &[]).await;
                }
                // It was deleted meanwhile, so the gallery begins anew.
                Err(error) if error.kind() == GalleryErrorKind::NotFound => {
                    dialogue.browsing.place = None;
                }
                Err(error) => return self.gallery_failed(user, turn, &error).await,
            }
        }
        self.browse(user, turn, dialogue, Manner::InPlace).await
    }

    /// Returns the picture beside `place`: of the same generation, or of the next one.
    async fn beside(
        &self,
        user: &AuthenticatedUser,
        browsing: &Browsing,
        place: Place,
        direction: Direction,
    ) -> Result<Option<Place>, GalleryError> {
        let Place { id, picture } = place;
        let item = self.gallery.item(user.id(), &id).await?;
        let within = match direction {
            Direction::Newer => picture.checked_sub(1).filter(|number| *number > 0),
            Direction::Older => Some(picture + 1).filter(|number| *number <= count(&item)),
        };
        if let Some(picture) = within {
            return Ok(Some(Place { id, picture }));
        }
        let filter = filter_of(user, browsing);
        let beside = self.gallery.neighbours(user.id(), &filter, &id).await?;
        Ok(match direction {
            // From the other side, the last picture of a generation comes first.
            Direction::Newer => beside.previous.map(|id| Place {
                id,
                picture: u8::MAX,
            }),
            Direction::Older => beside.next.map(|id| Place { id, picture: 1 }),
        })
    }

    /// Shows the picture at the dialogue's place, or the newest one when there is none there, and keeps the place.
    pub(super) async fn browse(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        mut dialogue: Dialogue,
        manner: Manner,
    ) -> Result<(), ReplyError> {
        let card = match self.card(user, &mut dialogue.browsing).await {
            Ok(card) => card,
            Err(error) => return self.gallery_failed(user, turn, &error).await,
        };
        self.keep(user, &dialogue).await;
        match manner {
            Manner::New => turn.send_card(user, card).await,
            Manner::InPlace => turn.show_card(user, card).await,
        }
    }

    async fn card(
        &self,
        user: &AuthenticatedUser,
        browsing: &mut Browsing,
    ) -> Result<Card, GalleryError> {
        let filter = filter_of(user, browsing);
        let mut item = self.at_place(user, browsing.place).await?;
        if item.is_none() {
            browsing.place = None;
            let page = self.gallery.page(user.id(), &filter, None, 1).await?;
            item = page.items.into_iter().next();
        }
        let Some(item) = item else {
            return Ok(empty(user, browsing));
        };
        let number = browsing.place.map_or(1, |place| place.picture);
        let place = Place {
            id: item.id(),
            picture: number.clamp(1, count(&item)),
        };
        browsing.place = Some(place);
        let beside = self
            .gallery
            .neighbours(user.id(), &filter, &place.id)
            .await?;
        Ok(self.card_of(user, browsing, place, &item, &beside))
    }

    /// Returns what is at `place`; `None` when nothing with pictures is.
    async fn at_place(
        &self,
        user: &AuthenticatedUser,
        place: Option<Place>,
    ) -> Result<Option<GalleryItem>, GalleryError> {
        let Some(Place { id, .. }) = place else {
            return Ok(None);
        };
        match self.gallery.item(user.id(), &id).await {
            Ok(item) => Ok(Some(item).filter(|item| count(item) > 0)),
            Err(error) if error.kind() == GalleryErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells that the gallery failed.
    pub(super) async fn gallery_failed(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        error: &GalleryError,
    ) -> Result<(), ReplyError> {
        if error.kind() == GalleryErrorKind::Records {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%error, cause, "a gallery is not shown");
        }
        turn.notice(user, trouble(error.kind()), &[]).await
    }
}
