//! What the bytes of an answer are, and what they only claim to be.

use std::time::Duration;

use storage::Sha256Digest;
use storage::pictures::testing::sample_picture;
use storage::pictures::{FetchErrorKind, ImageFormat, PictureSourceExt};

use super::server::{Server, Step, head, picture, status};
use super::{all_of, fetch_from, get, kind};

const SOON: Duration = Duration::from_millis(1);

fn png(filler: &[u8]) -> Vec<u8> {
    sample_picture(ImageFormat::Png, 1024, 768, filler).to_vec()
}

#[tokio::test]
async fn a_picture_of_each_format_comes_whole() {
    let server = Server::start().await;
    for format in ImageFormat::ALL {
        let bytes = sample_picture(format, 640, 480, &vec![7; 100_000]);
        let path = format!("/{format}");
        server.on(&path, picture(&bytes));
        let fetched = get(&server, &path).await.unwrap();
        assert_eq!(fetched.format, format);
        assert_eq!((fetched.width, fetched.height), (640, 480));
        assert_eq!(fetched.sha256, Sha256Digest::of(&bytes));
        assert_eq!(fetched.bytes, bytes);
    }
}

#[tokio::test]
async fn a_body_without_a_length_comes_whole_too() {
    let server = Server::start().await;
    let bytes = png(&[7; 5000]);
    let (first, second) = bytes.split_at(2000);
    let chunked = |parts: &[&[u8]]| {
        let mut script = vec![head(200, &["Transfer-Encoding: chunked"])];
        for part in parts {
            script.push(Step::Send(format!("{:x}\r\n", part.len()).into_bytes()));
            script.push(Step::Send([part, &b"\r\n"[..]].concat()));
        }
        script
    };
    let mut whole = chunked(&[first, second]);
    whole.push(Step::Send(b"0\r\n\r\n".to_vec()));
    server.on("/chunked", whole);
    server.on("/cut", chunked(&[first, second]));
    server.on(
        "/until-close",
        vec![head(200, &[]), Step::Send(bytes.clone())],
    );
    assert_eq!(get(&server, "/chunked").await.unwrap().bytes, bytes);
    assert_eq!(get(&server, "/until-close").await.unwrap().bytes, bytes);
    assert_eq!(kind(&server, "/cut").await, FetchErrorKind::Truncated);
}

#[tokio::test]
async fn a_body_that_ends_early_is_truncated() {
    let server = Server::start().await;
    let bytes = png(&[7; 5000]);
    let half = Step::Send(bytes[..2500].to_vec());
    let length = format!("Content-Length: {}", bytes.len());
    server.on("/declared", vec![head(200, &[&length]), half.clone()]);
    // Nothing but the picture itself tells that these are cut.
    server.on("/undeclared", vec![head(200, &[]), half.clone()]);
    server.on("/lying", vec![head(200, &["Content-Length: 2500"]), half]);
    for path in ["/declared", "/undeclared", "/lying"] {
        let error = get(&server, path).await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::Truncated, "{path}");
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn a_declared_length_over_the_cap_is_refused_unread() {
    let server = Server::start().await;
    let length = ["Content-Length: 1048577"];
    let flood = Step::Repeat(vec![0; 1024], SOON);
    server.on("/a", vec![head(200, &length), Step::Send(png(&[])), flood]);
    assert_eq!(kind(&server, "/a").await, FetchErrorKind::TooLarge);
    assert!(server.sent() < 64 << 10, "{}", server.sent());
}

#[tokio::test]
async fn an_endless_body_is_cut_off_at_the_cap() {
    let server = Server::start().await;
    // A picture that goes on and on, so that nothing but the count can stop it.
    let flood = Step::Repeat(vec![0; 16 << 10], SOON);
    let start = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xf0IDAT".to_vec();
    server.on("/a", vec![head(200, &[]), Step::Send(start), flood]);
    assert_eq!(kind(&server, "/a").await, FetchErrorKind::TooLarge);
    // The server waits after each piece, so what it sent is what was read and one piece or two.
    let over = server.sent().saturating_sub(1 << 20);
    assert!(over <= 64 << 10, "{over} bytes over the cap");
}

#[tokio::test]
async fn the_cap_itself_is_allowed() {
    let server = Server::start().await;
    let frame = png(&[]).len();
    let bytes = png(&vec![7; (1 << 20) - frame]);
    assert_eq!(bytes.len(), 1 << 20);
    server.on("/a", picture(&bytes));
    assert!(get(&server, "/a").await.is_ok());
    server.on("/b", picture(&[&bytes[..], b"x"].concat()));
    assert_eq!(kind(&server, "/b").await, FetchErrorKind::TooLarge);
}

#[tokio::test]
async fn no_bytes_are_no_picture() {
    let server = Server::start().await;
    server.on("/empty", status(200, &["Content-Type: image/png"]));
    server.on("/closed", vec![head(200, &[])]);
    server.on("/204", vec![head(204, &[])]);
    for path in ["/empty", "/closed", "/204"] {
        assert_eq!(kind(&server, path).await, FetchErrorKind::Empty, "{path}");
    }
}

#[tokio::test]
async fn packed_bodies_are_refused() {
    let server = Server::start().await;
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let path = format!("/{}", encoding.replace(", ", "-"));
        let line = format!("Content-Encoding: {encoding}");
        let body = Step::Send(b"\x1f\x8b\x08\0bomb".to_vec());
        server.on(&path, vec![head(200, &["Content-Length: 8", &line]), body]);
        let kind = kind(&server, &path).await;
        assert_eq!(kind, FetchErrorKind::Encoded, "{encoding}");
    }
}

