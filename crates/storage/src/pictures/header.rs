//! Reads width, height, the number of frames and the end from the container of a picture, piece by piece;
//! decodes nothing and keeps nothing of the bytes.
//!
//! A bomb may say two sizes and hope that we read the small one; so the largest of all that is said counts.

mod bmff;
mod gif;
mod jpeg;
mod png;
mod webp;

use std::fmt;

use super::fetch_error::{FetchError, FetchErrorKind};
use super::format::ImageFormat;

/// The most bytes that a container asks for at once.
const MOST_AT_ONCE: usize = 16;

/// What a picture says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    /// The largest width and the largest height said so far, in pixels; `None` until one is.
    pub(super) size: Option<(u32, u32)>,
    /// There is more than one frame, or the container is one for animations.
    pub(super) is_animated: bool,
}

impl Header {
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

/// What a container is to be given next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// So many bytes together, 1 to [`MOST_AT_ONCE`].
    Read(usize),
    /// Nothing, once so many bytes have passed.
    Skip(u64),
    /// Nothing, once the next byte of this value has passed.
    Find(u8),
    /// Nothing more: the picture ends here.
    End,
    /// Nothing more: what follows makes no sense.
    Lost,
}

/// The grammar of a container.
trait Container: fmt::Debug + Send {
    /// Takes what was asked for (nothing at the start and after a skip) and says what is needed next.
    fn step(&mut self, bytes: &[u8], header: &mut Header) -> Next;
}

/// A walk through a picture whose bytes come piece by piece; it needs the same memory for any picture.
#[derive(Debug)]
pub(super) struct Walk {
    container: Box<dyn Container>,
    next: Next,
    held: Vec<u8>,
    header: Header,
}

impl Walk {
    /// Returns a walk that starts at the first byte of a picture.
    pub(super) fn new(format: ImageFormat) -> Self {
        let mut container: Box<dyn Container> = match format {
            ImageFormat::Png => Box::new(png::Png::default()),
            ImageFormat::Jpeg => Box::new(jpeg::Jpeg::default()),
            ImageFormat::WebP => Box::new(webp::WebP::default()),
            ImageFormat::Gif => Box::new(gif::Gif::default()),
            ImageFormat::Avif => Box::new(bmff::Bmff::default()),
        };
        let mut header = Header::default();
        Self {
            next: container.step(&[], &mut header),
            container,
            held: Vec::with_capacity(MOST_AT_ONCE),
            header,
        }
    }

    /// Returns what the bytes so far have told.
    pub(super) fn header(&self) -> Header {
        self.header
    }

    /// Tells whether the picture has ended, as its container says.
    pub(super) fn is_at_end(&self) -> bool {
        self.next == Next::End
    }

    /// Walks through the next piece and returns what of it lies behind the end of the picture.
    pub(super) fn feed<'a>(&mut self, mut piece: &'a [u8]) -> &'a [u8] {
        loop {
            match self.next {
                Next::Read(count) => {
                    let missing = count.saturating_sub(self.held.len()).min(piece.len());
                    let (taken, rest) = piece.split_at(missing);
                    self.held.extend_from_slice(taken);
                    piece = rest;
                    if self.held.len() < count {
                        return piece;
                    }
                    self.step();
                }
                Next::Skip(count) => {
                    let skipped =
                        usize::try_from(count).map_or(piece.len(), |n| n.min(piece.len()));
                    piece = &piece[skipped..];
                    let left = count - skipped as u64;
                    if left > 0 {
                        self.next = Next::Skip(left);
                        return piece;
                    }
                    self.step();
                }
                Next::Find(wanted) => match piece.iter().position(|&byte| byte == wanted) {
                    Some(at) => {
                        piece = &piece[at + 1..];
                        self.step();
                    }
                    None => return &[],
                },
                Next::End => return piece,
                Next::Lost => return &[],
            }
        }
    }

    /// Gives the container what it asked for.
    ///
    /// A broken rule ends the walk: what comes behind it must not hide it from whoever looks only now and then.
    fn step(&mut self) {
        let next = self.container.step(&self.held, &mut self.header);
        self.held.clear();
        self.next = match self.header.check() {
            Ok(()) => next,
            Err(_) => Next::Lost,
        };
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
