//! WebP.

use super::{Container, Header, Next, little_16, little_32};

/// The first bytes of a `VP8 ` key frame after its tag (RFC 6386 §9.1).
const KEY_FRAME: &[u8] = &[0x9d, 0x01, 0x2a];
/// The bit of `VP8X` that promises an animation.
const ANIMATION: u8 = 0x02;
/// `RIFF`, the length of what follows, and `WEBP`.
const RIFF_HEAD: usize = 12;
/// The name and the length of a chunk.
const HEAD: u64 = 8;

/// Walks the chunks of the container up to the length in its head, which leaves out the first 8 bytes.
///
/// The canvas and the picture in it each have a size.
/// Source: RFC 9649 §2.4, §2.5, §2.6, §2.7 and §3.4.
#[derive(Debug, Default)]
pub(super) struct WebP {
    state: State,
    /// The bytes of the container that are still to come.
    left: u64,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Start,
    RiffHead,
    Skipped,
    Head,
    /// The data that tell the size, in this kind of chunk; so many bytes of the chunk follow.
    Size(Kind, u64),
    LastSkipped,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Canvas,
    Lossy,
    Lossless,
}

impl Kind {
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"VP8X" => Some(Self::Canvas),
            b"VP8 " => Some(Self::Lossy),
            b"VP8L" => Some(Self::Lossless),
            _ => None,
        }
    }

    /// Returns how many bytes tell the size.
    fn head_bytes(self) -> u8 {
        match self {
            Self::Canvas | Self::Lossy => 10,
            Self::Lossless => 5,
        }
    }

    fn size(self, data: &[u8]) -> Option<(u32, u32)> {
        match self {
            Self::Canvas => canvas(data),
            Self::Lossy => lossy(data),
            Self::Lossless => lossless(data),
        }
    }
}

impl WebP {
    fn chunk_or_end(&mut self) -> Next {
        if self.left < HEAD {
            self.state = State::LastSkipped;
            return Next::Skip(self.left);
        }
        self.left -= HEAD;
        self.state = State::Head;
        Next::Read(8)
    }

    fn open(&mut self, head: &[u8], header: &mut Header) -> Next {
        let name = head.get(..4).unwrap_or_default();
        header.is_animated |= matches!(name, b"ANIM" | b"ANMF");
        // Chunks are padded to an even length.
        let length = u64::from(little_32(head, 4).unwrap_or_default()).next_multiple_of(2);
        let length = length.min(self.left);
        self.left -= length;
        match Kind::of(name) {
            Some(kind) if length >= kind.head_bytes().into() => {
                let count = kind.head_bytes();
                self.state = State::Size(kind, length - u64::from(count));
                Next::Read(count.into())
            }
            _ => {
                self.state = State::Skipped;
                Next::Skip(length)
            }
        }
    }
}

impl Container for WebP {
    fn step(&mut self, bytes: &[u8], header: &mut Header) -> Next {
        match self.state {
            State::Start => {
                self.state = State::RiffHead;
                Next::Read(RIFF_HEAD)
            }
            State::RiffHead => match little_32(bytes, 4).unwrap_or_default().checked_sub(4) {
                Some(left) => {
                    self.left = left.into();
                    self.chunk_or_end()
                }
                None => Next::Lost,
            },
            State::Skipped => self.chunk_or_end(),
            State::Head => self.open(bytes, header),
            State::Size(kind, rest) => {
                let flags = bytes.first().copied().unwrap_or_default();
                header.is_animated |= matches!(kind, Kind::Canvas) && flags & ANIMATION != 0;
                if let Some((width, height)) = kind.size(bytes) {
                    header.add(width, height);
                }
                self.state = State::Skipped;
                Next::Skip(rest)
            }
            State::LastSkipped => Next::End,
        }
    }
}

fn canvas(data: &[u8]) -> Option<(u32, u32)> {
    let three = |at| Some(little_32(data, at)? >> 8);
    // Read from one byte before, so that the four bytes end with the three that count.
    Some((three(3)? + 1, three(6)? + 1))
}

fn lossy(data: &[u8]) -> Option<(u32, u32)> {
    if data.get(3..6)? != KEY_FRAME {
        return None;
    }
    // The two upper bits say how to scale.
    Some((little_16(data, 6)? & 0x3fff, little_16(data, 8)? & 0x3fff))
}

fn lossless(data: &[u8]) -> Option<(u32, u32)> {
    let bits = little_32(data, 1).filter(|_| data.first() == Some(&0x2f))?;
    Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}
