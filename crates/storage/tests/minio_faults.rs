//! What the MinIO adapter makes of servers that fail.
#![cfg(feature = "minio")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use core_config::Secret;
use futures_util::stream;
use storage::minio::{ConditionalPut, MinioSettings, MinioStore};
use storage::{
    Body, Credentials, GetOptions, ListOptions, ObjectRef, ObjectStore, PutOptions,
    StorageErrorKind, SystemClock,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const MIB: usize = 1024 * 1024;

/// What the server does with a request.
#[derive(Debug, Clone)]
enum Act {
    /// Answers with a status, headers (each ended by a line break) and a body.
    Answer(u16, String, String),
    /// Promises more bytes than it sends, and hangs up.
    Cut,
    /// Sends the head and the first bytes, and then nothing.
    StallInBody,
    /// Says nothing.
    Stall,
}

fn answer(status: u16, body: &str) -> Act {
    Act::Answer(status, String::new(), body.to_owned())
}

/// A server that does what the script says to each first line, such as `PUT /bucket/key HTTP/1.1`.
struct Scripted {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    async fn start(script: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                tokio::spawn(async move { serve(socket, &*script, &log).await });
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn settings(&self) -> MinioSettings {
        let keys = Credentials::new("who", Secret::new("word"));
        MinioSettings::new(self.url.parse().unwrap(), keys)
            .with_call_limit(Duration::from_millis(500))
            .with_idle_limit(Duration::from_millis(300))
    }

    fn store(&self) -> MinioStore {
        MinioStore::new(&self.settings(), Arc::new(SystemClock)).unwrap()
    }
}

async fn serve(
    mut socket: TcpStream,
    script: &(dyn Fn(&str) -> Act + Sync),
    log: &Mutex<Vec<String>>,
) {
    while let Some(head) = read_request(&mut socket).await {
        let line = head.lines().next().unwrap_or_default().to_owned();
        log.lock().unwrap().push(line.clone());
        let reply = match script(&line) {
            Act::Answer(status, headers, body) => format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}",
                body.len()
            ),
            Act::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_owned(),
            Act::StallInBody => {
                let text = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst";
                socket.write_all(text.as_bytes()).await.unwrap();
                return std::future::pending().await;
            }
            Act::Stall => return std::future::pending().await,
        };
        if socket.write_all(reply.as_bytes()).await.is_err() || reply.ends_with("short") {
            return;
        }
    }
}

/// Reads a request with its body and returns its head.
async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some(head)
}

fn object() -> ObjectRef {
    "bucket/key".parse().unwrap()
}

fn endless(megabytes: usize) -> Body {
    let piece = Bytes::from(vec![1; MIB]);
    Body::from_stream(
        stream::iter((0..megabytes).map(move |_| Ok(piece.clone()))),
        None,
    )
}

/// A server that takes multipart uploads and answers the completion as told.
fn multipart(completion: Act) -> impl Fn(&str) -> Act {
    move |line| {
        if line.starts_with("post") && line.contains("?uploads") {
            answer(
                200,
                "<InitiateMultipartUploadResult><UploadId>id+/=</UploadId></InitiateMultipartUploadResult>",
            )
        } else if line.starts_with("post") {
            completion.clone()
        } else if line.contains("partnumber=2") && matches!(completion, Act::Stall) {
            Act::Stall
        } else {
            Act::Answer(200, "etag: \"part\"\r\n".to_owned(), String::new())
        }
    }
}

