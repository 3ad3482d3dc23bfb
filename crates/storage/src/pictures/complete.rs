//! Finds the end of a picture, as far as its container says: what ends before it was cut short, and what
//! goes on behind it is something else as well.
//!
//! A server that ends a body without having declared its length leaves no other trace of a cut.

use super::format::ImageFormat;
use super::header::gif;

/// Where a picture ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Behind this many bytes.
    At(usize),
    /// Not within the bytes that there are.
    Missing,
    /// The container does not say.
    Unsaid,
}

/// Returns where the picture that `bytes` begin with ends.
pub(super) fn end_of(format: ImageFormat, bytes: &[u8]) -> End {
    match format {
        ImageFormat::Png => png_end(bytes).map_or(End::Missing, End::At),
        ImageFormat::Jpeg => jpeg_end(bytes).map_or(End::Missing, End::At),
        ImageFormat::WebP => webp_end(bytes).map_or(End::Missing, End::At),
        // The trailer of a GIF is often missing.
        ImageFormat::Gif => gif::end(bytes).map_or(End::Unsaid, End::At),
        // The boxes of an AVIF may lie in any order, and any may be the last.
        ImageFormat::Avif => End::Unsaid,
    }
}

/// Tells whether what lies behind a picture is nothing but filling, as some encoders leave it.
pub(super) fn is_padding(rest: &[u8]) -> bool {
    rest.iter().all(|byte| matches!(byte, 0 | b'\n' | b'\r'))
}

/// Walks the chunks (length, name, data, checksum) of a PNG to its `IEND`.
///
/// Source: PNG (third edition) §5.3 and §11.2.5.
fn png_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let [a, b, c, d, name @ ..] = bytes.get(at..)? else {
            return None;
        };
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let next = at.checked_add(length)?.checked_add(12)?;
        if next > bytes.len() {
            return None;
        }
        if name.starts_with(b"IEND") {
            return Some(next);
        }
        at = next;
    }
}

/// Walks the segments and scans of a JPEG to its `EOI`.
///
/// Source: ITU-T T.81 §B.1.1: within a scan, a marker is `0xff` with neither 0 nor a restart after it.
fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        match *bytes.get(at + 1)? {
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 => return Some(at + 2),
            _ => {
                let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
                at += 2 + usize::from(length.max(2));
            }
        }
    }
}

/// Reads the length in the RIFF header, which leaves out the first 8 bytes.
///
/// Source: RFC 9649 §2.4.
fn webp_end(bytes: &[u8]) -> Option<usize> {
    let [_, _, _, _, a, b, c, d, ..] = bytes else {
        return None;
    };
    let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    let end = length.checked_add(8)?;
    (end <= bytes.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png() -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend_from_slice(b"\0\0\0\x03IDATabc\x01\x02\x03\x04");
        bytes.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
        bytes
    }

    /// A picture with two scans, and with the end of another one in a segment.
    const JPEG: &[u8] = b"\xff\xd8\xff\xe1\0\x06\xff\xd9zz\xff\xda\0\x02a\xff\0b\xff\xd0c\
        \xff\xc4\0\x03x\xff\xda\0\x02d\xff\xff\xd9";
    const WEBP: &[u8] = b"RIFF\x08\0\0\0WEBPVP8 ";

    #[test]
    fn every_cut_is_found_and_so_is_everything_behind_the_end() {
        for (format, whole) in [
            (ImageFormat::Png, &png()[..]),
            (ImageFormat::Jpeg, JPEG),
            (ImageFormat::WebP, WEBP),
        ] {
            assert_eq!(end_of(format, whole), End::At(whole.len()), "{format}");
            let longer = [whole, b"PK\x03\x04\xff\xd9"].concat();
            assert_eq!(end_of(format, &longer), End::At(whole.len()), "{format}");
            for length in 0..whole.len() {
                let cut = end_of(format, &whole[..length]);
                assert_eq!(cut, End::Missing, "{format} of {length} bytes");
            }
        }
    }

    #[test]
    fn a_chunk_longer_than_memory_is_a_cut() {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend_from_slice(b"\xff\xff\xff\xffIENDxxxx");
        assert_eq!(end_of(ImageFormat::Png, &bytes), End::Missing);
    }

    #[test]
    fn only_filling_is_padding() {
        for (rest, expected) in [
            (&b""[..], true),
            (b"\0\0\0", true),
            (b"\r\n", true),
            (b"<", false),
            (b"\0PK", false),
        ] {
            assert_eq!(is_padding(rest), expected, "{rest:?}");
        }
    }
}