#[tokio::test]
async fn the_bytes_decide_and_not_the_type() {
    let server = Server::start().await;
    let html = format!("<!doctype html><script>{}</script>", "x".repeat(200));
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    for (path, body) in [
        ("/html", html.as_bytes()),
        ("/svg", svg.as_bytes()),
        ("/short", &b"\x89PN"[..]),
        ("/no-header", b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\0\0\0\0"),
        ("/zip", b"PK\x03\x04"),
    ] {
        server.on(path, picture(body));
        let error = get(&server, path).await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::NotAPicture, "{path}");
        assert!(error.is_final());
    }
}

#[tokio::test]
async fn what_is_no_picture_is_not_read_to_its_end() {
    let server = Server::start().await;
    let flood = Step::Repeat(b"<p>more</p>".repeat(100), SOON);
    server.on("/a", vec![head(200, &["Content-Type: image/png"]), flood]);
    assert_eq!(kind(&server, "/a").await, FetchErrorKind::NotAPicture);
    assert!(server.sent() < 128 << 10, "{}", server.sent());
}

#[tokio::test]
async fn pixels_are_counted_from_the_header() {
    let server = Server::start().await;
    for (path, width, height, is_taken) in [
        ("/fits", 10_000, 5_000, true),
        ("/over", 10_000, 5_001, false),
        ("/bomb", u32::MAX, u32::MAX, false),
    ] {
        let bytes = sample_picture(ImageFormat::Png, width, height, b"");
        server.on(path, picture(&bytes));
        match get(&server, path).await {
            Ok(_) => assert!(is_taken, "{path}"),
            Err(error) => {
                assert!(!is_taken, "{path}");
                assert_eq!(error.kind(), FetchErrorKind::TooManyPixels);
            }
        }
    }
}

#[tokio::test]
async fn each_status_is_its_own_failure() {
    let server = Server::start().await;
    for (code, expected) in [
        (401, FetchErrorKind::Refused),
        (403, FetchErrorKind::Refused),
        (404, FetchErrorKind::NotFound),
        (410, FetchErrorKind::NotFound),
        (429, FetchErrorKind::Throttled),
        (500, FetchErrorKind::Unavailable),
        (503, FetchErrorKind::Unavailable),
        (206, FetchErrorKind::Unexpected),
        (400, FetchErrorKind::Unexpected),
    ] {
        let path = format!("/canary-{code}?canary");
        server.on(&path, status(code, &["Retry-After: 7"]));
        let error = get(&server, &path).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{code}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(!all_of(&error).contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn data_links_go_through_the_same_caps() {
    let server = Server::start().await;
    let fetch = fetch_from(&server, |policy| {
        policy.with_max_bytes(1000).with_max_pixels(100)
    });
    let link = |bytes: &[u8]| format!("data:image/png;base64,{}", base64(bytes));
    let small = sample_picture(ImageFormat::Png, 10, 10, b"abc");
    let fetched = fetch.fetch(&link(&small)).await.unwrap();
    assert_eq!(fetched.bytes, small);
    assert_eq!(fetched.sha256, Sha256Digest::of(&small));
    for (bytes, expected) in [
        (
            sample_picture(ImageFormat::Png, 10, 11, b""),
            FetchErrorKind::TooManyPixels,
        ),
        (
            sample_picture(ImageFormat::Png, 1, 1, &[0; 1000]),
            FetchErrorKind::TooLarge,
        ),
        (small.slice(..40), FetchErrorKind::Truncated),
        (
            b"<html></html>".to_vec().into(),
            FetchErrorKind::NotAPicture,
        ),
    ] {
        let error = fetch.fetch(&link(&bytes)).await.unwrap_err();
        assert_eq!(error.kind(), expected);
    }
    assert!(server.requests().is_empty());
}

/// Encodes by hand, so that the test does not trust the decoder's own other half.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for piece in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, index| {
            number << 8 | usize::from(piece.get(index).copied().unwrap_or(0))
        });
        for index in 0..4 {
            let letter = LETTERS[number >> (18 - 6 * index) & 63];
            text.push(if index > piece.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    text
}
