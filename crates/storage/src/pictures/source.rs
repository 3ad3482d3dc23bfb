//! The port through which the bytes behind a provider's link come.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::complete::{self, End};
use super::fetch_error::{FetchError, FetchErrorKind};
use super::format::ImageFormat;
use super::header::Header;
use crate::object::Sha256Digest;

/// A picture in memory, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedPicture {
    /// The bytes as the provider sent them.
    pub bytes: Bytes,
    /// The format that the first bytes tell.
    pub format: ImageFormat,
    /// The SHA-256 of the bytes.
    pub sha256: Sha256Digest,
    /// The width in pixels, from the header.
    pub width: u32,
    /// The height in pixels, from the header.
    pub height: u32,
}

impl FetchedPicture {
    /// Returns the picture that `bytes` are; format and size are read from the header, nothing is decoded.
    ///
    /// # Errors
    ///
    /// `Empty` without bytes; `NotAPicture` when the format is unknown, the header makes no sense, or
    /// something other than padding lies behind the picture's end; `TooManyFrames` for an animation;
    /// `Truncated` when a PNG, JPEG or WebP ends before its end.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, FetchError> {
        let sha256 = Sha256Digest::of(&bytes);
        Self::with_digest(bytes, sha256)
    }

    pub(super) fn with_digest(bytes: Bytes, sha256: Sha256Digest) -> Result<Self, FetchError> {
        if bytes.is_empty() {
            return Err(FetchError::new(FetchErrorKind::Empty));
        }
        let no_picture = |detail| FetchError::new(FetchErrorKind::NotAPicture).with_detail(detail);
        let format = ImageFormat::sniff(&bytes)
            .ok_or_else(|| no_picture("the first bytes are of no format"))?;
        let header = Header::read(format, &bytes);
        header.check()?;
        match complete::end_of(format, &bytes) {
            End::Missing => {
                return Err(FetchError::new(FetchErrorKind::Truncated)
                    .with_detail(format!("the {format} has no end")));
            }
            End::At(end) if !complete::is_padding(&bytes[end.min(bytes.len())..]) => {
                return Err(no_picture(
                    "something else lies behind the end of the picture",
                ));
            }
            End::At(_) | End::Unsaid => {}
        }
        let (width, height) = header
            .size
            .ok_or_else(|| no_picture("the header tells no width and height"))?;
        Ok(Self {
            bytes,
            format,
            sha256,
            width,
            height,
        })
    }

    /// Returns width times height.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl fmt::Debug for FetchedPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedPicture")
            .field("format", &self.format)
            .field("size_bytes", &self.bytes.len())
            .field("sha256", &self.sha256)
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// Fetches the picture behind a link.
///
/// # Contract
///
/// - The answer is whole and checked, or an error: never a part of a picture.
/// - The link is outside input: an implementation decides itself which links it follows.
/// - Repeats are safe.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait PictureSource: fmt::Debug + Send + Sync + 'static {
    /// Returns the picture behind `url`.
    ///
    /// # Errors
    ///
    /// See [`FetchErrorKind`]; the error never holds more of the link than its host.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the transfer; nothing else happens.
    async fn fetch(&self, url: &str) -> Result<FetchedPicture, FetchError>;
}

macro_rules! forward_to_the_inside {
    ($holder:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: PictureSource + ?Sized> PictureSource for $holder<S> {
            async fn fetch(&self, url: &str) -> Result<FetchedPicture, FetchError> {
                (**self).fetch(url).await
            }
        }
    };
}

forward_to_the_inside!(Arc);
forward_to_the_inside!(Box);
