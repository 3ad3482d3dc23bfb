//! The gallery's filters and its figures.

use super::browse::Manner;
use super::card::back_to;
use crate::conversation::Conversation;
use crate::conversation::callback::{Callback, DateButton, DateChoice, KindChoice};
use crate::conversation::dialogue::Browsing;
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, ReplyError};
use crate::conversation::sentences::moment;
use crate::conversation::text::Text;
use crate::conversation::turn::Turn;
use crate::{Days, GalleryFilter, GalleryKind, GalleryStats};

/// The days that have a button, in their order.
const DAYS: [DateChoice; 5] = [
    DateChoice::All,
    DateChoice::Days(Days::Today),
    DateChoice::Days(Days::Yesterday),
    DateChoice::Days(Days::Week),
    DateChoice::Days(Days::Month),
];

impl Conversation {
    /// Offers the filters.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn filters(&self, user: &AuthenticatedUser, turn: &Turn) -> Result<(), ReplyError> {
        let browsing = self.dialogue(user, turn).await.browsing;
        let (kind, days) = (
            kind_label(user, browsing.kind),
            days_label(user, browsing.days),
        );
        let parts = [("kind", &*kind), ("days", &*days)];
        let text = Phrase::Filters.text(user.language(), &parts);
        let card = Card::text(text).with_keyboard(choices(user, &browsing));
        turn.show(card).await.map(drop)
    }

    /// Shows pictures of one kind only.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn filter_kind(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        kind: KindChoice,
    ) -> Result<(), ReplyError> {
        self.refilter(user, turn, |browsing| browsing.kind = kind)
            .await
    }

    /// Shows pictures of some days only.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn filter_days(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        days: DateChoice,
    ) -> Result<(), ReplyError> {
        self.refilter(user, turn, |browsing| browsing.days = days)
            .await
    }

    /// Shows all pictures again.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn reset_filters(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        self.refilter(user, turn, |browsing| *browsing = Browsing::default())
            .await
    }

    /// Shows the figures.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn stats(&self, user: &AuthenticatedUser, turn: &Turn) -> Result<(), ReplyError> {
        let stats = match self.gallery.stats(user.id(), user.utc_offset()).await {
            Ok(stats) => stats,
            Err(error) => return self.gallery_failed(user, turn, &error).await,
        };
        let place = self.dialogue(user, turn).await.browsing.place;
        let back = Keyboard::new().with_row([back_to(user, place)]);
        let card = Card::text(figures(user, &stats)).with_keyboard(back);
        turn.show(card).await.map(drop)
    }

    /// Changes the filters, and shows the newest picture that they let through.
    async fn refilter(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        change: impl FnOnce(&mut Browsing),
    ) -> Result<(), ReplyError> {
        let mut dialogue = self.dialogue(user, turn).await;
        change(&mut dialogue.browsing);
        dialogue.browsing.place = None;
        self.browse(user, turn, dialogue, Manner::InPlace).await
    }
}

/// Returns the filter of a gallery where the user is now.
pub(super) fn filter_of(user: &AuthenticatedUser, browsing: &Browsing) -> GalleryFilter {
    let filter = match browsing.kind {
        KindChoice::All => GalleryFilter::new(),
        KindChoice::Favourites => GalleryFilter::new().with_favourites(true),
        KindChoice::Kind(kind) => GalleryFilter::new().with_kind(kind),
    };
    match browsing.days {
        DateChoice::All => filter,
        DateChoice::Days(days) => filter.with_days(days, user.utc_offset()),
    }
}

pub(super) fn kind_label(user: &AuthenticatedUser, kind: KindChoice) -> String {
    let phrase = match kind {
        KindChoice::All => Phrase::AllKinds,
        KindChoice::Favourites => Phrase::Favourites,
        KindChoice::Kind(GalleryKind::Imagen4) => Phrase::Imagen4,
        KindChoice::Kind(GalleryKind::Generated) => Phrase::OtherModels,
    };
    phrase.plain(user.language(), &[])
}

pub(super) fn days_label(user: &AuthenticatedUser, days: DateChoice) -> String {
    let phrase = match days {
        DateChoice::All => Phrase::AllDays,
        DateChoice::Days(Days::Today) => Phrase::Today,
        DateChoice::Days(Days::Yesterday) => Phrase::Yesterday,
        DateChoice::Days(Days::Week) => Phrase::Week,
        DateChoice::Days(Days::Month) => Phrase::Month,
        DateChoice::Days(Days::Range(range)) => {
            return format!("{} – {}", range.first(), range.last());
        }
    };
    phrase.plain(user.language(), &[])
}

fn choices(user: &AuthenticatedUser, browsing: &Browsing) -> Keyboard {
    let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
    let kind = |kind: KindChoice| {
        let label = marked(kind_label(user, kind), kind == browsing.kind);
        (label, Callback::Type(kind))
    };
    let days = |days: DateChoice| {
        let label = marked(days_label(user, days), days == browsing.days);
        (label, Callback::Date(DateButton::Choice(days)))
    };
    let kinds = KindChoice::ALL.chunks(2);
    let keyboard = kinds.fold(Keyboard::new(), |keyboard, row| {
        keyboard.with_row(row.iter().map(|&one| kind(one)))
    });
    let keyboard = DAYS.chunks(3).fold(keyboard, |keyboard, row| {
        keyboard.with_row(row.iter().map(|&one| days(one)))
    });
    let own = Callback::Date(DateButton::Choose);
    keyboard
        .with_row([
            (label(Phrase::ChooseDays), own),
            (label(Phrase::ToReset), Callback::ResetFilters),
        ])
        .with_row([back_to(user, browsing.place)])
}

fn marked(label: String, is_chosen: bool) -> String {
    if is_chosen {
        format!("✓ {label}")
    } else {
        label
    }
}

fn figures(user: &AuthenticatedUser, stats: &GalleryStats) -> Text {
    let nothing = || Phrase::Nothing.plain(user.language(), &[]);
    let last = stats.last.map_or_else(nothing, |at| moment(user, at));
    let hour = stats
        .busiest_hour
        .map_or_else(nothing, |hour| format!("{hour:02}:00–{hour:02}:59"));
    let parts = [
        ("total", &*stats.total.to_string()),
        ("favourites", &*stats.favourites.to_string()),
        ("month", &*stats.last_30_days.to_string()),
        ("credits", &*stats.credits.to_string()),
        ("last", &*last),
        ("hour", &*hour),
    ];
    Phrase::Stats.text(user.language(), &parts)
}
