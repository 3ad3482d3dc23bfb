//! AVIF: boxes within boxes.

use super::{Header, big_32};

/// Reads the brands, and every size (`ispe`) among the properties.
///
/// Source: ISO/IEC 14496-12 §4.2 and §4.3, ISO/IEC 23008-12 §6.5.3, AVIF 1.1 §6.
pub(super) fn read(bytes: &[u8]) -> Header {
    let mut header = Header::default();
    for (name, data) in boxes(bytes) {
        match &name {
            b"ftyp" => {
                let brands = data.chunks_exact(4).enumerate();
                // The second is a version and no brand.
                header.is_animated |= brands
                    .filter(|(index, _)| *index != 1)
                    .any(|(_, brand)| brand == b"avis");
            }
            b"moov" => header.is_animated = true,
            b"meta" => read_meta(&mut header, data),
            _ => {}
        }
    }
    header
}

fn read_meta(header: &mut Header, data: &[u8]) {
    // Four bytes of version and flags come before the boxes inside.
    let inside = boxes(data.get(4..).unwrap_or_default());
    let properties = inside
        .filter(|(name, _)| name == b"iprp")
        .flat_map(|(_, data)| boxes(data))
        .filter(|(name, _)| name == b"ipco")
        .flat_map(|(_, data)| boxes(data));
    for (name, data) in properties {
        if &name == b"ispe"
            && let (Some(width), Some(height)) = (big_32(data, 4), big_32(data, 8))
        {
            header.add(width, height);
        }
    }
}

/// Returns the boxes in `bytes` by name; the last one may be cut short.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let [_, _, _, _, a, b, c, d, ..] = rest else {
            return None;
        };
        let name = [*a, *b, *c, *d];
        let (head, length) = match big_32(rest, 0)? {
            // To the end of what it is in.
            0 => (8, rest.len()),
            // The length has eight bytes of its own, the upper four of which no picture needs.
            1 => match big_32(rest, 8)? {
                0 => (16, big_32(rest, 12)? as usize),
                _ => (16, usize::MAX),
            },
            length => (8, length as usize),
        };
        if length < head {
            return None;
        }
        let end = length.min(rest.len());
        let data = rest.get(head..end).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
        Some((name, data))
    })
}
