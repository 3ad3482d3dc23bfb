//! A script that the server does not know yet takes three answers, and one limit all the same.

use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::{Cache, CacheErrorKind, Ttl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use super::key;

/// Less than the limit of one answer, and three of them more than that of a call.
const SLOW: Duration = Duration::from_millis(200);

#[tokio::test]
async fn an_unknown_script_on_a_slow_server_takes_no_longer_than_one_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_slowly(stream));
        }
    });
    let limit = Duration::from_millis(300);
    let settings = RedisSettings::new("127.0.0.1", port)
        .with_call_limit(limit)
        .with_response_limit(Duration::from_millis(250));
    let cache = RedisCache::new(settings).unwrap();
    let life = Ttl::new(Duration::from_mins(1)).unwrap();
    let start = Instant::now();
    let error = cache.bump(&key(), life).await.unwrap_err();
    let took = start.elapsed();
    assert_eq!(error.kind(), CacheErrorKind::TimedOut, "{error:?}");
    assert!(took < 2 * SLOW, "{took:?}");
}

/// Greets at once, and is slow with scripts, none of which it knows.
async fn answer_slowly(mut stream: TcpStream) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..read]);
        let answer = if text.contains("EVALSHA") {
            sleep(SLOW).await;
            "-NOSCRIPT No matching script.\r\n".to_owned()
        } else if text.contains("LOAD") {
            sleep(SLOW).await;
            "+loaded\r\n".to_owned()
        } else {
            let commands = text.lines().filter(|line| line.starts_with('*'));
            "+OK\r\n".repeat(commands.count())
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
