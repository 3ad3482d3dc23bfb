//! Where a gallery goes on, as a short text.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde::{Deserialize, Serialize};

use crate::store::Cursor;
use crate::{GenerationId, InputError};

/// Where the next page of a gallery begins, which stays the same place whatever is made or deleted meanwhile.
///
/// - 32 characters of `A`–`Z`, `a`–`z`, `0`–`9`, `-` and `_`: with a prefix of up to 32 it fits into the 64 bytes
///   that Telegram gives to the data of a button. Source: Telegram Bot API, `InlineKeyboardButton`
/// - it names a place, not a user: in another gallery it is a place there
/// - what is inside may change; keep it no longer than the page
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GalleryCursor(Cursor);

/// The microseconds since 1970 and the id.
const BYTES: usize = 8 + 16;

impl GalleryCursor {
    pub(crate) fn at(place: Cursor) -> Self {
        Self(place)
    }

    pub(crate) fn place(self) -> Cursor {
        self.0
    }
}

impl FromStr for GalleryCursor {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = || InputError::new("cursor", "must be one that a page gave");
        let mut bytes = [0; BYTES];
        match BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(BYTES) => {}
            _ => return Err(wrong()),
        }
        let (micros, id) = bytes.split_first_chunk().ok_or_else(wrong)?;
        let created_at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros));
        Ok(Self(Cursor {
            created_at: created_at.ok_or_else(wrong)?,
            id: GenerationId::of_bytes(id).ok_or_else(wrong)?,
        }))
    }
}

impl TryFrom<String> for GalleryCursor {
    type Error = InputError;

    fn try_from(text: String) -> Result<Self, InputError> {
        text.parse()
    }
}

impl From<GalleryCursor> for String {
    fn from(cursor: GalleryCursor) -> Self {
        cursor.to_string()
    }
}

impl fmt::Display for GalleryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.created_at.timestamp_micros().to_be_bytes();
        let bytes = [micros.as_slice(), self.0.id.as_bytes()].concat();
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for GalleryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GalleryCursor({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_from_its_text_which_fits_into_a_button(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let created_at = DateTime::from_timestamp_micros(micros).unwrap();
            let cursor = GalleryCursor::at(Cursor { created_at, id: GenerationId::new(created_at) });
            let text = cursor.to_string();
            prop_assert_eq!(text.len(), 32);
            prop_assert_eq!(text.parse(), Ok(cursor));
        }

        #[test]
        fn any_other_text_is_refused_without_a_panic(text in "\\PC{0,40}") {
            if let Ok(cursor) = text.parse::<GalleryCursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }

    #[test]
    fn a_place_without_a_name_of_a_generation_is_refused() {
        for text in ["", "A", &"A".repeat(32), &"A".repeat(31), &"A".repeat(33)] {
            let error = text.parse::<GalleryCursor>().unwrap_err();
            assert_eq!(error.field(), "cursor", "{text:?}");
        }
    }
}
