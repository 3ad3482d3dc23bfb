//! The shape of a picture.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InputError;

/// The shape of a picture: width to height, or the model's own choice.
///
/// - `auto`, or two whole numbers from 1 to 99 with a colon, such as `16:9`
/// - which of them a model offers is in the catalogue
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AspectRatio {
    // Zero by zero is `auto`, which has no sides.
    width: u8,
    height: u8,
}

impl AspectRatio {
    /// The model chooses.
    pub const AUTO: Self = Self {
        width: 0,
        height: 0,
    };
    /// As wide as high.
    pub const SQUARE: Self = Self {
        width: 1,
        height: 1,
    };

    /// The constant form for the catalogue, whose numbers are known to be in range.
    pub(crate) const fn of(width: u8, height: u8) -> Self {
        debug_assert!(1 <= width && width <= 99 && 1 <= height && height <= 99);
        Self { width, height }
    }

    /// Returns width and height, or `None` for `auto`.
    pub fn sides(self) -> Option<(u8, u8)> {
        (self != Self::AUTO).then_some((self.width, self.height))
    }
}

impl FromStr for AspectRatio {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        if text == "auto" {
            return Ok(Self::AUTO);
        }
        let wrong =
            || InputError::new("aspect_ratio", "must be width:height such as 16:9, or auto");
        let (width, height) = text.split_once(':').ok_or_else(wrong)?;
        match (side(width), side(height)) {
            (Some(width), Some(height)) => Ok(Self { width, height }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for AspectRatio {
    type Error = InputError;

    fn try_from(text: String) -> Result<Self, InputError> {
        text.parse()
    }
}

impl From<AspectRatio> for String {
    fn from(ratio: AspectRatio) -> Self {
        ratio.to_string()
    }
}

impl fmt::Display for AspectRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sides() {
            Some((width, height)) => write!(f, "{width}:{height}"),
            None => f.write_str("auto"),
        }
    }
}

impl fmt::Debug for AspectRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AspectRatio({self})")
    }
}

/// Reads one side; one ratio has one text, so there is neither a sign nor a leading zero.
fn side(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse()
        .ok()
        .filter(|side| plain && (1..=99).contains(side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_come_back_from_their_text() {
        for text in ["1:1", "16:9", "9:16", "21:9", "auto", "99:1"] {
            assert_eq!(text.parse::<AspectRatio>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_names_field_and_rule() {
        for text in [
            "", "1", "1:", ":1", "0:1", "01:1", "+1:1", "1:100", "16x9", "AUTO", "1:1:1", " 1:1",
        ] {
            let error = text.parse::<AspectRatio>().unwrap_err();
            assert_eq!(error.field(), "aspect_ratio", "{text:?}");
            assert!(error.rule().contains("16:9"));
        }
    }
}