#[tokio::test]
async fn silence_ends_at_the_limit_on_both_planes() {
    let server = Scripted::start(|_| Act::Stall).await;
    let store = server.store();
    let begun = Instant::now();
    let head = store.head(&object()).await.unwrap_err();
    let list = store
        .list(&object().bucket, ListOptions::default())
        .await
        .unwrap_err();
    assert_eq!(head.kind(), StorageErrorKind::TimedOut);
    assert_eq!(list.kind(), StorageErrorKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let server = Scripted::start(|_| Act::Stall).await;
    let gone = MinioSettings::new(
        "127.0.0.1:1".parse().unwrap(),
        Credentials::new("who", Secret::new("word")),
    );
    let store = MinioStore::new(&gone, Arc::new(SystemClock)).unwrap();
    let head = store.head(&object()).await.unwrap_err();
    let list = store
        .list(&object().bucket, ListOptions::default())
        .await
        .unwrap_err();
    assert_eq!(head.kind(), StorageErrorKind::Unavailable);
    assert_eq!(list.kind(), StorageErrorKind::Unavailable);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_body_that_is_cut_or_stalls_is_an_error() {
    for (act, kind) in [
        (Act::Cut, StorageErrorKind::Unavailable),
        (Act::StallInBody, StorageErrorKind::TimedOut),
    ] {
        let server = Scripted::start(move |_| act.clone()).await;
        let found = server
            .store()
            .get(&object(), GetOptions::default())
            .await
            .unwrap();
        let error = found.body.collect(1000).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn the_pause_that_a_busy_server_asks_for_is_told() {
    let server = Scripted::start(|_| {
        let body = "<Error><Code>SlowDown</Code></Error>".to_owned();
        Act::Answer(503, "retry-after: 7\r\n".to_owned(), body)
    })
    .await;
    let put = server
        .store()
        .put(&object(), "abc".into(), PutOptions::overwrite())
        .await;
    let error = put.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_put_is_one_request_and_asks_nothing_of_the_bucket() {
    let server = Scripted::start(|_| answer(200, "")).await;
    let store = server.store();
    for _ in 0..3 {
        store
            .put(&object(), "abc".into(), PutOptions::create_only())
            .await
            .unwrap();
    }
    assert_eq!(server.seen(), ["put /bucket/key http/1.1"; 3]);
}

#[tokio::test]
async fn a_server_that_overwrites_is_found_out_and_then_asked_first() {
    let server = Scripted::start(|_| answer(200, "")).await;
    let bucket = object().bucket;
    let found = server.store().probe_conditional_put(&bucket).await.unwrap();
    assert_eq!(found, ConditionalPut::Ignored);

    let settings = server.settings().with_conditional_put(found);
    let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
    assert!(!store.capabilities().atomic_create);
    let before = server.seen().len();
    let put = store
        .put(&object(), "abc".into(), PutOptions::create_only())
        .await;
    assert_eq!(put.unwrap_err().kind(), StorageErrorKind::AlreadyExists);
    assert_eq!(server.seen()[before..], ["head /bucket/key http/1.1"]);
}

#[tokio::test]
async fn an_error_in_a_successful_completion_is_an_error_and_aborts() {
    let failed = answer(
        200,
        "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>",
    );
    let server = Scripted::start(multipart(failed)).await;
    let put = server
        .store()
        .put(&object(), endless(17), PutOptions::create_only())
        .await;
    assert_eq!(put.unwrap_err().kind(), StorageErrorKind::Unavailable);
    let seen = server.seen();
    assert_eq!(
        seen.iter()
            .filter(|line| line.contains("partnumber="))
            .count(),
        3
    );
    assert_eq!(
        seen.last().unwrap(),
        "delete /bucket/key?uploadid=id%2b%2f%3d http/1.1"
    );
}

#[tokio::test]
async fn a_body_that_fails_in_the_middle_aborts_the_upload() {
    let server = Scripted::start(multipart(answer(200, ""))).await;
    let pieces = (0..20).map(|at| match at {
        12 => Err(storage::StorageError::new(
            StorageErrorKind::BodyFailed,
            "read",
            "test",
        )),
        _ => Ok(Bytes::from(vec![1; MIB])),
    });
    let body = Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()), None);
    let put = server
        .store()
        .put(&object(), body, PutOptions::create_only())
        .await;
    assert_eq!(put.unwrap_err().kind(), StorageErrorKind::BodyFailed);
    assert!(
        server
            .seen()
            .last()
            .unwrap()
            .starts_with("delete /bucket/key?uploadid=")
    );
}

#[tokio::test]
async fn a_dropped_put_aborts_its_upload() {
    let server = Scripted::start(multipart(Act::Stall)).await;
    let store = server.store();
    let object = object();
    let put = store.put(&object, endless(20), PutOptions::create_only());
    assert!(
        tokio::time::timeout(Duration::from_millis(400), put)
            .await
            .is_err()
    );
    for _ in 0..50 {
        if server.seen().iter().any(|line| line.starts_with("delete")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no abort: {:?}", server.seen());
}
