//! The limit on the whole fetch, and what happens on the network when the future is dropped.

use std::time::Duration;

use storage::pictures::testing::sample_picture;
use storage::pictures::{FetchErrorKind, ImageFormat, PictureSourceExt};
use tokio::time::{Instant, sleep, timeout};

use super::fetch_from;
use super::server::{Script, Server, Step, head, redirect};

const TOTAL: Duration = Duration::from_millis(400);
const PAUSE: Duration = Duration::from_millis(5);

/// A picture that never ends, at 200 KB a second.
fn steady() -> Script {
    let start = sample_picture(ImageFormat::Png, 8, 8, b"")[..33].to_vec();
    let start = [start, b"\xff\xff\xff\xf0IDAT".to_vec()].concat();
    vec![
        head(200, &[]),
        Step::Send(start),
        Step::Repeat(vec![0; 1000], PAUSE),
    ]
}

/// A redirect to itself, after a while.
fn slow_loop() -> Script {
    let mut script = redirect(302, "/a");
    script.insert(0, Step::Wait(TOTAL / 3));
    script
}

#[tokio::test]
async fn the_total_limit_is_kept_to_fifty_milliseconds() {
    let slow_head = vec![Step::Repeat(
        b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(),
        PAUSE,
    )];
    let still = vec![head(200, &["Content-Length: 5000"]), Step::Wait(TOTAL * 20)];
    let scripts = [
        ("a steady body", steady()),
        ("a slow head", slow_head),
        ("a body that stands still", still),
        ("silence", vec![Step::Wait(TOTAL * 20)]),
        ("slow redirects", slow_loop()),
    ];
    for (name, script) in scripts {
        // The best of five: the machine may be busy with something else.
        let mut over = Duration::MAX;
        for _ in 0..5 {
            let server = Server::start().await;
            server.on("/a", script.clone());
            let fetch = fetch_from(&server, |policy| policy.with_total_timeout(TOTAL));
            let start = Instant::now();
            let error = fetch.fetch(&server.url("/a")).await.unwrap_err();
            assert_eq!(error.kind(), FetchErrorKind::TimedOut, "{name}");
            over = over.min(start.elapsed().checked_sub(TOTAL).unwrap());
            if over <= Duration::from_millis(50) {
                break;
            }
        }
        assert!(
            over <= Duration::from_millis(50),
            "{name}: {over:?} over the limit"
        );
    }
}

#[tokio::test]
async fn a_dropped_fetch_leaves_no_connection() {
    let silence = vec![Step::Wait(TOTAL / 10), Step::Repeat(b"\r".to_vec(), PAUSE)];
    for (name, script) in [("in the body", steady()), ("before the head", silence)] {
        let server = Server::start().await;
        server.on("/a", script);
        let fetch = fetch_from(&server, |policy| policy);
        let url = server.url("/a");
        let dropped = timeout(TOTAL / 2, fetch.fetch(&url)).await;
        let drop_at = Instant::now();
        match dropped {
            Err(_) => {}
            Ok(ended) => panic!("{name}: {ended:?}"),
        }
        while server.open() > 0 {
            assert!(drop_at.elapsed() < Duration::from_millis(100), "{name}");
            sleep(PAUSE / 5).await;
        }
        assert_eq!(server.requests().len(), 1, "{name}");
        let sent = server.sent();
        sleep(TOTAL / 2).await;
        assert_eq!(server.sent(), sent, "{name}");
    }
}
