//! Answers as they were recorded, in each framing that HTTP has for them.

use std::fmt::Write as _;

use core_config::Secret;
use fal_client::{
    Endpoint, FalKey, JobHandle,
    http::FalSettings,
    testing::{Reply, ScriptedServer},
};
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire");

/// The id that all recordings are about.
pub(crate) const ID: &str = "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10";

/// The size of the pieces of a body in chunks, which cut words and numbers in two.
const PIECE: usize = 7;

pub(crate) fn endpoint() -> Endpoint {
    "fal-ai/imagen4/preview/fast".parse().unwrap()
}

pub(crate) fn job() -> JobHandle {
    JobHandle::new(endpoint(), ID.parse().unwrap())
}

/// An answer as it was recorded.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) status: u16,
    /// Names in lower case and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    head: String,
}

impl Recorded {
    /// Reads `answers/{name}.http`: the head in lines, an empty line, and the body to its last byte.
    pub(crate) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(format!("{FOLDER}/answers/{name}.http")).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        Self {
            status: status.parse().unwrap(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
            head: head.replace('\n', "\r\n"),
        }
    }

    /// Returns the value of a header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the answer with a length, in chunks, and with the end of the connection for its end.
    fn framings(&self) -> [Reply; 3] {
        let (head, body) = (&self.head, &self.body);
        let length = body.len();
        let mut chunks = String::new();
        for piece in body.as_bytes().chunks(PIECE) {
            let text = std::str::from_utf8(piece).unwrap();
            write!(chunks, "{:x}\r\n{text}\r\n", piece.len()).unwrap();
        }
        [
            format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}"),
            format!("{head}\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"),
            format!("{head}\r\nconnection: close\r\n\r\n{body}"),
        ]
        .map(|text| Reply::Raw(text.into_bytes()))
    }
}

/// Returns a recorded body without a head.
pub(crate) fn body(file: &str) -> Value {
    let text = std::fs::read_to_string(format!("{FOLDER}/{file}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Replays an answer in each framing to whoever asks once, with settings that point everything at it.
#[expect(
    clippy::future_not_send,
    reason = "a test runs on one thread, and a closure that must be Send could borrow nothing"
)]
pub(crate) async fn replayed<T>(name: &str, ask: impl AsyncFn(FalSettings) -> T) -> [T; 3] {
    let [whole, chunked, open] = Recorded::read(name).framings();
    let once = async |reply| {
        let server = ScriptedServer::start([reply]).await.unwrap();
        let outcome = ask(settings(&server)).await;
        assert_eq!(server.requests().len(), 1, "{name}: nothing is repeated");
        outcome
    };
    [once(whole).await, once(chunked).await, once(open).await]
}

fn settings(server: &ScriptedServer) -> FalSettings {
    let key = FalKey::new(&Secret::new("canary-id:canary-secret")).unwrap();
    let url = server.url().unwrap();
    FalSettings::new(key)
        .with_queue_url(url.clone())
        .with_run_url(url.clone())
        .with_rest_url(url.clone())
        .with_platform_url(url)
}
