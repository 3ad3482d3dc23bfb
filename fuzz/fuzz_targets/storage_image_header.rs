//! Any bytes as a picture, as they are and behind the first bytes of each format, whole and in pieces.
//!
//! The first byte chooses the format, the next four the lengths of the pieces.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::stream;
use libfuzzer_sys::fuzz_target;
use storage::Sha256Digest;
use storage::pictures::{
    FetchErrorKind, FetchedPicture, ImageFormat, IncomingPicture, PictureLimits,
};
use tokio::runtime::{Builder, Runtime};

/// The first bytes of each format.
const BEGINNINGS: [&[u8]; 6] = [
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"RIFF\x24\0\0\0WEBP",
    b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime of one thread")
});

fuzz_target!(|data: &[u8]| {
    let Some((&[first, lengths @ ..], rest)) = data.split_first_chunk::<5>() else {
        return;
    };
    let beginning = BEGINNINGS[usize::from(first) % BEGINNINGS.len()];
    let bytes = Bytes::from([beginning, rest].concat());
    let whole = FetchedPicture::from_bytes(bytes.clone());
    let whole = whole.map_err(|error| error.kind());
    let pieces = read(pieces(&bytes, lengths));
    assert_eq!(whole, pieces, "cut by {lengths:?}");
    let Ok(picture) = whole else { return };
    assert_eq!(picture.bytes, bytes);
    assert_eq!(picture.sha256, Sha256Digest::of(&bytes));
    assert_eq!(ImageFormat::sniff(&bytes), Some(picture.format));
    assert!(picture.width > 0 && picture.height > 0 && picture.pixels() > 0);
});

/// Returns the bytes cut into pieces of these lengths, over and over; a piece may be empty.
fn pieces(bytes: &Bytes, lengths: [u8; 4]) -> Vec<Bytes> {
    let mut rest = bytes.clone();
    let mut pieces = Vec::new();
    let mut lengths = lengths.into_iter().cycle();
    while !rest.is_empty() {
        let length = lengths.next().map_or(1, usize::from);
        // Four empty pieces would come without end.
        let length = if pieces.len() % 4 == 3 {
            length.max(1)
        } else {
            length
        };
        pieces.push(rest.split_to(length.min(rest.len())));
    }
    pieces
}

fn read(pieces: Vec<Bytes>) -> Result<FetchedPicture, FetchErrorKind> {
    let pieces = stream::iter(pieces.into_iter().map(Ok));
    let read = async {
        let picture = IncomingPicture::begin(pieces, None, PictureLimits::NONE).await?;
        picture.collect().await
    };
    RUNTIME.block_on(read).map_err(|error| error.kind())
}
