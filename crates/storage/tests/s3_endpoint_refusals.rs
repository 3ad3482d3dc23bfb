//! A request that is refused before its body was read leaves the client with an answer, and with a
//! connection that works or is told to end.
#![cfg(feature = "s3-endpoint")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::sync::Arc;
use std::time::Duration;

use core_config::Secret;
use storage::endpoint::{RunningEndpoint, S3Endpoint};
use storage::{Credentials, MemoryStore, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn endpoint() -> RunningEndpoint {
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let keys = [Credentials::new("who", Secret::new("word"))];
    let endpoint = S3Endpoint::serve(store, ([127, 0, 0, 1], 0).into(), &keys, "us-east-1");
    endpoint.await.unwrap()
}

/// The head of a put that nobody signed.
fn unsigned_put(headers: &str) -> String {
    format!("PUT /bucket/key HTTP/1.1\r\nhost: here\r\n{headers}\r\n")
}

/// Reads an answer to the end of its body and returns all of it in lower case.
async fn answer(socket: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(b"</Error>") {
        let byte = tokio::time::timeout(Duration::from_secs(5), socket.read_u8());
        seen.push(byte.await.unwrap().unwrap());
    }
    String::from_utf8(seen).unwrap().to_lowercase()
}

#[tokio::test]
async fn a_refused_put_with_a_short_body_leaves_the_connection_usable() {
    let endpoint = endpoint().await;
    let mut socket = TcpStream::connect(endpoint.addr()).await.unwrap();
    for _ in 0..3 {
        let head = unsigned_put("content-length: 5\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        // The body comes later than the refusal could be given.
        tokio::time::sleep(Duration::from_millis(50)).await;
        socket.write_all(b"bytes").await.unwrap();
        let answer = answer(&mut socket).await;
        assert!(answer.starts_with("http/1.1 403"), "{answer}");
        assert!(!answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_refused_put_with_a_long_or_awaited_body_is_told_that_the_connection_ends() {
    let endpoint = endpoint().await;
    for headers in [
        "content-length: 10000000\r\n",
        "content-length: 5\r\nexpect: 100-continue\r\n",
    ] {
        let mut socket = TcpStream::connect(endpoint.addr()).await.unwrap();
        let head = unsigned_put(headers);
        socket.write_all(head.as_bytes()).await.unwrap();
        let answer = answer(&mut socket).await;
        assert!(answer.starts_with("http/1.1 403"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_never_comes_does_not_hold_the_refusal_back() {
    let endpoint = endpoint().await;
    let mut socket = TcpStream::connect(endpoint.addr()).await.unwrap();
    let head = unsigned_put("content-length: 5\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let answer = answer(&mut socket).await;
    assert!(answer.starts_with("http/1.1 403"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_broken_date_is_refused_where_one_belongs_and_nowhere_else() {
    let endpoint = endpoint().await;
    let mut socket = TcpStream::connect(endpoint.addr()).await.unwrap();
    for (header, refusal) in [
        (
            "AWS4-HMAC-SHA256 Credential=who/2026 301/us-east-1/s3/aws4_request, \
             SignedHeaders=host, Signature=0",
            "http/1.1 400",
        ),
        // The base64 of a signature of version 2 may have two slashes eight letters apart.
        ("AWS who:abc/ABCDEFGH/abcdefgh+abc=", "http/1.1 403"),
    ] {
        let head = unsigned_put(&format!(
            "content-length: 0\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nauthorization: {header}\r\n"
        ));
        socket.write_all(head.as_bytes()).await.unwrap();
        let answer = answer(&mut socket).await;
        assert!(answer.starts_with(refusal), "{header}: {answer}");
    }
}
