//! S3 servers that fail at first, in the ways that servers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use core_config::Secret;
use storage::layer::{RetryPolicy, Retrying};
use storage::minio::{MinioSettings, MinioStore};
use storage::pictures::testing::ScriptedSource;
use storage::pictures::{BucketMap, PictureStorage, SaveOutcome};
use storage::{Credentials, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{link, png, request};

/// How a put fails.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// 503 without a word.
    Unavailable,
    /// 503 as S3 asks to slow down.
    SlowDown,
    /// The connection is reset in the middle of the body.
    Reset,
}

impl Act {
    fn answer(self) -> String {
        let body = match self {
            Self::SlowDown => "<Error><Code>SlowDown</Code><Message>m</Message></Error>",
            Self::Unavailable | Self::Reset => "",
        };
        format!(
            "HTTP/1.1 503 X\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// A server without objects whose first puts fail so; returns its origin and the number of puts.
async fn server(acts: &'static [Act]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let puts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&puts);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let puts = Arc::clone(&counted);
            tokio::spawn(async move { serve(socket, acts, &puts).await });
        }
    });
    (origin, puts)
}

async fn serve(mut socket: TcpStream, acts: &[Act], puts: &AtomicUsize) -> std::io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        if !head.starts_with("put") {
            let missing = "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n";
            socket.write_all(missing.as_bytes()).await?;
            continue;
        }
        let act = acts.get(puts.fetch_add(1, Ordering::SeqCst));
        if matches!(act, Some(Act::Reset)) {
            // What is unread when a socket closes makes a reset of it.
            socket.read_u8().await?;
            return Ok(());
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        socket.read_exact(&mut body).await?;
        let taken = "HTTP/1.1 200 X\r\nETag: \"tag\"\r\nContent-Length: 0\r\n\r\n";
        let answer = act.map_or(taken.to_owned(), |act| act.answer());
        socket.write_all(answer.as_bytes()).await?;
    }
}

#[tokio::test]
async fn a_server_that_fails_twice_costs_no_picture() {
    for acts in [
        &[Act::Unavailable, Act::Unavailable][..],
        &[Act::SlowDown, Act::SlowDown],
        &[Act::Reset, Act::Reset],
        &[Act::SlowDown, Act::Reset],
    ] {
        for held in [u64::MAX, 0] {
            let (origin, puts) = server(acts).await;
            let keys = Credentials::new("who", Secret::new("word"));
            let settings = MinioSettings::new(origin.parse().unwrap(), keys);
            let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
            let pause = Duration::from_millis(10);
            let policy = RetryPolicy::default()
                .with_attempts(3)
                .with_pauses(pause, pause);
            let source = ScriptedSource::new().in_pieces(10_000);
            source.serve(&link(1), png(&vec![7; 500_000]));
            let store = Arc::new(Retrying::new(store, policy));
            let pictures = PictureStorage::new(store, Arc::new(source), BucketMap::default())
                .with_held_size(held);
            let saved = pictures.save(request(1)).await;
            assert_eq!(
                saved[0].outcome,
                SaveOutcome::NewlyStored,
                "{acts:?} {saved:?}"
            );
            assert_eq!(puts.load(Ordering::SeqCst), 3, "{acts:?}");
        }
    }
}
