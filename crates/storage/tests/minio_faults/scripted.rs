//! A server that does what a script says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use core_config::Secret;
use storage::minio::{MinioSettings, MinioStore};
use storage::{Credentials, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers with a status, headers (each ended by a line break) and a body.
    Answer(u16, String, String),
    /// Promises more bytes than it sends, and hangs up.
    Cut,
    /// Sends the head and the first bytes, and then nothing.
    StallInBody,
    /// Says nothing.
    Stall,
    /// Hangs up without an answer.
    HangUp,
    /// Answers that a put was taken, and hangs up without having said that it would.
    AnswerAndHangUp,
}

pub(crate) fn answer(status: u16, body: &str) -> Act {
    Act::Answer(status, String::new(), body.to_owned())
}

/// The answer to a put that was taken.
pub(crate) fn stored() -> Act {
    Act::Answer(200, "etag: \"tag\"\r\n".to_owned(), String::new())
}

/// A server that does what the script says to each first line, such as `PUT /bucket/key HTTP/1.1`.
pub(crate) struct Scripted {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) async fn start(script: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&heads));
        let kept = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                let kept = Arc::clone(&kept);
                tokio::spawn(async move { serve(socket, &*script, &log, &kept).await });
            }
        });
        Self { url, heads, bodies }
    }

    /// Returns the bodies that came whole and are text.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// Returns the heads of the requests, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Returns the first lines of the requests, in lower case.
    pub(crate) fn seen(&self) -> Vec<String> {
        let line = |head: &String| head.lines().next().unwrap_or_default().to_owned();
        self.heads.lock().unwrap().iter().map(line).collect()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn settings(&self) -> MinioSettings {
        let keys = Credentials::new("who", Secret::new("word"));
        MinioSettings::new(self.url.parse().unwrap(), keys)
            .with_call_limit(Duration::from_millis(500))
            .with_idle_limit(Duration::from_millis(300))
    }

    pub(crate) fn store(&self) -> MinioStore {
        MinioStore::new(&self.settings(), Arc::new(SystemClock)).unwrap()
    }
}

async fn serve(
    mut socket: TcpStream,
    script: &(dyn Fn(&str) -> Act + Sync),
    log: &Mutex<Vec<String>>,
    bodies: &Mutex<Vec<String>>,
) {
    while let Some((head, body)) = read_request(&mut socket).await {
        bodies.lock().unwrap().extend(String::from_utf8(body));
        let line = head.lines().next().unwrap_or_default().to_owned();
        log.lock().unwrap().push(head);
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
            Act::HangUp => return,
            Act::AnswerAndHangUp => {
                let text = "HTTP/1.1 200 OK\r\netag: \"tag\"\r\ncontent-length: 0\r\n\r\n";
                socket.write_all(text.as_bytes()).await.unwrap();
                return;
            }
        };
        if socket.write_all(reply.as_bytes()).await.is_err() || reply.ends_with("short") {
            return;
        }
    }
}

/// Reads a request and returns its head in lower case, and its body.
async fn read_request(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
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
    Some((head, body))
}

/// A server that takes multipart uploads and answers the completion as told.
pub(crate) fn multipart(completion: Act) -> impl Fn(&str) -> Act {
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
