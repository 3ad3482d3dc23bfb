//! Photos by the rules of `sendPhoto`.
//!
//! Source: <https://core.telegram.org/bots/api#sendphoto>: at most 10 MB, width and height together at most 10,000,
//! their ratio at most 20.

use std::fmt;
use std::io::Cursor;

use axum::body::Bytes;
use image::ImageReader;
use serde_json::{Value, json};

use super::refusal::Refusal;

pub(crate) const MAX_BYTES: usize = 10 * 1024 * 1024;
const MAX_SIDES: u32 = 10_000;
const MAX_RATIO: u32 = 20;

/// A photo that was taken.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Photo {
    /// Telegram's name of it, with which it is sent again without its bytes.
    pub(crate) file_id: String,
    pub(crate) bytes: Bytes,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Photo({} × {})", self.width, self.height)
    }
}

impl Photo {
    /// Takes `bytes` under the name `file_id`.
    pub(crate) fn new(file_id: String, bytes: Bytes) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::bad("file must be non-empty"));
        }
        if bytes.len() > MAX_BYTES {
            let size = bytes.len();
            let what = format!("file of size {size} bytes is too big for a photo");
            return Err(Refusal::bad(what));
        }
        let (width, height) =
            size_of(&bytes).ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?;
        let is_lawful = width + height <= MAX_SIDES
            && width <= height.saturating_mul(MAX_RATIO)
            && height <= width.saturating_mul(MAX_RATIO);
        if !is_lawful {
            return Err(Refusal::bad("PHOTO_INVALID_DIMENSIONS"));
        }
        Ok(Self {
            file_id,
            bytes,
            width,
            height,
        })
    }

    /// Returns the photo as it stands in a message: one size of several.
    pub(crate) fn sizes(&self) -> Value {
        json!([{
            "file_id": self.file_id,
            "file_unique_id": format!("unique-{}", self.file_id),
            "width": self.width,
            "height": self.height,
            "file_size": self.bytes.len(),
        }])
    }
}

fn size_of(bytes: &[u8]) -> Option<(u32, u32)> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    reader.ok()?.into_dimensions().ok()
}
