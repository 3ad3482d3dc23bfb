//! JPEG.

use super::{Header, big_16};

/// Walks the segments up to the first scan; each start of a frame (`SOF`) has a size.
///
/// Source: ITU-T T.81 §B.1.1 and §B.2.2.
pub(super) fn read(bytes: &[u8]) -> Header {
    let mut header = Header::default();
    let mut at = 2;
    while let Some(0xff) = bytes.get(at) {
        let Some(&marker) = bytes.get(at + 1) else {
            break;
        };
        match marker {
            // Bytes that fill up, and markers that stand alone.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // The end, or the first scan, after which there is no header.
            0xd9 | 0xda => break,
            _ => {
                if is_start_of_frame(marker)
                    && let (Some(height), Some(width)) =
                        (big_16(bytes, at + 5), big_16(bytes, at + 7))
                {
                    header.add(width, height);
                }
                match big_16(bytes, at + 2) {
                    Some(length @ 2..) => at += 2 + length as usize,
                    _ => break,
                }
            }
        }
    }
    header
}

fn is_start_of_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}
