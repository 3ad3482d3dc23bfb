//! Answers without end, and bombs: how much is read of them, counted where the bytes come from.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use hyper::Request;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::{HEAD_BYTES, ask};
use crate::pictures::fetch::{FetchPolicy, body, response};
use crate::pictures::testing::sample_picture;
use crate::pictures::{FetchError, FetchErrorKind as Kind, ImageFormat};

const CAP: u64 = 1 << 20;

/// A server that, once asked, sends its beginning and then its rest for ever, as fast as it is read.
struct Flood {
    beginning: Vec<u8>,
    rest: &'static [u8],
    sent: Arc<AtomicU64>,
    is_asked: bool,
    waiting: Option<Waker>,
}

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_asked {
            self.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let at = usize::try_from(self.sent.load(Ordering::Relaxed)).unwrap();
        let beginning = self.beginning.iter().skip(at);
        let done = at.saturating_sub(self.beginning.len());
        let rest = self.rest.iter().cycle().skip(done % self.rest.len());
        let bytes: Vec<u8> = beginning
            .chain(rest)
            .take(buffer.remaining())
            .copied()
            .collect();
        buffer.put_slice(&bytes);
        self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_asked = true;
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Reads a picture from the flood and returns how that failed and how much had been read by then.
async fn drown(beginning: &[u8], rest: &'static [u8]) -> (Kind, u64) {
    let sent = Arc::new(AtomicU64::new(0));
    let flood = Flood {
        beginning: beginning.to_vec(),
        rest,
        sent: Arc::clone(&sent),
        is_asked: false,
        waiting: None,
    };
    let policy = FetchPolicy::default().with_max_bytes(CAP);
    let request = Request::get("/").body(String::new()).unwrap();
    let attempt = async {
        let reply = ask(flood, request).await.map_err(response::classify)?;
        response::judge(&reply.head)?;
        let end = Instant::now() + policy.total_timeout;
        body::open(reply, &policy, end).await?.collect().await
    };
    let error: FetchError = attempt.await.unwrap_err();
    (error.kind(), sent.load(Ordering::Relaxed))
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";
const ENDLESS_PNG: &[u8] =
    b"HTTP/1.1 200 OK\r\n\r\n\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\
    \x08\x02\0\0\0\0\0\0\0\xff\xff\xff\xf0IDAT";

/// Its name, how it begins, what it repeats, how it fails, and the most that may be read of it.
type Case<'a> = (&'a str, &'a [u8], &'static [u8], Kind, u64);

#[tokio::test]
async fn of_no_flood_more_is_read_than_the_cap_and_64_kib() {
    let long_length = [OK, b"Content-Length: 1048577\r\n\r\n\x89PNG\r\n\x1a\n"].concat();
    let chunks = [
        OK,
        b"Transfer-Encoding: chunked\r\n\r\n8\r\n\x89PNG\r\n\x1a\n\r\n",
    ]
    .concat();
    let trailers = [&chunks[..], b"0\r\n"].concat();
    let gzip = [OK, b"\r\n\x1f\x8b\x08\0"].concat();
    let packed = [OK, b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0"].concat();
    let both = CAP + HEAD_BYTES;
    let cases: [Case<'_>; 13] = [
        ("endless body", ENDLESS_PNG, b"\0", Kind::TooLarge, both),
        ("tiny chunks", &chunks, b"1\r\n\0\r\n", Kind::TooLarge, both),
        (
            "chunk extension",
            &chunks,
            b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\0\r\n",
            Kind::Unexpected,
            both,
        ),
        ("endless chunk size", &chunks, b"0", Kind::TooLarge, both),
        (
            "trailers",
            &trailers,
            b"a: b\r\n",
            Kind::Unexpected,
            HEAD_BYTES * 2,
        ),
        (
            "length over the cap",
            &long_length,
            b"\0",
            Kind::TooLarge,
            HEAD_BYTES,
        ),
        (
            "header lines",
            OK,
            b"a: b\r\n",
            Kind::Unexpected,
            HEAD_BYTES,
        ),
        (
            "one long header",
            b"HTTP/1.1 200 OK\r\na: ",
            b"a",
            Kind::Unexpected,
            HEAD_BYTES,
        ),
        (
            "one long reason",
            b"HTTP/1.1 200 ",
            b"a",
            Kind::Unexpected,
            HEAD_BYTES,
        ),
        (
            "informational answers",
            b"",
            b"HTTP/1.1 103 Early Hints\r\n\r\n",
            Kind::Unexpected,
            HEAD_BYTES,
        ),
        ("no HTTP", b"SSH-2.0-", b"a", Kind::Unexpected, HEAD_BYTES),
        ("gzip", &gzip, b"\0", Kind::NotAPicture, HEAD_BYTES),
        ("declared gzip", &packed, b"\0", Kind::Encoded, HEAD_BYTES),
    ];
    for (name, beginning, rest, expected, most) in cases {
        let (kind, read) = drown(beginning, rest).await;
        eprintln!("XX {name} {kind:?} {read}");
        if kind != expected {
            eprintln!("YY expected {expected:?}");
        }
        assert!(read <= most, "{name}: {read} bytes read");
    }
}

/// A picture of this format and size.
fn sized(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    sample_picture(format, width, height, b"").to_vec()
}

/// A PNG with one more chunk behind its header.
fn png_with(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = sized(ImageFormat::Png, 8, 8)[..33].to_vec();
    bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend(name);
    bytes.extend(data);
    bytes.extend([0; 4]);
    bytes
}

/// A WebP of these chunks.
fn webp(chunks: &[&[u8]]) -> Vec<u8> {
    [b"RIFF\xff\xff\0\0WEBP", &chunks.concat()[..]].concat()
}

/// An AVIF with these sizes among its properties.
fn avif(sizes: &[[u32; 2]]) -> Vec<u8> {
    let boxed = |name: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len() + 8).unwrap();
        [&length.to_be_bytes()[..], name, data].concat()
    };
    let property = |[width, height]: &[u32; 2]| {
        let data = [[0; 4], width.to_be_bytes(), height.to_be_bytes()].concat();
        boxed(b"ispe", &data)
    };
    let properties: Vec<u8> = sizes.iter().flat_map(property).collect();
    let properties = boxed(b"iprp", &boxed(b"ipco", &properties));
    let meta = boxed(b"meta", &[&[0; 4][..], &properties].concat());
    [boxed(b"ftyp", b"avif\0\0\0\0mif1"), meta].concat()
}

