//! A picture on its way in: examined piece by piece, and never given out whole before it is proved.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::complete::{Examiner, PictureLimits, PictureProof};
use super::fetch_error::{FetchError, FetchErrorKind};
use super::format::ImageFormat;
use super::source::FetchedPicture;

/// How many bytes are waited for until they tell the size of the picture; nearly every format tells it
/// within the first hundred.
const HEAD_BYTES: u64 = 64 << 10;

/// A picture of unknown length grows by so much in memory.
const GROWTH: usize = 1 << 20;

/// A stream of pieces of a picture; the first error ends it.
pub type PieceStream = Pin<Box<dyn Stream<Item = Result<Bytes, FetchError>> + Send>>;

/// A picture whose first bytes are there and whose other bytes come while it is read.
///
/// Each byte is examined before it is given out: the caps on bytes and pixels, one frame, and the end that
/// the container tells, with nothing but filling behind it.
/// The last piece is held back until all of that is proved, so that whoever takes pieces until `None` has
/// a whole picture, and whoever sees an error never had all of one.
/// At most two pieces are in memory, beside what [`collect`](Self::collect) gathers.
pub struct IncomingPicture {
    pieces: PieceStream,
    examining: Examining,
    ready: VecDeque<Bytes>,
    host: Option<String>,
}

#[derive(Debug)]
enum Examining {
    Running(ImageFormat, Box<Examiner>),
    Proved(PictureProof),
    Refused,
}

/// A picture that was to be held in memory.
pub(super) enum Held {
    /// All of it is in memory.
    Whole(FetchedPicture),
    /// It is longer than it was to be; nothing of it is lost.
    Longer(IncomingPicture),
}

impl IncomingPicture {
    /// Reads the head of the picture that `pieces` are: its format, and its size if the first 64 KiB tell
    /// it.
    ///
    /// `declared` is the length in bytes that the other side promised, if it did; the picture must have
    /// exactly that.
    ///
    /// # Errors
    ///
    /// The error of `pieces`; `TooLarge`, `TooManyPixels`, `TooManyFrames` and `NotAPicture` as soon as the
    /// bytes tell; `Truncated` and `Empty` at the end, if that comes so soon.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops `pieces`; nothing else happens.
    pub async fn begin<S>(
        pieces: S,
        declared: Option<u64>,
        limits: PictureLimits,
    ) -> Result<Self, FetchError>
    where
        S: Stream<Item = Result<Bytes, FetchError>> + Send + 'static,
    {
        let mut pieces: PieceStream = Box::pin(pieces);
        let mut examiner = Examiner::new(declared, limits)?;
        let mut ready = VecDeque::new();
        while examiner.format().is_none() || (!examiner.has_size() && examiner.seen() < HEAD_BYTES)
        {
            let Some(piece) = pieces.next().await.transpose()? else {
                let proof = examiner.finish()?;
                return Ok(Self::new(pieces, Examining::Proved(proof), ready));
            };
            examiner.feed(&piece)?;
            if !piece.is_empty() {
                ready.push_back(piece);
            }
        }
        let format = examiner.format().ok_or_else(ended)?;
        let examining = Examining::Running(format, Box::new(examiner));
        Ok(Self::new(pieces, examining, ready))
    }

