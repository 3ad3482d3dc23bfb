//! A server on loopback that does exactly what a script says, also what no honest server would do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One step of an answer; after the last one the connection is closed.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Sends these bytes again and again, with a pause after each, until the other side is gone.
    Repeat(Vec<u8>, Duration),
}

pub(crate) type Script = Vec<Step>;

/// Answers each path by its scripts, one per request; the last one is repeated.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    origin: String,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    scripts: Mutex<HashMap<String, Vec<Script>>>,
    requests: Mutex<Vec<String>>,
    sent: AtomicU64,
    open: AtomicUsize,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    shared.open.fetch_add(1, Ordering::Relaxed);
                    // An error means that the other side is gone, which is all that it can mean.
                    let _ = serve(stream, &shared).await;
                    shared.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Self { origin, state }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Adds the answer to the next request for `path` that has none yet.
    pub(crate) fn on(&self, path: &str, script: Script) {
        let mut scripts = self.state.scripts.lock().unwrap();
        scripts.entry(path.to_owned()).or_default().push(script);
    }

    /// Returns the heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Returns how many bytes the server could hand to the system so far.
    pub(crate) fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::Relaxed)
    }

    /// Returns how many connections are open, as far as the server has noticed.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::Relaxed)
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    state.requests.lock().unwrap().push(head);
    for step in script_of(state, &path) {
        run(&mut stream, step, state).await?;
    }
    stream.shutdown().await
}

fn script_of(state: &State, path: &str) -> Script {
    let mut scripts = state.scripts.lock().unwrap();
    match scripts.get_mut(path) {
        Some(scripts) if scripts.len() > 1 => scripts.remove(0),
        Some(scripts) => scripts[0].clone(),
        None => status(404, &[]),
    }
}

async fn run(stream: &mut TcpStream, step: Step, state: &State) -> std::io::Result<()> {
    match step {
        Step::Send(bytes) => send(stream, &bytes, state).await,
        Step::Wait(pause) => {
            tokio::time::sleep(pause).await;
            Ok(())
        }
        Step::Repeat(bytes, pause) => loop {
            send(stream, &bytes, state).await?;
            tokio::time::sleep(pause).await;
        },
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8], state: &State) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    state.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    Ok(())
}

/// A head with this status and these header lines.
pub(crate) fn head(code: u16, lines: &[&str]) -> Step {
    let mut text = format!("HTTP/1.1 {code} Scripted\r\nConnection: close\r\n");
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    Step::Send(text.into_bytes())
}

/// A whole answer without a body.
pub(crate) fn status(code: u16, lines: &[&str]) -> Script {
    let mut all = vec!["Content-Length: 0"];
    all.extend(lines);
    vec![head(code, &all)]
}

/// A whole answer with a picture, or what pretends to be one.
pub(crate) fn picture(bytes: &[u8]) -> Script {
    let length = format!("Content-Length: {}", bytes.len());
    vec![
        head(200, &["Content-Type: image/png", &length]),
        Step::Send(bytes.to_vec()),
    ]
}

/// A redirect.
pub(crate) fn redirect(code: u16, location: &str) -> Script {
    status(code, &[&format!("Location: {location}")])
}
