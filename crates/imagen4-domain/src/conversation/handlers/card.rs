//! One card of the gallery: a picture with what is known of it and what can be done next.

use super::filters::{days_label, kind_label};
use super::pictures::CAPTION_CHARS;
use crate::conversation::Conversation;
use crate::conversation::callback::{Callback, DateChoice, KindChoice};
use crate::conversation::dialogue::{Browsing, Place};
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::Card;
use crate::conversation::sentences::moment;
use crate::conversation::text::{Text, shortened};
use crate::{GalleryItem, Neighbours};

impl Conversation {
    /// Returns the card of the picture at `place`.
    pub(super) fn card_of(
        &self,
        user: &AuthenticatedUser,
        browsing: &Browsing,
        place: Place,
        item: &GalleryItem,
        beside: &Neighbours,
    ) -> Card {
        let mut caption = self.gallery_caption(user, browsing, place, item, beside);
        let pictures = item.generation.pictures();
        let picture = pictures.get(usize::from(place.picture.saturating_sub(1)));
        let card = match picture {
            Some(picture) => self.picture_card(user, picture, &mut caption),
            None => Card::text(caption),
        };
        card.with_keyboard(below_a_card(user, place, item, beside))
    }

    fn gallery_caption(
        &self,
        user: &AuthenticatedUser,
        browsing: &Browsing,
        place: Place,
        item: &GalleryItem,
        beside: &Neighbours,
    ) -> Text {
        let (language, request) = (user.language(), item.generation.request());
        let parts = [
            ("position", &*figure(beside.position)),
            ("total", &*figure(beside.total)),
            (
                "prompt",
                &*shortened(request.prompt().as_str(), CAPTION_CHARS),
            ),
            ("ratio", &*request.aspect_ratio().to_string()),
            ("model", &*self.title(item.generation.model_used())),
            ("at", &*moment(user, item.generation.created_at())),
        ];
        let mut caption = Phrase::Card.text(language, &parts);
        if count(item) > 1 {
            let (number, count) = (place.picture.to_string(), count(item).to_string());
            let parts = [("number", &*number), ("count", &*count)];
            caption.append(Phrase::CardPart.text(language, &parts));
        }
        if has_filters(browsing) {
            let (kind, days) = (
                kind_label(user, browsing.kind),
                days_label(user, browsing.days),
            );
            let parts = [("kind", &*kind), ("days", &*days)];
            caption.append(Phrase::CardFilters.text(language, &parts));
        }
        caption
    }
}

/// Returns how many pictures the generation has.
pub(super) fn count(item: &GalleryItem) -> u8 {
    u8::try_from(item.generation.pictures().len()).unwrap_or(u8::MAX)
}

fn figure(number: Option<u32>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| number.to_string())
}

fn has_filters(browsing: &Browsing) -> bool {
    browsing.kind != KindChoice::All || browsing.days != DateChoice::All
}

/// Returns the card of a gallery in which the filters leave nothing.
pub(super) fn empty(user: &AuthenticatedUser, browsing: &Browsing) -> Card {
    let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
    if has_filters(browsing) {
        let (kind, days) = (
            kind_label(user, browsing.kind),
            days_label(user, browsing.days),
        );
        let parts = [("kind", &*kind), ("days", &*days)];
        let keyboard = Keyboard::new().with_row([
            (label(Phrase::ToReset), Callback::ResetFilters),
            (label(Phrase::ToFilters), Callback::Filters),
        ]);
        let text = Phrase::NothingFiltered.text(user.language(), &parts);
        return Card::text(text).with_keyboard(keyboard);
    }
    let keyboard = Keyboard::new().with_row([
        (label(Phrase::ToPrompt), Callback::Prompt),
        (label(Phrase::ToMenu), Callback::Menu),
    ]);
    Card::text(Phrase::EmptyGallery.text(user.language(), &[])).with_keyboard(keyboard)
}

/// Returns what can be done from a card.
fn below_a_card(
    user: &AuthenticatedUser,
    place: Place,
    item: &GalleryItem,
    beside: &Neighbours,
) -> Keyboard {
    let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
    let id = place.id;
    let newer = (place.picture > 1 || beside.previous.is_some())
        .then(|| (label(Phrase::ToPrev), Callback::GalleryPrev));
    let older = (place.picture < count(item) || beside.next.is_some())
        .then(|| (label(Phrase::ToNext), Callback::GalleryNext));
    let favourite = if item.favourite {
        Phrase::FromFavourite
    } else {
        Phrase::ToFavourite
    };
    Keyboard::new()
        .with_row(newer.into_iter().chain(older))
        .with_row([
            (label(favourite), Callback::Favourite(id)),
            (label(Phrase::ToRegenerate), Callback::GalleryRegenerate(id)),
        ])
        .with_row([
            (label(Phrase::ToFullPrompt), Callback::FullPrompt(id)),
            (label(Phrase::ToDelete), Callback::Delete(id)),
        ])
        .with_row([
            (label(Phrase::ToFilters), Callback::Filters),
            (label(Phrase::ToStats), Callback::Stats),
        ])
        .with_row([(label(Phrase::ToMenu), Callback::Menu)])
}

/// Returns the button back to a picture, or to the gallery's first one.
pub(super) fn back_to(user: &AuthenticatedUser, place: Option<Place>) -> (String, Callback) {
    let label = Phrase::ToReturn.plain(user.language(), &[]);
    let callback = place.map_or(Callback::Gallery, |place| Callback::GalleryReturn(place.id));
    (label, callback)
}
