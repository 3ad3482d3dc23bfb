//! The port through which the bytes behind a provider's link come.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::complete::{Examiner, PictureLimits, PictureProof};
use super::fetch_error::FetchError;
use super::format::ImageFormat;
use super::incoming::IncomingPicture;
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
        let mut examiner = Examiner::new(None, PictureLimits::NONE)?;
        examiner.feed(&bytes)?;
        Ok(Self::new(bytes, examiner.finish()?))
    }

    /// Returns the picture that `proof` was found for.
    pub(super) fn new(bytes: Bytes, proof: PictureProof) -> Self {
        Self {
            bytes,
            format: proof.format,
            sha256: proof.sha256,
            width: proof.width,
            height: proof.height,
        }
    }

    /// Returns what is known of the picture without its bytes.
    pub fn proof(&self) -> PictureProof {
        PictureProof {
            format: self.format,
            size_bytes: self.bytes.len() as u64,
            sha256: self.sha256,
            width: self.width,
            height: self.height,
        }
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
/// - What comes is a whole picture, or ends with an error: [`IncomingPicture`] sees to it, whatever bytes
///   an implementation gives it.
/// - The link is outside input: an implementation decides itself which links it follows.
/// - Nothing is read ahead of whoever takes the pieces but the head and what the connection buffers.
/// - Repeats are safe.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait PictureSource: fmt::Debug + Send + Sync + 'static {
    /// Opens the picture behind `url` and reads its head.
    ///
    /// # Errors
    ///
    /// See [`FetchErrorKind`](super::FetchErrorKind); the error never holds more of the link than its host.
    /// What is wrong with later bytes comes out of the picture.
    ///
    /// # Cancellation
    ///
    /// Dropping the future, or the picture, stops the transfer; nothing else happens.
    async fn open(&self, url: &str) -> Result<IncomingPicture, FetchError>;
}

/// Comforts for whoever has a [`PictureSource`].
#[async_trait]
pub trait PictureSourceExt: PictureSource {
    /// Returns the picture behind `url`, whole and in memory.
    ///
    /// # Errors
    ///
    /// See [`FetchErrorKind`](super::FetchErrorKind); the error never holds more of the link than its host.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the transfer; nothing else happens.
    async fn fetch(&self, url: &str) -> Result<FetchedPicture, FetchError> {
        self.open(url).await?.collect().await
    }
}

impl<S: PictureSource + ?Sized> PictureSourceExt for S {}

macro_rules! forward_to_the_inside {
    ($holder:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: PictureSource + ?Sized> PictureSource for $holder<S> {
            async fn open(&self, url: &str) -> Result<IncomingPicture, FetchError> {
                (**self).open(url).await
            }
        }
    };
}

forward_to_the_inside!(Arc);
forward_to_the_inside!(Box);
