//! What goes out to a messenger.

mod error;
mod port;

use super::keyboard::Keyboard;
use super::text::Text;
use super::update::MessageId;
use crate::picture::{Fallback, PictureState, StoredPicture};

pub use error::{ReplyError, ReplyErrorKind};
#[cfg(feature = "testing")]
pub use port::MockReplies;
pub use port::Replies;

/// From where the transport opens a picture: never a link of ours, which would die inside the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureHandle {
    /// In our store, opened by its `ObjectRef`.
    Stored(StoredPicture),
    /// With the provider, fetched by its link through the guarded source while the link lives.
    Fallback(Fallback),
}

impl PictureHandle {
    /// Returns the handle of a picture; `None` when it cannot be had.
    pub fn of(state: &PictureState) -> Option<Self> {
        match state {
            PictureState::Stored(stored) => Some(Self::Stored(stored.clone())),
            PictureState::Fallback(fallback) => Some(Self::Fallback(fallback.clone())),
            PictureState::Unobtainable { .. } => None,
        }
    }
}

/// What a message shows, besides its buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text, at most 4096 UTF-16 units.
    Text(Text),
    /// One picture with a caption, at most 1024 UTF-16 units.
    Picture {
        /// The picture.
        picture: PictureHandle,
        /// The caption.
        caption: Text,
    },
}

impl Content {
    /// Returns the text, or the caption.
    pub fn text(&self) -> &Text {
        match self {
            Self::Text(text) => text,
            Self::Picture { caption, .. } => caption,
        }
    }
}

/// A whole message: what it shows, and the buttons under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What it shows.
    pub content: Content,
    /// The buttons; none when empty.
    pub keyboard: Keyboard,
}

impl Card {
    /// Returns the message of a text.
    pub fn text(text: Text) -> Self {
        Self {
            content: Content::Text(text),
            keyboard: Keyboard::new(),
        }
    }

    /// Returns the message of a picture.
    pub fn picture(picture: PictureHandle, caption: Text) -> Self {
        Self {
            content: Content::Picture { picture, caption },
            keyboard: Keyboard::new(),
        }
    }

    /// Sets the buttons.
    #[must_use]
    pub fn with_keyboard(mut self, keyboard: Keyboard) -> Self {
        self.keyboard = keyboard;
        self
    }
}

/// One thing for the messenger to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Send a new message.
    New(Card),
    /// Let an earlier message of ours show this instead, buttons included.
    ///
    /// Where the messenger cannot turn one kind of message into the other, or the old one is gone, a new one is
    /// sent and the old one removed.
    Edit {
        /// The earlier message.
        message: MessageId,
        /// What it is to show.
        card: Card,
    },
    /// Answer the pressed button with a short notice; there is at most one for each update.
    Toast {
        /// The notice: at most 200 characters, without formatting.
        text: String,
        /// Whether the user must close it.
        alert: bool,
    },
}

impl Reply {
    /// Returns the message, when there is one.
    pub fn card(&self) -> Option<&Card> {
        match self {
            Self::New(card) | Self::Edit { card, .. } => Some(card),
            Self::Toast { .. } => None,
        }
    }
}
