//! A server that does everything a server must not: each trick ends with its own failure, and soon.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use storage::pictures::testing::sample_picture;
use storage::pictures::{FetchErrorKind as Kind, FetchPolicy, ImageFormat, PictureSourceExt};
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

use super::fetch_from;
use super::server::{Script, Server, Step, head, picture};

const SECOND: Duration = Duration::from_secs(1);
/// How long a head or a body may take in these tests.
const LIMIT: Duration = Duration::from_millis(500);
/// Ten percent, and what a busy machine takes.
const SLACK: Duration = Duration::from_millis(550);

fn png() -> Vec<u8> {
    sample_picture(ImageFormat::Png, 8, 8, &[7; 3000]).to_vec()
}

fn of(format: ImageFormat) -> Vec<u8> {
    sample_picture(format, 8, 8, b"").to_vec()
}

fn raw(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// Sends the same for ever, so much at once that a busy machine comes to the end of its patience too.
fn flood(text: &str) -> Step {
    let times = (32 << 10) / text.len();
    Step::Repeat(text.repeat(times).into_bytes(), SECOND / 1000)
}

/// Sends one byte a second.
fn drip() -> Step {
    Step::Repeat(vec![b'a'], SECOND)
}

/// A body of this picture and something behind it.
fn followed_by(format: ImageFormat, rest: &[u8]) -> Script {
    picture(&[&of(format)[..], rest].concat())
}

fn chunked(body: &str) -> Script {
    vec![head(200, &["Transfer-Encoding: chunked"]), raw(body)]
}

fn tricks_of_the_head() -> Vec<(&'static str, Script, Kind)> {
    let two_lengths = ["Content-Length: 5", "Content-Length: 6"];
    let many = vec!["X-Line: 1"; 101];
    let long = format!("X-Line: {}", "a".repeat(1 << 20));
    vec![
        ("closed at once", vec![], Kind::Unavailable),
        (
            "closed in the head",
            vec![raw("HTTP/1.1 200 OK\r\nA: b")],
            Kind::Unavailable,
        ),
        (
            "another protocol",
            vec![raw("SSH-2.0-OpenSSH_9.9\r\n")],
            Kind::Unexpected,
        ),
        (
            "no version",
            vec![raw("<html></html>\r\n\r\n")],
            Kind::Unexpected,
        ),
        (
            "101 lines of head",
            vec![head(200, &many)],
            Kind::Unexpected,
        ),
        ("1 MiB of head", vec![head(200, &[&long])], Kind::Unexpected),
        (
            "a head without end",
            vec![raw("HTTP/1.1 200 OK\r\nA: "), flood("a")],
            Kind::Unexpected,
        ),
        (
            "lines without end",
            vec![raw("HTTP/1.1 200 OK\r\n"), flood("A: b\r\n")],
            Kind::Unexpected,
        ),
        (
            "a slow head",
            vec![raw("HTTP/1.1 200 OK\r\nA: "), drip()],
            Kind::TimedOut,
        ),
        ("silence", vec![Step::Wait(SECOND * 30)], Kind::TimedOut),
        (
            "hints without end",
            vec![flood("HTTP/1.1 103 Early Hints\r\n\r\n")],
            Kind::Unexpected,
        ),
        (
            "to be continued",
            vec![flood("HTTP/1.1 100 Continue\r\n\r\n")],
            Kind::Unexpected,
        ),
        (
            "two lengths",
            vec![head(200, &two_lengths), Step::Send(png())],
            Kind::Unexpected,
        ),
        (
            "a negative length",
            vec![head(200, &["Content-Length: -1"])],
            Kind::Unexpected,
        ),
        ("nothing to say", vec![head(204, &[])], Kind::Empty),
        ("nothing new", vec![head(304, &[])], Kind::Redirect),
        (
            "a part",
            vec![
                head(206, &["Content-Range: bytes 0-3/9"]),
                Step::Send(png()),
            ],
            Kind::Unexpected,
        ),
        (
            "gzip",
            vec![head(200, &["Content-Encoding: gzip"]), flood("\0")],
            Kind::Encoded,
        ),
        (
            "br in capitals",
            vec![head(200, &["Content-Encoding: BR"]), flood("\0")],
            Kind::Encoded,
        ),
    ]
}

fn tricks_of_the_body() -> Vec<(&'static str, Script, Kind)> {
    let whole = png();
    let endless = [&whole[..33], b"\xff\xff\xff\xf0IDAT"].concat();
    let half = || Step::Send(whole[..whole.len() / 2].to_vec());
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    vec![
        (
            "less than declared",
            vec![head(200, &["Content-Length: 9999"]), half()],
            Kind::Truncated,
        ),
        (
            "more than declared",
            vec![
                head(200, &["Content-Length: 1500"]),
                Step::Send(whole.clone()),
            ],
            Kind::Truncated,
        ),
        (
            "closed early",
            vec![head(200, &[]), half()],
            Kind::Truncated,
        ),
        ("nothing", vec![head(200, &[])], Kind::Empty),
        (
            "without end",
            vec![
                head(200, &[]),
                Step::Send(endless),
                flood("\0\0\0\0\0\0\0\0"),
            ],
            Kind::TooLarge,
        ),
        (
            "one byte a second",
            vec![head(200, &[]), half(), drip()],
            Kind::TooSlow,
        ),
        (
            "a body that stands still",
            vec![head(200, &[]), half(), Step::Wait(SECOND * 30)],
            Kind::TooSlow,
        ),
        (
            "gzip undeclared",
            vec![head(200, &[]), Step::Send(gzip), flood("\0")],
            Kind::NotAPicture,
        ),
        ("no chunk size", chunked("zz\r\nabc\r\n"), Kind::Unexpected),
        (
            "a chunk of 2^68",
            chunked("100000000000000000\r\nabc\r\n"),
            Kind::Unexpected,
        ),
        (
            "a chunk longer than said",
            chunked("2\r\n\x7fPNG\r\n0\r\n\r\n"),
            Kind::Unexpected,
        ),
        ("no last chunk", chunked("3\r\nabc\r\n"), Kind::Truncated),
        (
            "chunks of one byte",
            vec![
                head(200, &["Transfer-Encoding: chunked"]),
                flood("1\r\na\r\n"),
            ],
            Kind::NotAPicture,
        ),
    ]
}

/// What is no picture, or more than one thing.
fn tricks_of_the_content() -> Vec<(&'static str, Script, Kind)> {
    let zip = b"PK\x03\x04\x14\0\x08\0META-INF/MANIFEST.MF";
    let html = "<!doctype html><script>alert(1)</script>";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let xml =
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    let masked = [b"\x89PNG\r\n\x1a\n", html.as_bytes(), &[b' '; 99]].concat();
    vec![
        ("html", picture(html.as_bytes()), Kind::NotAPicture),
        ("svg", picture(svg.as_bytes()), Kind::NotAPicture),
        ("xml", picture(xml.as_bytes()), Kind::NotAPicture),
        ("html behind a signature", picture(&masked), Kind::Truncated),
        (
            "png and html",
            followed_by(ImageFormat::Png, html.as_bytes()),
            Kind::NotAPicture,
        ),
        (
            "png and zip",
            followed_by(ImageFormat::Png, zip),
            Kind::NotAPicture,
        ),
        (
            "jpeg and zip",
            followed_by(ImageFormat::Jpeg, zip),
            Kind::NotAPicture,
        ),
        (
            "gif and zip",
            followed_by(ImageFormat::Gif, zip),
            Kind::NotAPicture,
        ),
        (
            "webp and html",
            followed_by(ImageFormat::WebP, html.as_bytes()),
            Kind::NotAPicture,
        ),
    ]
}

fn tight(policy: FetchPolicy) -> FetchPolicy {
    policy
        .with_first_byte_timeout(LIMIT)
        .with_minimum_rate(1 << 10, LIMIT * 2)
        .with_total_timeout(SECOND * 10)
}

#[tokio::test]
async fn every_trick_has_its_own_end() {
    let server = Server::start().await;
    let fetch = fetch_from(&server, tight);
    let mut tricks = tricks_of_the_head();
    tricks.extend(tricks_of_the_body());
    tricks.extend(tricks_of_the_content());
    for (index, (name, script, expected)) in tricks.into_iter().enumerate() {
        let path = format!("/{index}");
        server.on(&path, script);
        let start = Instant::now();
        let error = fetch.fetch(&server.url(&path)).await.unwrap_err();
        let took = start.elapsed();
        assert_eq!(error.kind(), expected, "{name}: {error:?}");
        let limit = match expected {
            Kind::TimedOut => LIMIT,
            // What came before counts for the first window, so that it may take a second one.
            Kind::TooSlow => LIMIT * 4,
            _ => SECOND,
        };
        assert!(took <= limit + SLACK, "{name}: {took:?}");
    }
}

/// Notes the warnings of this crate on one thread.
#[derive(Debug, Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("storage")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = String::new();
        event.record(&mut Line(&mut line));
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_true_picture_under_a_false_type_is_taken_with_a_warning() {
    let server = Server::start().await;
    let fetch = fetch_from(&server, |policy| policy);
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    for (index, (declared, warned)) in [
        ("Content-Type: image/jpeg", 0),
        ("content-type: IMAGE/JPEG; charset=utf-8", 0),
        ("X-Content-Type: nothing", 0),
        ("Content-Type: image/png", 1),
        ("Content-Type: text/html", 1),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/canary-{index}");
        server.on(
            &path,
            vec![head(200, &[declared]), Step::Send(of(ImageFormat::Jpeg))],
        );
        let fetched = fetch.fetch(&server.url(&path)).await.unwrap();
        assert_eq!(fetched.format, ImageFormat::Jpeg);
        let lines = std::mem::take(&mut *warnings.0.lock().unwrap());
        assert_eq!(lines.len(), warned, "{declared}: {lines:?}");
        assert!(
            lines.iter().all(|line| !line.contains("canary")),
            "{lines:?}"
        );
        assert!(
            lines.iter().all(|line| line.contains("image/jpeg")),
            "{lines:?}"
        );
    }
}