    /// Reads the head of the picture that `bytes` are, for sources that have it in memory.
    ///
    /// # Errors
    ///
    /// As for [`begin`](Self::begin), without caps.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn of_bytes(bytes: impl Into<Bytes>) -> Result<Self, FetchError> {
        let bytes = bytes.into();
        let length = bytes.len() as u64;
        let pieces = futures_util::stream::iter([Ok(bytes)]);
        Self::begin(pieces, Some(length), PictureLimits::NONE).await
    }

    fn new(pieces: PieceStream, examining: Examining, ready: VecDeque<Bytes>) -> Self {
        Self {
            pieces,
            examining,
            ready,
            host: None,
        }
    }

    /// Returns the picture with the host that it comes from, for its errors; give no more of the link.
    #[must_use]
    pub fn with_host(mut self, host: impl fmt::Display) -> Self {
        self.host = Some(host.to_string());
        self
    }

    /// Returns the picture with a cap on its bytes, if that is lower than its own.
    ///
    /// # Errors
    ///
    /// `TooLarge` when the declared length, or what came so far, is above it.
    pub fn with_max_bytes(mut self, bytes: u64) -> Result<Self, FetchError> {
        match &mut self.examining {
            Examining::Running(_, examiner) => examiner.limit_bytes(bytes)?,
            Examining::Proved(proof) if proof.size_bytes > bytes => {
                return Err(FetchError::new(FetchErrorKind::TooLarge)
                    .with_detail(format!("the cap is {bytes} bytes")));
            }
            Examining::Proved(_) | Examining::Refused => {}
        }
        Ok(self)
    }

    /// Returns the format, which the first bytes tell.
    pub fn format(&self) -> Option<ImageFormat> {
        match &self.examining {
            Examining::Running(format, _) => Some(*format),
            Examining::Proved(proof) => Some(proof.format),
            Examining::Refused => None,
        }
    }

    /// Returns the length in bytes, if it is known before the end.
    pub fn length(&self) -> Option<u64> {
        match &self.examining {
            Examining::Running(_, examiner) => examiner.declared(),
            Examining::Proved(proof) => Some(proof.size_bytes),
            Examining::Refused => None,
        }
    }

    /// Returns what the picture is, once all of it has come and was found right.
    pub fn proof(&self) -> Option<PictureProof> {
        match &self.examining {
            Examining::Proved(proof) => Some(*proof),
            Examining::Running(..) | Examining::Refused => None,
        }
    }

    /// Returns the next piece; `None` says that all of a whole picture was given.
    ///
    /// # Errors
    ///
    /// See [`FetchErrorKind`]; after one there are no more pieces.
    ///
    /// # Cancellation
    ///
    /// No piece is lost.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let is_over = match &self.examining {
                Examining::Running(..) => false,
                Examining::Proved(_) => true,
                Examining::Refused => return Err(ended()),
            };
            if is_over || self.ready.len() > 1 {
                return Ok(self.ready.pop_front());
            }
            if let Err(error) = self.examine_next().await {
                self.ready.clear();
                return Err(self.named(error));
            }
        }
    }

    async fn examine_next(&mut self) -> Result<(), FetchError> {
        let piece = self.pieces.next().await;
        let Examining::Running(format, mut examiner) =
            std::mem::replace(&mut self.examining, Examining::Refused)
        else {
            return Err(ended());
        };
        self.examining = match piece.transpose()? {
            Some(piece) => {
                examiner.feed(&piece)?;
                if !piece.is_empty() {
                    self.ready.push_back(piece);
                }
                Examining::Running(format, examiner)
            }
            None => Examining::Proved(examiner.finish()?),
        };
        Ok(())
    }

    fn named(&self, error: FetchError) -> FetchError {
        match &self.host {
            Some(host) => error.with_host(host),
            None => error,
        }
    }

    /// Returns the whole picture in memory.
    ///
    /// # Errors
    ///
    /// See [`FetchErrorKind`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the transfer; nothing else happens.
    pub async fn collect(self) -> Result<FetchedPicture, FetchError> {
        match self.hold(u64::MAX).await? {
            Held::Whole(picture) => Ok(picture),
            Held::Longer(_) => Err(ended()),
        }
    }

    /// Gathers up to so many bytes, or all of a shorter picture.
    pub(super) async fn hold(mut self, most: u64) -> Result<Held, FetchError> {
        let declared = usize::try_from(self.length().unwrap_or_default()).unwrap_or_default();
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            if all.is_empty() && self.is_given() {
                // It came in one piece, which needs no copy.
                return self.whole(piece);
            }
            let room = if all.is_empty() { declared } else { GROWTH };
            if all.capacity() - all.len() < piece.len() {
                // Doubling would hold up to twice what the byte budget knows of.
                all.reserve_exact(piece.len().max(room));
            }
            all.extend_from_slice(&piece);
            if all.len() as u64 > most {
                self.ready.push_front(all.into());
                return Ok(Held::Longer(self));
            }
        }
        all.shrink_to_fit();
        self.whole(all.into())
    }

    /// Tells whether every piece was given out.
    fn is_given(&self) -> bool {
        self.ready.is_empty() && matches!(self.examining, Examining::Proved(_))
    }

    fn whole(&self, bytes: Bytes) -> Result<Held, FetchError> {
        let proof = self.proof().ok_or_else(ended)?;
        Ok(Held::Whole(FetchedPicture::new(bytes, proof)))
    }

    /// Reads to the end and returns what the picture is; keeps none of it.
    pub(super) async fn prove(mut self) -> Result<PictureProof, FetchError> {
        while self.next().await?.is_some() {}
        self.proof().ok_or_else(ended)
    }
}

impl fmt::Debug for IncomingPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingPicture")
            .field("format", &self.format())
            .field("length", &self.length())
            .field("host", &self.host)
            .field("proof", &self.proof())
            .finish_non_exhaustive()
    }
}

/// The error for reading on where nothing more comes.
fn ended() -> FetchError {
    FetchError::new(FetchErrorKind::Unexpected).with_detail("the picture has ended with an error")
}

#[cfg(test)]
mod tests;
