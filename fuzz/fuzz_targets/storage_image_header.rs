//! Any bytes as a picture, as they are and behind the first bytes of each format.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use storage::Sha256Digest;
use storage::pictures::{FetchedPicture, ImageFormat};

/// The first bytes of each format.
const BEGINNINGS: [&[u8]; 6] = [
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"RIFF\x24\0\0\0WEBP",
    b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
];

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let beginning = BEGINNINGS[usize::from(first) % BEGINNINGS.len()];
    let bytes = Bytes::from([beginning, rest].concat());
    let Ok(picture) = FetchedPicture::from_bytes(bytes.clone()) else {
        return;
    };
    assert_eq!(picture.bytes, bytes);
    assert_eq!(picture.sha256, Sha256Digest::of(&bytes));
    assert_eq!(ImageFormat::sniff(&bytes), Some(picture.format));
    assert!(picture.width > 0 && picture.height > 0 && picture.pixels() > 0);
});
