//! GIF.

use super::{Header, little_16};

/// What ends a picture.
const TRAILER: u8 = b';';

/// Reads the sizes and the number of frames; the screen has a size, and each frame may reach beyond it.
pub(super) fn read(bytes: &[u8]) -> Header {
    walk(bytes).0
}

/// Returns where the picture ends, or `None` where it does not say.
pub(in crate::pictures) fn end(bytes: &[u8]) -> Option<usize> {
    walk(bytes).1
}

/// Walks the blocks to the trailer.
///
/// Source: the specification of GIF, version 89a, §17, §18, §20, §23 and §27.
fn walk(bytes: &[u8]) -> (Header, Option<usize>) {
    let mut header = Header::default();
    let (Some(width), Some(height), Some(&flags)) =
        (little_16(bytes, 6), little_16(bytes, 8), bytes.get(10))
    else {
        return (header, None);
    };
    header.add(width, height);
    if width == 0 || height == 0 {
        return (header, None);
    }
    let mut frames = 0;
    let mut at = 13 + table_length(flags);
    let end = loop {
        let next = match bytes.get(at) {
            Some(b'!') => after_blocks(bytes, at + 2),
            Some(b',') => {
                frames += 1;
                after_frame(&mut header, bytes, at)
            }
            Some(&TRAILER) => break Some(at + 1),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break None,
        }
    };
    header.is_animated = frames > 1;
    (header, end)
}

/// Takes the size of the frame at `at` into account and returns where it ends.
fn after_frame(header: &mut Header, bytes: &[u8], at: usize) -> Option<usize> {
    let side =
        |offset, length| Some(little_16(bytes, at + offset)? + little_16(bytes, at + length)?);
    header.add(side(1, 5)?, side(3, 7)?);
    let flags = *bytes.get(at + 9)?;
    // After the colours comes one byte of the packing, then the blocks.
    after_blocks(bytes, at + 10 + table_length(flags) + 1)
}

/// Returns how many bytes of colours the flags announce.
fn table_length(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        return 0;
    }
    3 << ((flags & 7) + 1)
}

/// Returns where the blocks, each with its length before it, end.
fn after_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += 1 + usize::from(length),
        }
    }
}
