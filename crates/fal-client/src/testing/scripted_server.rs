//! A tiny HTTP server on loopback that gives scripted answers and records what it was asked.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{FalUrl, FalUrlError};

/// What the server does with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Sends these bytes and closes: a whole answer, or a broken one.
    Raw(Vec<u8>),
    /// Sends these bytes and waits for the next request on the same connection.
    Kept(Vec<u8>),
    /// Sends these bytes and says nothing more until the client goes away.
    Stalled(Vec<u8>),
    /// Reads the request and closes without an answer.
    Close,
    /// Reads the request and says nothing until the client goes away.
    Silence,
}

impl Reply {
    /// Returns an answer with a JSON body.
    pub fn json(status: u16, body: &str) -> Self {
        Self::with_headers(status, &[("content-type", "application/json")], body)
    }

    /// Returns an answer with a JSON body after which the connection stays open.
    pub fn kept(status: u16, body: &str) -> Self {
        let length = body.len();
        Self::Kept(
            format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n\r\n{body}")
                .into_bytes(),
        )
    }

    /// Returns an answer with a page such as the ingress gives.
    pub fn html(status: u16, body: &str) -> Self {
        Self::with_headers(status, &[("content-type", "text/html")], body)
    }

    /// Returns a stream of events, whose end is the end of the connection.
    pub fn events(text: &str) -> Self {
        Self::Raw([EVENTS_HEAD, text.as_bytes()].concat())
    }

    /// Returns a stream of events that stays open and silent.
    pub fn stalled_events(text: &str) -> Self {
        Self::Stalled([EVENTS_HEAD, text.as_bytes()].concat())
    }

    /// Returns an answer with these headers besides the length.
    pub fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let length = body.len().to_string();
        let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.extend(["content-length: ", &length, "\r\nconnection: close\r\n\r\n"]);
        Self::Raw([head.as_bytes(), body.as_bytes()].concat())
    }
}

const EVENTS_HEAD: &[u8] =
    b"HTTP/1.1 200 Scripted\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n";

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The method in capitals.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// Names in lower case and values, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// Returns the value of a header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A tiny HTTP server on a free port of 127.0.0.1.
///
/// Each request takes the next reply, and all but [`Reply::Kept`] end its connection. Without one left the answer is 500 with the
/// body `no reply is scripted`, so that a call too many shows. It stops when dropped.
#[derive(Debug)]
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    replies: VecDeque<Reply>,
    requests: Vec<RecordedRequest>,
}

impl ScriptedServer {
    /// Starts a server that gives these replies in order.
    ///
    /// # Errors
    ///
    /// The system's, when no port can be had.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let replies = replies.into_iter().collect();
        let shared = Arc::new(Mutex::new(Shared {
            replies,
            requests: Vec::new(),
        }));
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// Returns the address of the server as a queue's.
    ///
    /// # Errors
    ///
    /// None in practice: an address on loopback is always a queue's.
    pub fn url(&self) -> Result<FalUrl, FalUrlError> {
        format!("http://{}", self.address).parse()
    }

    /// Returns the address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds a reply after those that are left.
    pub fn add(&self, reply: Reply) {
        lock(&self.shared).replies.push_back(reply);
    }

    /// Drops the replies that are left.
    pub fn clear(&self) {
        lock(&self.shared).replies.clear();
    }

    /// Returns what was asked so far, in order.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.shared).requests.clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

/// Serves one request. A client that breaks off is the client's test, so errors end the connection silently.
async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    while let Ok(Some(request)) = read_request(&mut stream).await {
        let reply = {
            let mut shared = lock(&shared);
            shared.requests.push(request);
            shared.replies.pop_front()
        };
        match reply.unwrap_or_else(|| Reply::html(500, "no reply is scripted")) {
            Reply::Kept(bytes) => {
                if stream.write_all(&bytes).await.is_ok() {
                    continue;
                }
            }
            Reply::Raw(bytes) => {
                if stream.write_all(&bytes).await.is_ok() {
                    drop(stream.shutdown().await);
                }
            }
            Reply::Stalled(bytes) => {
                if stream.write_all(&bytes).await.is_ok() {
                    drop(stream.read(&mut [0; 1]).await);
                }
            }
            Reply::Close => {}
            Reply::Silence => drop(stream.read(&mut [0; 1]).await),
        }
        return;
    }
}

async fn read_request(stream: &mut TcpStream) -> io::Result<Option<RecordedRequest>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = parse(&bytes) {
            return Ok(Some(request));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

/// Returns the request once all of it has arrived.
fn parse(bytes: &[u8]) -> Option<RecordedRequest> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let split = |line: &str| {
        line.split_once(':')
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = lines.filter_map(split).collect();
    let mut request = RecordedRequest {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length: usize = request
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    request.body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some(request)
}
