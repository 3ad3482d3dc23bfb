//! The formats of pictures that we take, told by their first bytes.

use std::fmt;

/// The format of a picture.
///
/// Nothing else is taken: HTML, XML and SVG can carry scripts and are never pictures here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
    /// AVIF.
    Avif,
}

impl ImageFormat {
    /// Every format once.
    pub const ALL: [Self; 5] = [Self::Png, Self::Jpeg, Self::WebP, Self::Gif, Self::Avif];

    /// Returns the content type, such as `image/png`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Avif => "image/avif",
        }
    }

    /// Returns the file extension without the dot, such as `png`; JPEG's is `jpg`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Avif => "avif",
        }
    }

    /// Returns the format with this file extension (lower case, without the dot; `jpeg` is known too).
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "jpeg" => Some(Self::Jpeg),
            _ => Self::ALL
                .into_iter()
                .find(|format| format.extension() == extension),
        }
    }

    /// Returns the format that the first bytes tell, or `None` for anything that is no picture.
    ///
    /// Sixty-four bytes are enough. Source: the magic numbers of the WHATWG MIME Sniffing Standard §6.1,
    /// and ISO/IEC 14496-12 §4.3 (`ftyp`) with the AVIF brands `avif` and `avis`.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            _ if is_avif(bytes) => Some(Self::Avif),
            _ => None,
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

fn is_avif(bytes: &[u8]) -> bool {
    let [a, b, c, d, b'f', b't', b'y', b'p', rest @ ..] = bytes else {
        return false;
    };
    let box_length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    // The box holds the major brand, a version that is no brand, and the compatible brands.
    let brands = rest.get(..box_length.saturating_sub(8)).unwrap_or(rest);
    brands
        .chunks_exact(4)
        .take(14)
        .enumerate()
        .any(|(index, brand)| index != 1 && matches!(brand, b"avif" | b"avis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_format() {
        let cases: [(&[u8], Option<ImageFormat>); 14] = [
            (b"\x89PNG\r\n\x1a\nrest", Some(ImageFormat::Png)),
            (b"\xff\xd8\xff\xe0rest", Some(ImageFormat::Jpeg)),
            (b"GIF87a....", Some(ImageFormat::Gif)),
            (b"GIF89a....", Some(ImageFormat::Gif)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(ImageFormat::WebP)),
            (
                b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
                Some(ImageFormat::Avif),
            ),
            (
                b"\0\0\0\x18ftypmif1\0\0\0\0miafavif",
                Some(ImageFormat::Avif),
            ),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", None),
            (b"\0\0\0\x10ftypmif1avifavif", None),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"<!doctype html><html>", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"<?xml version=\"1.0\"?><svg/>", None),
            (b"", None),
        ];
        for (bytes, format) in cases {
            assert_eq!(ImageFormat::sniff(bytes), format, "{bytes:?}");
        }
    }

    #[test]
    fn extensions_lead_back_to_their_format() {
        for format in ImageFormat::ALL {
            assert_eq!(ImageFormat::of_extension(format.extension()), Some(format));
        }
        assert_eq!(ImageFormat::of_extension("jpeg"), Some(ImageFormat::Jpeg));
        for extension in ["", "svg", "PNG", "html"] {
            assert_eq!(ImageFormat::of_extension(extension), None);
        }
    }
}
