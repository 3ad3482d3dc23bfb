//! Whole pictures, every cut of them, and what lies behind them, in pieces of any length.

use proptest::prelude::*;

use super::*;
use crate::pictures::testing::sample_picture;

fn png() -> Vec<u8> {
    let mut bytes = sample_picture(ImageFormat::Png, 8, 8, b"abc").to_vec();
    // What looks like an end is none within a chunk.
    bytes.splice(
        33..33,
        *b"\0\0\0\x0cIDAT\0\0\0\0IEND\0\0\0\0\x01\x02\x03\x04",
    );
    bytes
}

/// A picture with two scans, and with the end of another one in a segment.
const JPEG: &[u8] =
    b"\xff\xd8\xff\xe1\0\x06\xff\xd9zz\xff\xc0\0\x11\x08\0\x08\0\x08\x03\x01\x22\0\x02\
    \x11\x01\x03\x11\x01\xff\xda\0\x02a\xff\0b\xff\xd0c\xff\xc4\0\x03x\xff\xda\0\x02d\xff\xff\xd9";
const WEBP: &[u8] = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x07\0\0\x07\0\0";

fn examine(bytes: &[u8], at_once: usize) -> Result<PictureProof, FetchError> {
    let mut examiner = Examiner::new(None, PictureLimits::NONE)?;
    for piece in bytes.chunks(at_once) {
        examiner.feed(piece)?;
    }
    examiner.finish()
}

fn kind(bytes: &[u8]) -> Option<FetchErrorKind> {
    let whole = examine(bytes, usize::MAX).map_err(|error| error.kind());
    let singly = examine(bytes, 1).map_err(|error| error.kind());
    assert_eq!(whole, singly);
    whole.err()
}

#[test]
fn every_cut_is_found_and_so_is_everything_behind_the_end() {
    for whole in [&png()[..], JPEG, WEBP] {
        assert_eq!(kind(whole), None, "{whole:?}");
        for filling in [&b"\0\0\0"[..], b"\r\n"] {
            assert_eq!(kind(&[whole, filling].concat()), None, "{whole:?}");
        }
        for rest in [&b"PK\x03\x04\xff\xd9"[..], b"<", b"\0PK"] {
            let longer = [whole, rest].concat();
            assert_eq!(kind(&longer), Some(FetchErrorKind::NotAPicture));
        }
        assert_eq!(kind(b""), Some(FetchErrorKind::Empty));
        for length in 12..whole.len() {
            let cut = kind(&whole[..length]);
            assert_eq!(cut, Some(FetchErrorKind::Truncated), "{length} bytes");
        }
    }
}

#[test]
fn the_first_broken_rule_counts_however_the_picture_is_cut() {
    let frame = |high: u8| [b"\xff\xc0\0\x11\x08\0", &[high][..], &JPEG[17..29]].concat();
    let rest = b"\xff\xda\0\x02a\xff\xd9";
    for frames in [[0, 8], [8, 0]] {
        let bytes = [&b"\xff\xd8"[..], &frame(frames[0]), &frame(frames[1]), rest].concat();
        let lost = (frames[0] == 0).then_some(FetchErrorKind::NotAPicture);
        assert_eq!(kind(&bytes), lost, "{frames:?}");
    }
    // A screen of no pixel, and then two frames.
    let frame = b",\0\0\0\0\x08\0\x08\0\0\x02\0";
    let bytes = [&b"GIF89a\0\0\0\0\0\0\0"[..], frame, frame, b";"].concat();
    assert_eq!(kind(&bytes), Some(FetchErrorKind::NotAPicture));
}

#[test]
fn a_chunk_longer_than_memory_is_a_cut() {
    let bytes = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIENDxxxx";
    assert_eq!(kind(bytes), Some(FetchErrorKind::Truncated));
}

#[test]
fn a_declared_length_must_be_kept_and_be_within_the_limit() {
    let bytes = png();
    let length = bytes.len() as u64;
    let limits = PictureLimits {
        max_bytes: length,
        max_pixels: 64,
    };
    for (declared, expected) in [
        (None, None),
        (Some(length), None),
        (Some(length - 1), Some(FetchErrorKind::Truncated)),
        (Some(length + 1), Some(FetchErrorKind::TooLarge)),
    ] {
        let outcome = Examiner::new(declared, limits).and_then(|mut examiner| {
            examiner.feed(&bytes)?;
            examiner.finish()
        });
        let kind = outcome.map_err(|error| error.kind()).err();
        assert_eq!(kind, expected, "{declared:?}");
    }
}

#[test]
fn each_limit_is_kept_with_the_byte_that_breaks_it() {
    let bytes = png();
    let cap = bytes.len() as u64 - 1;
    let limits = PictureLimits {
        max_bytes: cap,
        max_pixels: u64::MAX,
    };
    let mut examiner = Examiner::new(None, limits).unwrap();
    examiner.feed(&bytes[..bytes.len() - 1]).unwrap();
    let error = examiner.feed(&bytes[bytes.len() - 1..]).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::TooLarge);

    let limits = PictureLimits {
        max_pixels: 63,
        ..PictureLimits::NONE
    };
    let mut examiner = Examiner::new(None, limits).unwrap();
    let error = examiner.feed(&bytes[..64]).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::TooManyPixels);
}

#[test]
fn a_limit_that_is_lowered_on_the_way_is_kept() {
    let bytes = png();
    let mut examiner = Examiner::new(None, PictureLimits::NONE).unwrap();
    examiner.feed(&bytes[..70]).unwrap();
    examiner.limit_bytes(80).unwrap();
    // A higher one changes nothing.
    examiner.limit_bytes(1000).unwrap();
    assert!(examiner.feed(&bytes[70..81]).is_err());
    assert!(examiner.limit_bytes(69).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn how_the_bytes_are_cut_into_pieces_changes_nothing(
        format in prop::sample::select(&ImageFormat::ALL[..]),
        filler in prop::collection::vec(any::<u8>(), 0..200),
        tail in prop::collection::vec(any::<u8>(), 0..4),
        at_once in 1_usize..100,
    ) {
        let bytes = [&sample_picture(format, 640, 480, &filler)[..], &tail].concat();
        let whole = examine(&bytes, usize::MAX).map_err(|error| error.kind());
        let pieces = examine(&bytes, at_once).map_err(|error| error.kind());
        prop_assert_eq!(whole, pieces);
        if let Ok(proof) = whole {
            prop_assert_eq!(proof.sha256, Sha256Digest::of(&bytes));
            prop_assert_eq!(proof.size_bytes, bytes.len() as u64);
        }
    }
}
