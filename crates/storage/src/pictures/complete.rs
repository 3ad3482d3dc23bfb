//! Proves piece by piece that bytes are one whole picture within its limits, and nothing else as well.
//!
//! A server that ends a body without having declared its length leaves no other trace of a cut than a
//! picture without its end.

use sha2::{Digest, Sha256};

use super::fetch_error::{FetchError, FetchErrorKind};
use super::format::ImageFormat;
use super::header::Walk;
use crate::object::Sha256Digest;

/// The number of first bytes that are enough to tell the format.
const ENOUGH_TO_SNIFF: usize = 64;

/// The largest picture that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureLimits {
    /// The most bytes.
    pub max_bytes: u64,
    /// The most pixels: the largest width times the largest height that the picture claims.
    pub max_pixels: u64,
}

impl PictureLimits {
    /// No limits.
    pub const NONE: Self = Self {
        max_bytes: u64::MAX,
        max_pixels: u64::MAX,
    };

    fn check_size(self, (width, height): (u32, u32)) -> Result<(), FetchError> {
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(FetchError::new(FetchErrorKind::TooManyPixels)
                .with_detail(format!("{width} by {height}")));
        }
        Ok(())
    }

    fn too_large(self) -> FetchError {
        FetchError::new(FetchErrorKind::TooLarge)
            .with_detail(format!("the cap is {} bytes", self.max_bytes))
    }
}

/// What is known of a picture once all of it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureProof {
    /// The format that the first bytes tell.
    pub format: ImageFormat,
    /// The length in bytes.
    pub size_bytes: u64,
    /// The SHA-256 of the bytes.
    pub sha256: Sha256Digest,
    /// The width in pixels, from the container.
    pub width: u32,
    /// The height in pixels, from the container.
    pub height: u32,
}

/// Examines a picture whose bytes come piece by piece; holds a few of them at most.
#[derive(Debug)]
pub(super) struct Examiner {
    limits: PictureLimits,
    declared: Option<u64>,
    size_bytes: u64,
    hasher: Sha256,
    reading: Reading,
}

/// How far the picture is understood.
#[derive(Debug)]
enum Reading {
    /// The bytes are too few to tell the format.
    Beginning(Vec<u8>),
    Known(ImageFormat, Walk),
}

impl Examiner {
    /// Returns an examiner that has seen nothing yet.
    ///
    /// `declared` is the length that the other side promised, in bytes; one above the limit is refused.
    pub(super) fn new(declared: Option<u64>, limits: PictureLimits) -> Result<Self, FetchError> {
        let mut examiner = Self {
            limits,
            declared,
            size_bytes: 0,
            hasher: Sha256::new(),
            reading: Reading::Beginning(Vec::with_capacity(ENOUGH_TO_SNIFF)),
        };
        examiner.limit_bytes(limits.max_bytes)?;
        Ok(examiner)
    }

    /// Lowers the limit on the bytes; refuses what is known to be above it.
    pub(super) fn limit_bytes(&mut self, bytes: u64) -> Result<(), FetchError> {
        self.limits.max_bytes = self.limits.max_bytes.min(bytes);
        let known = self.declared.unwrap_or_default().max(self.size_bytes);
        if known > self.limits.max_bytes {
            return Err(self.limits.too_large());
        }
        Ok(())
    }

    /// Returns the length that the other side promised, in bytes.
    pub(super) fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// Returns the number of bytes that were seen.
    pub(super) fn seen(&self) -> u64 {
        self.size_bytes
    }

    /// Returns the format, once it is known.
    pub(super) fn format(&self) -> Option<ImageFormat> {
        match &self.reading {
            Reading::Beginning(_) => None,
            Reading::Known(format, _) => Some(*format),
        }
    }

    /// Tells whether the bytes so far tell a width and a height.
    pub(super) fn has_size(&self) -> bool {
        match &self.reading {
            Reading::Beginning(_) => false,
            Reading::Known(_, walk) => walk.header().size.is_some(),
        }
    }

    /// Examines the next piece, and refuses at the first broken rule.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        let length = piece.len() as u64;
        if length > self.limits.max_bytes.saturating_sub(self.size_bytes) {
            return Err(self.limits.too_large());
        }
        self.size_bytes += length;
        self.hasher.update(piece);
        let Reading::Beginning(beginning) = &mut self.reading else {
            return self.walk(piece);
        };
        let missing = ENOUGH_TO_SNIFF - beginning.len();
        let (first, rest) = piece.split_at(missing.min(piece.len()));
        beginning.extend_from_slice(first);
        if beginning.len() < ENOUGH_TO_SNIFF {
            return Ok(());
        }
        self.recognise()?;
        self.walk(rest)
    }

    /// Tells the format by the beginning and walks through it.
    fn recognise(&mut self) -> Result<(), FetchError> {
        let Reading::Beginning(beginning) = &mut self.reading else {
            return Ok(());
        };
        let beginning = std::mem::take(beginning);
        let format = ImageFormat::sniff(&beginning)
            .ok_or_else(|| no_picture("the first bytes are of no format"))?;
        self.reading = Reading::Known(format, Walk::new(format));
        self.walk(&beginning)
    }

    fn walk(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        let Reading::Known(_, walk) = &mut self.reading else {
            return Ok(());
        };
        let behind = walk.feed(piece);
        let header = walk.header();
        header.check()?;
        if let Some(size) = header.size {
            self.limits.check_size(size)?;
        }
        if is_padding(behind) {
            return Ok(());
        }
        Err(no_picture(
            "something else lies behind the end of the picture",
        ))
    }

    /// Returns what the picture is, when the bytes so far are the whole of it.
    pub(super) fn finish(mut self) -> Result<PictureProof, FetchError> {
        let length = self.size_bytes;
        if let Some(declared) = self.declared.filter(|declared| *declared != length) {
            return Err(FetchError::new(FetchErrorKind::Truncated)
                .with_detail(format!("{length} of {declared} bytes")));
        }
        if length == 0 {
            return Err(FetchError::new(FetchErrorKind::Empty));
        }
        self.recognise()?;
        let Reading::Known(format, walk) = self.reading else {
            return Err(no_picture("the first bytes are of no format"));
        };
        if tells_its_end(format) && !walk.is_at_end() {
            return Err(FetchError::new(FetchErrorKind::Truncated)
                .with_detail(format!("the {format} has no end")));
        }
        let (width, height) = walk
            .header()
            .size
            .ok_or_else(|| no_picture("the header tells no width and height"))?;
        Ok(PictureProof {
            format,
            size_bytes: length,
            sha256: Sha256Digest::from_bytes(self.hasher.finalize().into()),
            width,
            height,
        })
    }
}

fn no_picture(detail: &str) -> FetchError {
    FetchError::new(FetchErrorKind::NotAPicture).with_detail(detail)
}

/// Tells whether every whole picture of this format has an end of its own.
fn tells_its_end(format: ImageFormat) -> bool {
    match format {
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP => true,
        // The trailer of a GIF is often missing, and any box of an AVIF may be the last.
        ImageFormat::Gif | ImageFormat::Avif => false,
    }
}

/// Tells whether what lies behind a picture is nothing but filling, as some encoders leave it.
fn is_padding(rest: &[u8]) -> bool {
    rest.iter().all(|byte| matches!(byte, 0 | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests;
