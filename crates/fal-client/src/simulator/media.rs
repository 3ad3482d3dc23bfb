//! The files behind the links of an output, served from an origin of their own as FAL does.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use url::Url;

use super::answer;
use super::control::{Host, RecordedRequest};
use super::draw::{self, PictureSpec};
use super::fault::Fault;
use super::state::State;

/// The most bytes of pictures kept; older ones are drawn again when they are asked for.
const BUDGET: usize = 256 * 1024 * 1024;

/// Every file that was ever linked.
#[derive(Debug)]
pub(super) struct MediaStore {
    base: Url,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    by_path: HashMap<String, File>,
    /// Paths of the files whose bytes are kept, the oldest first.
    kept: VecDeque<String>,
    size: usize,
}

#[derive(Debug, Clone)]
struct File {
    spec: PictureSpec,
    etag: String,
    bytes: Option<Bytes>,
    fault: Option<Fault>,
}

impl MediaStore {
    pub(super) fn new(base: Url) -> Self {
        Self {
            base,
            files: Mutex::default(),
        }
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// Keeps a file and returns its link.
    pub(super) fn put(
        &self,
        name: &str,
        spec: PictureSpec,
        bytes: Vec<u8>,
        fault: Option<Fault>,
    ) -> String {
        let digest = Sha256::digest(&bytes);
        let hex = hex(&digest[..16]);
        let path = format!("/files/b/{}/{name}", &hex[..8]);
        let link = format!("{}{}", self.base.as_str().trim_end_matches('/'), path);
        let size = bytes.len();
        let file = File {
            spec,
            etag: format!("\"{hex}\""),
            bytes: Some(bytes.into()),
            fault,
        };
        let mut files = self.lock();
        files.by_path.insert(path.clone(), file);
        files.kept.push_back(path);
        files.size += size;
        files.shrink();
        link
    }

    fn get(&self, path: &str) -> Option<File> {
        self.lock().by_path.get(path).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Files {
    /// Lets go of the oldest bytes until the rest is within the budget.
    fn shrink(&mut self) {
        while self.size > BUDGET {
            let Some(path) = self.kept.pop_front() else {
                return;
            };
            let bytes = self
                .by_path
                .get_mut(&path)
                .and_then(|file| file.bytes.take());
            self.size -= bytes.map_or(0, |bytes| bytes.len());
        }
    }
}

/// Answers a request on the media listener.
pub(super) async fn handle(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    state
        .lock()
        .record(RecordedRequest::of(Host::Media, &request));
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answer::plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    }
    let Some(file) = state.media.get(request.uri().path()) else {
        return answer::plain(StatusCode::NOT_FOUND, "Not Found");
    };
    let same = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag == file.etag.as_str());
    match file.fault {
        Some(Fault::MediaMissing) => answer::plain(StatusCode::NOT_FOUND, "Not Found"),
        Some(Fault::MediaWrongType) => wrong_type(),
        Some(Fault::MediaTruncated) => truncated(file).await,
        _ if same => (StatusCode::NOT_MODIFIED, headers(&file)).into_response(),
        _ => whole(file).await,
    }
}

/// Returns the kept bytes, or draws them again.
async fn bytes_of(file: &File) -> Option<Bytes> {
    if let Some(bytes) = &file.bytes {
        return Some(bytes.clone());
    }
    let spec = file.spec.clone();
    let drawn = tokio::task::spawn_blocking(move || draw::draw(&spec)).await;
    drawn.ok()?.ok().map(Bytes::from)
}

fn headers(file: &File) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_static(file.spec.format.content_type());
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Ok(etag) = HeaderValue::from_str(&file.etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers
}

async fn whole(file: File) -> Response {
    match bytes_of(&file).await {
        Some(bytes) => (headers(&file), bytes).into_response(),
        None => answer::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

/// Promises the whole file, sends half of it, and breaks off.
async fn truncated(file: File) -> Response {
    let Some(bytes) = bytes_of(&file).await else {
        return answer::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    let half = bytes.slice(..bytes.len() / 2);
    let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    // The pause lets the half leave before the connection ends.
    let pieces = stream::iter([Ok(half), end]).then(|piece| async {
        if piece.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        piece
    });
    let mut headers = headers(&file);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    (headers, Body::from_stream(pieces)).into_response()
}

/// Sends a page of HTML that claims to be a picture.
fn wrong_type() -> Response {
    let page = "<!doctype html><html><body><h1>Service Unavailable</h1></body></html>";
    ([(header::CONTENT_TYPE, "image/png")], page).into_response()
}
