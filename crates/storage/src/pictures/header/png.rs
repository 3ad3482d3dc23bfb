//! PNG, and APNG within it.

use super::{Header, big_32};

/// Walks the chunks: `IHDR` has the size, `acTL` the number of frames, and `fdAT` is one more frame.
///
/// Source: PNG (third edition) §5.3, §11.2.1 and §11.3.6.
pub(super) fn read(bytes: &[u8]) -> Header {
    let mut header = Header::default();
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let (Some(length), Some(name)) = (big_32(rest, 0), rest.get(4..8)) {
        match name {
            b"IHDR" => {
                if let (Some(width), Some(height)) = (big_32(rest, 8), big_32(rest, 12)) {
                    header.add(width, height);
                }
            }
            b"acTL" => header.is_animated |= big_32(rest, 8).is_some_and(|frames| frames > 1),
            b"fdAT" => header.is_animated = true,
            b"IEND" => break,
            // A PNG begins with its header; whatever else does has no size for us.
            _ if header.size.is_none() => break,
            _ => {}
        }
        let next = (length as usize).checked_add(12);
        rest = next.and_then(|next| rest.get(next..)).unwrap_or_default();
    }
    header
}
