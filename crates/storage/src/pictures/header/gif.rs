//! GIF.

use super::{Container, Header, Next, little_16};

/// What ends a picture.
const TRAILER: u8 = b';';
/// The signature, and what describes the screen.
const SCREEN: usize = 13;
/// What describes a frame, after the mark that opens it.
const FRAME: usize = 9;

/// Walks the blocks to the trailer.
///
/// The screen has a size, and each frame may reach beyond it.
/// Source: the specification of GIF, version 89a, §17, §18, §20, §23 and §27.
#[derive(Debug, Default)]
pub(super) struct Gif {
    state: State,
    had_a_frame: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Start,
    Screen,
    Skipped,
    Mark,
    Frame,
    /// The colours of a frame have passed; the size of its codes comes before its blocks.
    Colours,
    /// Blocks are next, each with its length before it.
    Blocks,
    Length,
}

impl Gif {
    fn to(&mut self, state: State, next: Next) -> Next {
        self.state = state;
        next
    }

    fn mark(&mut self, mark: u8, header: &mut Header) -> Next {
        match mark {
            // An extension; the byte after the mark names it.
            b'!' => self.to(State::Blocks, Next::Skip(1)),
            b',' => {
                header.is_animated |= std::mem::replace(&mut self.had_a_frame, true);
                self.to(State::Frame, Next::Read(FRAME))
            }
            TRAILER => Next::End,
            _ => Next::Lost,
        }
    }
}

impl Container for Gif {
    fn step(&mut self, bytes: &[u8], header: &mut Header) -> Next {
        let number = |at| little_16(bytes, at).unwrap_or_default();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        match self.state {
            State::Start => self.to(State::Screen, Next::Read(SCREEN)),
            State::Screen => {
                header.add(number(6), number(8));
                self.to(State::Skipped, Next::Skip(table_length(byte(10))))
            }
            State::Skipped => self.to(State::Mark, Next::Read(1)),
            State::Mark => self.mark(byte(0), header),
            State::Frame => {
                header.add(number(0) + number(4), number(2) + number(6));
                self.to(State::Colours, Next::Skip(table_length(byte(8))))
            }
            State::Colours => self.to(State::Blocks, Next::Skip(1)),
            State::Blocks => self.to(State::Length, Next::Read(1)),
            State::Length => match byte(0) {
                0 => self.to(State::Mark, Next::Read(1)),
                length => self.to(State::Blocks, Next::Skip(length.into())),
            },
        }
    }
}

/// Returns how many bytes of colours the flags announce.
fn table_length(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        return 0;
    }
    3 << ((flags & 7) + 1)
}
