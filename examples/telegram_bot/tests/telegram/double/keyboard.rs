//! The buttons under a message, by the rules of inline keyboards.
//!
//! Sources: <https://core.telegram.org/bots/api#inlinekeyboardbutton> for the data; that a message takes at most 100
//! buttons, 8 in a row, is told by the answers of the real server.

use serde_json::{Value, json};

use super::refusal::Refusal;

const MAX_BUTTONS: usize = 100;
const MAX_IN_A_ROW: usize = 8;
const MAX_DATA_BYTES: usize = 64;

/// A button: what it says, and what it gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) data: String,
}

/// The rows from top to bottom.
pub(crate) type Keyboard = Vec<Vec<Button>>;

/// Reads the keyboard in `markup`; nothing is one without buttons.
pub(crate) fn read(markup: Option<Value>) -> Result<Keyboard, Refusal> {
    let Some(markup) = markup else {
        return Ok(Keyboard::new());
    };
    let Value::Object(markup) = markup else {
        return Err(Refusal::bad("object expected as reply markup"));
    };
    let arrays = || {
        Refusal::bad(
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        )
    };
    let rows = match markup.get("inline_keyboard") {
        None => return Ok(Keyboard::new()),
        Some(rows) => rows.as_array().ok_or_else(arrays)?,
    };
    let mut keyboard = Keyboard::new();
    for row in rows {
        let row = row.as_array().ok_or_else(arrays)?;
        let buttons = row.iter().map(button).collect::<Result<Vec<_>, _>>()?;
        if !buttons.is_empty() {
            keyboard.push(buttons);
        }
    }
    let is_too_long = keyboard.iter().any(|row| row.len() > MAX_IN_A_ROW)
        || keyboard.iter().flatten().count() > MAX_BUTTONS;
    if is_too_long {
        return Err(Refusal::bad("reply markup is too long"));
    }
    Ok(keyboard)
}

fn button(value: &Value) -> Result<Button, Refusal> {
    let wrong = |what: &str| Refusal::bad(format!("can't parse inline keyboard button: {what}"));
    let label = value["text"].as_str();
    let label = label.ok_or_else(|| wrong("Can't find field \"text\""))?;
    if label.trim().is_empty() {
        return Err(wrong("Text of the button must be non-empty"));
    }
    let data = value["callback_data"].as_str().unwrap_or_default();
    if data.is_empty() {
        return Err(wrong("Text buttons are unallowed in the inline keyboard"));
    }
    if data.len() > MAX_DATA_BYTES {
        return Err(Refusal::bad("BUTTON_DATA_INVALID"));
    }
    Ok(Button {
        label: label.to_owned(),
        data: data.to_owned(),
    })
}

/// Returns the keyboard as it stands in a message.
pub(crate) fn markup(keyboard: &Keyboard) -> Value {
    let button = |button: &Button| json!({ "text": button.label, "callback_data": button.data });
    let rows: Vec<Vec<_>> = keyboard
        .iter()
        .map(|row| row.iter().map(button).collect())
        .collect();
    json!({ "inline_keyboard": rows })
}
