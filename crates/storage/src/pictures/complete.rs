//! Tells a picture that was cut short from a whole one, as far as its container says.
//!
//! A server that ends a body without having declared its length leaves no other trace of a cut.

use super::format::ImageFormat;

/// The marker that ends a JPEG.
const JPEG_END: [u8; 2] = [0xff, 0xd9];

/// Tells whether `bytes` end before the picture does; `false` where the format does not say.
pub(super) fn is_cut_short(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Png => !has_png_end(bytes),
        ImageFormat::Jpeg => !bytes.windows(2).rev().any(|pair| pair == JPEG_END),
        ImageFormat::WebP => is_riff_short(bytes),
        // The trailer of a GIF is often missing, and an AVIF's boxes may lie in any order.
        ImageFormat::Gif | ImageFormat::Avif => false,
    }
}

/// Walks the chunks (length, name, data, checksum) of a PNG to its `IEND`.
///
/// Source: PNG (third edition) §5.3 and §11.2.5.
fn has_png_end(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let [a, b, c, d, name @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(after) = length
            .checked_add(12)
            .and_then(|whole_chunk| rest.get(whole_chunk..))
        else {
            return false;
        };
        if name.starts_with(b"IEND") {
            return true;
        }
        rest = after;
    }
    false
}

/// Compares the length in the RIFF header, which leaves out the first 8 bytes, with the bytes there are.
///
/// Source: RFC 9649 §2.4.
fn is_riff_short(bytes: &[u8]) -> bool {
    match bytes {
        [_, _, _, _, a, b, c, d, rest @ ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            rest.len() < length
        }
        _ => true,
    }
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

    #[test]
    fn every_cut_of_a_png_is_found() {
        let whole = png();
        assert!(!is_cut_short(ImageFormat::Png, &whole));
        for length in 0..whole.len() {
            assert!(is_cut_short(ImageFormat::Png, &whole[..length]), "{length}");
        }
    }

    #[test]
    fn a_chunk_longer_than_memory_is_a_cut() {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend_from_slice(b"\xff\xff\xff\xffIENDxxxx");
        assert!(is_cut_short(ImageFormat::Png, &bytes));
    }

    #[test]
    fn a_webp_knows_its_length() {
        let whole = b"RIFF\x08\0\0\0WEBPVP8 ";
        assert!(!is_cut_short(ImageFormat::WebP, whole));
        for length in 0..whole.len() {
            assert!(
                is_cut_short(ImageFormat::WebP, &whole[..length]),
                "{length}"
            );
        }
    }

    #[test]
    fn a_jpeg_ends_with_its_marker() {
        assert!(!is_cut_short(
            ImageFormat::Jpeg,
            b"\xff\xd8\xff\xe0abc\xff\xd9"
        ));
        assert!(is_cut_short(ImageFormat::Jpeg, b"\xff\xd8\xff\xe0abc"));
    }
}
