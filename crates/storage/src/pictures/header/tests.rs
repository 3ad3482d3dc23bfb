//! Sizes and frames, told and lied about.

use proptest::prelude::*;

use super::{Header, Walk};
use crate::pictures::ImageFormat;
use crate::pictures::source::FetchedPicture;
use crate::pictures::testing::sample_picture;

/// Reads a beginning in one piece.
fn read(format: ImageFormat, bytes: &[u8]) -> Header {
    let mut walk = Walk::new(format);
    walk.feed(bytes);
    walk.header()
}

/// Reads a beginning byte by byte.
fn read_singly(format: ImageFormat, bytes: &[u8]) -> Header {
    let mut walk = Walk::new(format);
    for byte in bytes {
        walk.feed(std::slice::from_ref(byte));
    }
    walk.header()
}

#[test]
fn every_beginning_tells_the_size_or_nothing() {
    for format in ImageFormat::ALL {
        let whole = sample_picture(format, 640, 480, b"");
        let mut is_told = false;
        for length in 0..=whole.len() {
            let header = read(format, &whole[..length]);
            assert!(!header.is_animated, "{format} of {length} bytes");
            match header.size {
                Some(size) => assert_eq!(size, (640, 480), "{format} of {length} bytes"),
                // What was told once is told by every longer beginning.
                None => assert!(!is_told, "{format} of {length} bytes"),
            }
            is_told = header.size.is_some();
        }
        assert!(is_told, "{format}");
    }
}

#[test]
fn the_largest_size_counts() {
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\0\x01\0\x01\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\
        \xff\xc2\0\x11\x08\xff\xff\xff\xfe\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x02\xff\xd9";
    let gif = b"GIF89a\x01\0\x01\0\0\0\0,\x02\0\x03\0\xff\xff\xff\xff\0\x02\0;";
    let webp =
        b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0VP8L\x05\0\0\0\x2f\xff\xff\xff\x0f\0";
    for (format, bytes, size) in [
        (ImageFormat::Jpeg, &jpeg[..], (0xfffe, 0xffff)),
        (ImageFormat::Gif, gif, (0x10001, 0x10002)),
        (ImageFormat::WebP, webp, (0x4000, 0x4000)),
    ] {
        assert_eq!(read(format, bytes).size, Some(size), "{format}");
    }
    let lossy = b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x80\xc2\x90\x01";
    assert_eq!(read(ImageFormat::WebP, lossy).size, Some((640, 400)));
}

#[test]
fn a_box_may_reach_to_the_end_or_have_a_long_length() {
    let size = b"\0\0\0\x14ispe\0\0\0\0\0\0\x02\x80\0\0\x01\xe0";
    let properties = [&b"\0\0\0\0iprp\0\0\0\x01ipco\0\0\0\0\0\0\0\x24"[..], size].concat();
    let bytes = [
        b"\0\0\0\x10ftypavif\0\0\0\0\0\0\0\0meta\0\0\0\0",
        &properties[..],
    ]
    .concat();
    let header = read(ImageFormat::Avif, &bytes);
    assert_eq!(header.size, Some((640, 480)));
}

/// Bytes that look like a picture for a while, so that the readers get beyond their first line.
fn nearly_a_picture() -> impl Strategy<Value = Vec<u8>> {
    let beginnings: Vec<Vec<u8>> = ImageFormat::ALL
        .into_iter()
        .map(|format| sample_picture(format, 640, 480, b"filler").to_vec())
        .chain([Vec::new(), b"\0\0\0\x10ftypavif\0\0\0\0".to_vec()])
        .collect();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    let tail = prop::collection::vec(any::<u8>(), 0..200);
    (
        prop::sample::select(beginnings),
        changes,
        tail,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut bytes, changes, tail, cut)| {
            bytes.extend(tail);
            for (at, byte) in changes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            bytes.truncate(cut.index(bytes.len() + 1).max(bytes.len() / 2));
            bytes
        })
}

proptest! {
    // Twenty thousand inputs take seconds without optimisation; a longer run is for the fuzz target.
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in nearly_a_picture()) {
        for format in ImageFormat::ALL {
            let header = read(format, &bytes);
            prop_assert_eq!(read_singly(format, &bytes), header);
            // A longer beginning never takes back what a shorter one told.
            let half = read(format, &bytes[..bytes.len() / 2]);
            prop_assert!(half.size.is_none() || header.size >= half.size);
        }
        if let Ok(picture) = FetchedPicture::from_bytes(bytes.into()) {
            prop_assert!(picture.width > 0 && picture.height > 0);
        }
    }
}
