//! JPEG.

use super::{Container, Header, Next, big_16};

/// Walks the segments and scans to `EOI`; each start of a frame (`SOF`) has a size.
///
/// Source: ITU-T T.81 §B.1.1 and §B.2.2: within a scan, a marker is `0xff` with neither 0 nor a restart
/// after it.
#[derive(Debug, Default)]
pub(super) struct Jpeg {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Start,
    /// Between two markers: within a scan, or at the end of a segment.
    Between,
    Found,
    Marker,
    Length,
    LengthOfFrame,
    /// The data that tell the size; so many bytes of the segment follow.
    Frame(u64),
}

impl Jpeg {
    fn to(&mut self, state: State, next: Next) -> Next {
        self.state = state;
        next
    }

    fn mark(&mut self, marker: u8) -> Next {
        match marker {
            // Bytes that fill up.
            0xff => self.to(State::Marker, Next::Read(1)),
            // No marker at all, and markers that stand alone.
            0x00 | 0x01 | 0xd0..=0xd8 => self.to(State::Found, Next::Find(0xff)),
            0xd9 => Next::End,
            _ if is_start_of_frame(marker) => self.to(State::LengthOfFrame, Next::Read(2)),
            _ => self.to(State::Length, Next::Read(2)),
        }
    }
}

impl Container for Jpeg {
    fn step(&mut self, bytes: &[u8], header: &mut Header) -> Next {
        // The length counts its own two bytes.
        let length = || u64::from(big_16(bytes, 0).unwrap_or_default()).saturating_sub(2);
        match self.state {
            State::Start => self.to(State::Between, Next::Read(2)),
            State::Between => self.to(State::Found, Next::Find(0xff)),
            State::Found => self.to(State::Marker, Next::Read(1)),
            State::Marker => self.mark(bytes.first().copied().unwrap_or_default()),
            State::LengthOfFrame if length() >= 5 => {
                self.to(State::Frame(length() - 5), Next::Read(5))
            }
            State::Length | State::LengthOfFrame => self.to(State::Between, Next::Skip(length())),
            State::Frame(rest) => {
                if let (Some(height), Some(width)) = (big_16(bytes, 1), big_16(bytes, 3)) {
                    header.add(width, height);
                }
                self.to(State::Between, Next::Skip(rest))
            }
        }
    }
}

fn is_start_of_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}
