//! PNG, and APNG within it.

use super::{Container, Header, Next, big_32};

/// The signature before the first chunk, in bytes.
const SIGNATURE: usize = 8;
/// The length and the name of a chunk.
const HEAD: usize = 8;
/// The checksum behind the data of a chunk.
const CHECKSUM: u64 = 4;

/// Walks the chunks (length, name, data, checksum) to `IEND`.
///
/// `IHDR` has the size, `acTL` the number of frames, and `fdAT` is one more frame.
/// Source: PNG (third edition) §5.3, §11.2.1, §11.2.5 and §11.3.6.
#[derive(Debug, Default)]
pub(super) struct Png {
    state: State,
    /// A PNG begins with its header; one behind another chunk is none.
    had_a_chunk: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Start,
    Signature,
    Skipped,
    Head,
    /// The data that tell the size; so many bytes of the chunk follow.
    Size(u64),
    /// The data that tell the number of frames; so many bytes of the chunk follow.
    Frames(u64),
    LastSkipped,
}

impl Png {
    fn open(&mut self, head: &[u8], header: &mut Header) -> Next {
        let length = u64::from(big_32(head, 0).unwrap_or_default());
        let is_first = !std::mem::replace(&mut self.had_a_chunk, true);
        let name = head.get(4..).unwrap_or_default();
        self.state = match name {
            b"IHDR" if length >= 8 && (is_first || header.size.is_some()) => {
                State::Size(length - 8 + CHECKSUM)
            }
            b"acTL" if length >= 4 => State::Frames(length - 4 + CHECKSUM),
            b"IEND" => State::LastSkipped,
            _ => State::Skipped,
        };
        header.is_animated |= name == b"fdAT";
        match self.state {
            State::Size(_) => Next::Read(8),
            State::Frames(_) => Next::Read(4),
            _ => Next::Skip(length + CHECKSUM),
        }
    }

    fn skip(&mut self, rest: u64) -> Next {
        self.state = State::Skipped;
        Next::Skip(rest)
    }
}

impl Container for Png {
    fn step(&mut self, bytes: &[u8], header: &mut Header) -> Next {
        match self.state {
            State::Start => {
                self.state = State::Signature;
                Next::Read(SIGNATURE)
            }
            State::Signature | State::Skipped => {
                self.state = State::Head;
                Next::Read(HEAD)
            }
            State::Head => self.open(bytes, header),
            State::Size(rest) => {
                if let (Some(width), Some(height)) = (big_32(bytes, 0), big_32(bytes, 4)) {
                    header.add(width, height);
                }
                self.skip(rest)
            }
            State::Frames(rest) => {
                header.is_animated |= big_32(bytes, 0).is_some_and(|frames| frames > 1);
                self.skip(rest)
            }
            State::LastSkipped => Next::End,
        }
    }
}
