//! Buttons under a message.

use std::fmt;

use super::callback::Callback;

/// The most bytes of callback data that Telegram takes; 1 is the fewest.
///
/// Source: <https://core.telegram.org/bots/api#inlinekeyboardbutton>
pub const MAX_CALLBACK_BYTES: usize = 64;

/// What a button gives back when it is pressed: 1 to 64 bytes.
///
/// It is made from a [`Callback`] alone, whose texts are all short enough.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallbackData(String);

impl CallbackData {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Callback> for CallbackData {
    fn from(callback: &Callback) -> Self {
        let text = callback.to_string();
        debug_assert!((1..=MAX_CALLBACK_BYTES).contains(&text.len()));
        Self(text)
    }
}

impl fmt::Display for CallbackData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A button: what it says, and what it gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says, without formatting.
    pub label: String,
    /// What it gives back.
    pub data: CallbackData,
}

/// The buttons under a message, row by row; no row is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keyboard(Vec<Vec<Button>>);

impl Keyboard {
    /// Returns the keyboard without buttons.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the keyboard with one more row; an empty one is left out.
    #[must_use]
    pub fn with_row(mut self, buttons: impl IntoIterator<Item = (String, Callback)>) -> Self {
        let row = buttons.into_iter().map(|(label, callback)| Button {
            label,
            data: CallbackData::from(&callback),
        });
        let row: Vec<_> = row.collect();
        if !row.is_empty() {
            self.0.push(row);
        }
        self
    }

    /// Returns the rows from top to bottom, each from left to right.
    pub fn rows(&self) -> &[Vec<Button>] {
        &self.0
    }

    /// Returns every button in reading order.
    pub fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.0.iter().flatten()
    }

    /// Tells whether there is no button.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
