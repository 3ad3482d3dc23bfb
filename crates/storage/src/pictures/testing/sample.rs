//! The smallest bytes that pass for a picture: a true header, an end, and nothing to see.

use bytes::Bytes;

use crate::pictures::ImageFormat;

/// Returns bytes with the header of a picture of this format and size, and `filler` within.
///
/// They pass every check that is made without decoding; no viewer can show them.
/// Different fillers give different bytes. The filler is to be without `0xff`, which means something in a
/// JPEG; GIF, JPEG and WebP hold at most 65535 pixels a side.
pub fn sample_picture(format: ImageFormat, width: u32, height: u32, filler: &[u8]) -> Bytes {
    match format {
        ImageFormat::Png => png(width, height, filler),
        ImageFormat::Jpeg => jpeg(short(width), short(height), filler),
        ImageFormat::WebP => webp(width, height, filler),
        ImageFormat::Gif => gif(short(width), short(height), filler),
        ImageFormat::Avif => avif(width, height, filler),
    }
    .into()
}

fn short(side: u32) -> u16 {
    u16::try_from(side).unwrap_or(u16::MAX)
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn png(width: u32, height: u32, filler: &[u8]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", &*header), (b"IDAT", filler), (b"IEND", &[])] {
        bytes.extend(length(data).to_be_bytes());
        bytes.extend(name);
        bytes.extend(data);
        // Nobody here looks at the checksum.
        bytes.extend([0; 4]);
    }
    bytes
}

fn jpeg(width: u16, height: u16, filler: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xc0\x00\x11\x08".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    bytes.extend(b"\xff\xda\x00\x02");
    bytes.extend(filler);
    bytes.extend(b"\xff\xd9");
    bytes
}

fn webp(width: u32, height: u32, filler: &[u8]) -> Vec<u8> {
    let mut inner = b"WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    inner.extend(&width.saturating_sub(1).to_le_bytes()[..3]);
    inner.extend(&height.saturating_sub(1).to_le_bytes()[..3]);
    inner.extend(filler);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(length(&inner).to_le_bytes());
    bytes.extend(inner);
    bytes
}

fn gif(width: u16, height: u16, filler: &[u8]) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0, 0, 0]);
    bytes.extend(filler);
    bytes.push(0x3b);
    bytes
}

fn avif(width: u32, height: u32, filler: &[u8]) -> Vec<u8> {
    let mut size = vec![0; 4];
    size.extend(width.to_be_bytes());
    size.extend(height.to_be_bytes());
    let properties = boxed(*b"iprp", &boxed(*b"ipco", &boxed(*b"ispe", &size)));
    let mut meta = vec![0; 4];
    meta.extend(properties);
    let mut bytes = boxed(*b"ftyp", b"avif\0\0\0\0avifmif1");
    bytes.extend(boxed(*b"meta", &meta));
    bytes.extend(boxed(*b"mdat", filler));
    bytes
}

fn boxed(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = (length(data) + 8).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(data);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::FetchedPicture;

    #[test]
    fn samples_pass_the_checks() {
        for format in ImageFormat::ALL {
            let bytes = sample_picture(format, 640, 480, b"filler");
            let picture = FetchedPicture::from_bytes(bytes).unwrap();
            assert_eq!(picture.format, format);
            assert_eq!((picture.width, picture.height), (640, 480), "{format}");
        }
    }
}
