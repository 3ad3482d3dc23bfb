//! WebP.

use super::{Header, little_16, little_32};

/// The first bytes of a `VP8 ` key frame after its tag (RFC 6386 §9.1).
const KEY_FRAME: &[u8] = &[0x9d, 0x01, 0x2a];
/// The bit of `VP8X` that promises an animation.
const ANIMATION: u8 = 0x02;

/// Walks the chunks of the container; the canvas and the picture in it each have a size.
///
/// Source: RFC 9649 §2.5, §2.6, §2.7 and §3.4.
pub(super) fn read(bytes: &[u8]) -> Header {
    let mut header = Header::default();
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let (Some(name), Some(length)) = (rest.get(..4), little_32(rest, 4)) {
        let data = rest.get(8..).unwrap_or_default();
        let size = match name {
            b"VP8X" => {
                header.is_animated |= data.first().is_some_and(|flags| flags & ANIMATION != 0);
                canvas(data)
            }
            b"VP8 " => lossy(data),
            b"VP8L" => lossless(data),
            b"ANIM" | b"ANMF" => {
                header.is_animated = true;
                None
            }
            _ => None,
        };
        if let Some((width, height)) = size {
            header.add(width, height);
        }
        // Chunks are padded to an even length.
        let next = (length as usize)
            .checked_next_multiple_of(2)
            .and_then(|length| length.checked_add(8));
        rest = next.and_then(|next| rest.get(next..)).unwrap_or_default();
    }
    header
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
