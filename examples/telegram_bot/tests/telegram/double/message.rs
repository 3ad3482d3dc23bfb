//! Messages as they stand in a chat.

use serde_json::{Value, json};

use super::html::Formatted;
use super::keyboard::{self, Keyboard};
use super::photo::Photo;

/// Any time will do: nothing here depends on it.
const DATE: u32 = 1_790_000_000;

/// What a message shows, besides its buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(Formatted),
    Photo { photo: Photo, caption: Formatted },
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: i64,
    /// Whether the bot sent it, not the person.
    pub(crate) by_bot: bool,
    pub(crate) content: Content,
    pub(crate) keyboard: Keyboard,
}

impl Message {
    /// Returns the text or the caption.
    pub(crate) fn words(&self) -> &str {
        match &self.content {
            Content::Text(text) => &text.text,
            Content::Photo { caption, .. } => &caption.text,
        }
    }

    pub(crate) fn photo(&self) -> Option<&Photo> {
        match &self.content {
            Content::Text(_) => None,
            Content::Photo { photo, .. } => Some(photo),
        }
    }

    /// Returns the message in the shape of the Bot API.
    pub(crate) fn to_json(&self, chat: &Value, from: &Value) -> Value {
        let mut value = json!({
            "message_id": self.id,
            "date": DATE,
            "chat": chat,
            "from": from,
        });
        match &self.content {
            Content::Text(text) => {
                value["text"] = json!(text.text);
                value["entities"] = entities(text);
            }
            Content::Photo { photo, caption } => {
                value["photo"] = photo.sizes();
                value["caption"] = json!(caption.text);
                value["caption_entities"] = entities(caption);
            }
        }
        if !self.keyboard.is_empty() {
            value["reply_markup"] = keyboard::markup(&self.keyboard);
        }
        value
    }
}

fn entities(formatted: &Formatted) -> Value {
    let entities = formatted.entities.iter().map(|entity| {
        let mut value = json!({
            "type": entity.kind,
            "offset": entity.offset,
            "length": entity.length,
        });
        if entity.kind == "text_link" {
            value["url"] = json!("https://link.example/");
        }
        value
    });
    entities.collect()
}
