//! Reads width, height and the number of frames from the container of a picture; decodes nothing.
//!
//! A bomb may say two sizes and hope that we read the small one; so the largest of all that is said counts.

mod bmff;
pub(super) mod gif;
mod jpeg;
mod png;
mod webp;

use super::fetch_error::{FetchError, FetchErrorKind};
use super::format::ImageFormat;

/// What a picture says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    /// The largest width and the largest height said so far, in pixels; `None` until one is.
    pub(super) size: Option<(u32, u32)>,
    /// There is more than one frame, or the container is one for animations.
    pub(super) is_animated: bool,
}

impl Header {
    /// Reads what `bytes` tell: a picture, or the beginning of one.
    pub(super) fn read(format: ImageFormat, bytes: &[u8]) -> Self {
        match format {
            ImageFormat::Png => png::read(bytes),
            ImageFormat::Jpeg => jpeg::read(bytes),
            ImageFormat::WebP => webp::read(bytes),
            ImageFormat::Gif => gif::read(bytes),
            ImageFormat::Avif => bmff::read(bytes),
        }
    }

    /// Refuses what no cap could make good: more than one frame, and sides of no pixel.
    pub(super) fn check(self) -> Result<(), FetchError> {
        if self.is_animated {
            return Err(FetchError::new(FetchErrorKind::TooManyFrames));
        }
        match self.size {
            Some((0, _) | (_, 0)) => Err(FetchError::new(FetchErrorKind::NotAPicture)
                .with_detail("the header tells no possible width and height")),
            _ => Ok(()),
        }
    }

    /// Takes one more size into account.
    fn add(&mut self, width: u32, height: u32) {
        let (widest, highest) = self.size.unwrap_or_default();
        self.size = Some((widest.max(width), highest.max(height)));
    }
}

/// Returns the two bytes at `at`, the last one first.
fn little_16(bytes: &[u8], at: usize) -> Option<u32> {
    match bytes.get(at..)? {
        [a, b, ..] => Some(u32::from(u16::from_le_bytes([*a, *b]))),
        _ => None,
    }
}

/// Returns the two bytes at `at`, the first one first.
fn big_16(bytes: &[u8], at: usize) -> Option<u32> {
    little_16(bytes, at).map(|number| number.swap_bytes() >> 16)
}

/// Returns the four bytes at `at`, the last one first.
fn little_32(bytes: &[u8], at: usize) -> Option<u32> {
    match bytes.get(at..)? {
        [a, b, c, d, ..] => Some(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => None,
    }
}

/// Returns the four bytes at `at`, the first one first.
fn big_32(bytes: &[u8], at: usize) -> Option<u32> {
    little_32(bytes, at).map(u32::swap_bytes)
}

#[cfg(test)]
mod tests;