fn bombs() -> Vec<(&'static str, Vec<u8>, Kind)> {
    use ImageFormat::{Avif, Gif, Jpeg, Png, WebP};
    use Kind::{NotAPicture, TooManyFrames, TooManyPixels};
    const TWO_SOFS: &[u8] = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\
        \xff\xc2\0\x0b\x08\xff\xff\xff\xff\x01\x01\x11\0\xff\xda\0\x02";
    const SMALL_CANVAS: &[u8] = b"VP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0";
    const ANIMATED: &[u8] = b"VP8X\x0a\0\0\0\x02\0\0\0\0\0\0\0\0\0";
    const HUGE_LOSSLESS: &[u8] = b"VP8L\x06\0\0\0\x2f\xff\xff\xff\x0f\0";
    const HUGE_LOSSY: &[u8] = b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f";
    const WIDE_FRAME: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0";
    const TWO_FRAMES: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0\
        !\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0";
    vec![
        (
            "png, all bits",
            sized(Png, u32::MAX, u32::MAX),
            TooManyPixels,
        ),
        (
            "png, product of 2^32",
            sized(Png, 1 << 16, 1 << 16),
            TooManyPixels,
        ),
        (
            "png, product of 2^64 or so",
            sized(Png, 1 << 31, 1 << 31),
            TooManyPixels,
        ),
        ("png, one line", sized(Png, 50_000_001, 1), TooManyPixels),
        ("png, no width", sized(Png, 0, 8), NotAPicture),
        ("png, no height", sized(Png, 8, 0), NotAPicture),
        (
            "png, two frames",
            png_with(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
            TooManyFrames,
        ),
        (
            "png, a frame unannounced",
            png_with(*b"fdAT", &[0; 8]),
            TooManyFrames,
        ),
        (
            "jpeg, the largest",
            sized(Jpeg, 65535, 65535),
            TooManyPixels,
        ),
        ("jpeg, no height", sized(Jpeg, 8, 0), NotAPicture),
        ("jpeg, a second size", TWO_SOFS.to_vec(), TooManyPixels),
        (
            "webp, the largest canvas",
            sized(WebP, 1 << 24, 1 << 24),
            TooManyPixels,
        ),
        ("webp, lossless", webp(&[HUGE_LOSSLESS]), TooManyPixels),
        ("webp, lossy", webp(&[HUGE_LOSSY]), TooManyPixels),
        (
            "webp, a small canvas",
            webp(&[SMALL_CANVAS, HUGE_LOSSLESS]),
            TooManyPixels,
        ),
        ("webp, animated", webp(&[ANIMATED]), TooManyFrames),
        (
            "webp, frames unannounced",
            webp(&[SMALL_CANVAS, b"ANMF\0\0\0\0"]),
            TooManyFrames,
        ),
        ("gif, the largest", sized(Gif, 65535, 65535), TooManyPixels),
        (
            "gif, a frame beyond the screen",
            WIDE_FRAME.to_vec(),
            TooManyPixels,
        ),
        ("gif, no screen", sized(Gif, 0, 0), NotAPicture),
        ("gif, two frames", TWO_FRAMES.to_vec(), TooManyFrames),
        (
            "avif, all bits",
            sized(Avif, u32::MAX, u32::MAX),
            TooManyPixels,
        ),
        ("avif, no width", sized(Avif, 0, 8), NotAPicture),
        (
            "avif, a small size first",
            avif(&[[8, 8], [1 << 16, 1 << 16]]),
            TooManyPixels,
        ),
        (
            "avif, a sequence",
            b"\0\0\0\x18ftypavis\0\0\0\0avifavis".to_vec(),
            TooManyFrames,
        ),
        (
            "avif, a film",
            b"\0\0\0\x14ftypavif\0\0\0\0avif\0\0\0\x08moov".to_vec(),
            TooManyFrames,
        ),
    ]
}

#[tokio::test]
async fn bombs_are_refused_from_their_header() {
    let bombs = bombs();
    assert!(bombs.len() >= 20);
    for (name, bytes, expected) in bombs {
        let beginning = [OK, b"Content-Length: 1048576\r\n\r\n", &bytes].concat();
        let (kind, read) = drown(&beginning, b"\0").await;
        assert_eq!(kind, expected, "{name}");
        assert!(read < 64 << 10, "{name}: {read} bytes read");
    }
}
