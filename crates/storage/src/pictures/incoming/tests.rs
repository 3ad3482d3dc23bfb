//! Pieces of pictures, whole and broken, given out and held.

use futures_util::stream;

use super::*;
use crate::object::Sha256Digest;
use crate::pictures::testing::sample_picture;

fn pieces(bytes: &Bytes, at_once: usize) -> Vec<Result<Bytes, FetchError>> {
    let starts = (0..bytes.len()).step_by(at_once);
    let piece = |start| bytes.slice(start..bytes.len().min(start + at_once));
    starts.map(|start| Ok(piece(start))).collect()
}

async fn incoming(bytes: &Bytes, at_once: usize, declared: Option<u64>) -> IncomingPicture {
    let pieces = stream::iter(pieces(bytes, at_once));
    IncomingPicture::begin(pieces, declared, PictureLimits::NONE)
        .await
        .unwrap()
}

fn png() -> Bytes {
    sample_picture(ImageFormat::Png, 640, 480, &[7; 1000])
}

#[tokio::test]
async fn the_pieces_are_the_picture_and_then_it_is_proved() {
    for at_once in [1, 7, 100, 5000] {
        let mut picture = incoming(&png(), at_once, None).await;
        assert_eq!(picture.format(), Some(ImageFormat::Png));
        let mut all = Vec::new();
        while let Some(piece) = picture.next().await.unwrap() {
            all.extend_from_slice(&piece);
        }
        assert_eq!(all, png());
        let proof = picture.proof().unwrap();
        assert_eq!(proof.sha256, Sha256Digest::of(&png()));
        assert_eq!((proof.width, proof.height), (640, 480));
        assert!(picture.next().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_last_piece_of_a_picture_that_breaks_a_rule_is_never_given() {
    let whole = png();
    let length = whole.len() as u64;
    let broken = [
        (whole.slice(..whole.len() - 1), None),
        (whole.clone(), Some(length + 1)),
        (whole.clone(), Some(length - 1)),
        ([&whole[..], b"<"].concat().into(), None),
    ];
    for (bytes, declared) in broken {
        for at_once in [1, 7, 100] {
            let mut picture = incoming(&bytes, at_once, declared).await;
            let mut given = 0;
            let error = loop {
                match picture.next().await {
                    Ok(Some(piece)) => given += piece.len(),
                    Ok(None) => panic!("{declared:?}: a whole picture"),
                    Err(error) => break error,
                }
            };
            assert!(!error.to_string().is_empty());
            assert!(given < bytes.len(), "{given} of {}", bytes.len());
            assert!(picture.next().await.is_err());
        }
    }
}

#[tokio::test]
async fn empty_pieces_are_not_given() {
    let bytes = png();
    let mut all = pieces(&bytes, 500);
    for at in [2, 1, 0] {
        all.insert(at, Ok(Bytes::new()));
    }
    let mut picture = IncomingPicture::begin(stream::iter(all), None, PictureLimits::NONE)
        .await
        .unwrap();
    while let Some(piece) = picture.next().await.unwrap() {
        assert!(!piece.is_empty());
    }
}

#[tokio::test]
async fn what_is_too_long_to_be_held_is_not_lost() {
    let bytes = png();
    match incoming(&bytes, 100, None).await.hold(300).await.unwrap() {
        Held::Whole(_) => panic!("it is longer"),
        Held::Longer(picture) => assert_eq!(picture.collect().await.unwrap().bytes, bytes),
    }
    let length = bytes.len() as u64;
    match incoming(&bytes, 100, None)
        .await
        .hold(length)
        .await
        .unwrap()
    {
        Held::Whole(picture) => assert_eq!(picture.bytes, bytes),
        Held::Longer(_) => panic!("it fits"),
    }
}

#[tokio::test]
async fn a_lower_cap_is_kept() {
    let bytes = png();
    let length = bytes.len() as u64;
    for declared in [Some(length), None] {
        let picture = incoming(&bytes, 100, declared).await;
        let outcome = match picture.with_max_bytes(length - 1) {
            Ok(picture) => picture.collect().await.map(|_| ()),
            Err(error) => Err(error),
        };
        let kind = outcome.map_err(|error| error.kind());
        assert_eq!(kind, Err(FetchErrorKind::TooLarge), "{declared:?}");
        let picture = incoming(&bytes, 100, declared).await;
        let picture = picture.with_max_bytes(length).unwrap();
        assert!(picture.collect().await.is_ok(), "{declared:?}");
    }
}
