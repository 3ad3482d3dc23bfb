//! Uploads: to an address that is signed for one file, or with a token of the CDN; whole, or in parts.

mod cdn;
mod signed;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::answer;
use super::asked::Asked;
use super::media::{self, Content, File};
use super::state::State;
use super::time::after;
use super::wishes::Lifecycle;

pub(super) use cdn::{begin as cdn_begin, send as cdn_send, token as cdn_token};
pub(super) use signed::initiate;

/// The most bytes of one body, a part or a whole file.
const MAX_BODY: usize = 128 * 1024 * 1024;
/// The most bytes of all uploads together; there is no place where they could be made again.
const BUDGET: usize = 1024 * 1024 * 1024;
/// How long a token of the CDN lives.
const TOKEN_LIFE: Duration = Duration::from_hours(1);

/// The uploads under way, and the tokens of the CDN.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    pending: HashMap<String, Pending>,
    tokens: HashMap<String, Instant>,
    size: usize,
}

/// A file that is awaited.
#[derive(Debug, Clone)]
struct Pending {
    path: String,
    content_type: String,
    lifecycle: Lifecycle,
    /// What stands in the query of a signed address.
    signature: String,
    parts: BTreeMap<u32, Bytes>,
}

/// One part, as it is told and as it is named again in the end.
#[derive(Deserialize)]
struct Part {
    #[serde(rename = "partNumber")]
    number: u32,
    etag: String,
}

/// The wish to complete a file of parts, which may be named in any order.
#[derive(Deserialize)]
struct Completion {
    parts: Vec<Part>,
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Awaits a file and returns the id of the upload.
    fn await_file(&self, pending: Pending) -> String {
        let id = Uuid::new_v4().simple().to_string();
        self.lock().pending.insert(id.clone(), pending);
        id
    }

    fn pending(&self, id: &str) -> Option<Pending> {
        self.lock().pending.get(id).cloned()
    }

    fn finish(&self, id: &str) {
        self.lock().pending.remove(id);
    }

    /// Counts bytes that are taken in; false when there is no room for them.
    fn reserve(&self, size: usize) -> bool {
        let mut inner = self.lock();
        let fits = inner.size.saturating_add(size) <= BUDGET;
        if fits {
            inner.size += size;
        }
        fits
    }

    fn keep_part(&self, id: &str, number: u32, bytes: Bytes) {
        if let Some(pending) = self.lock().pending.get_mut(id) {
            pending.parts.insert(number, bytes);
        }
    }

    fn issue_token(&self, now: Instant) -> (String, Instant) {
        let (token, ends) = (Uuid::new_v4().simple().to_string(), after(now, TOKEN_LIFE));
        self.lock().tokens.insert(token.clone(), ends);
        (token, ends)
    }

    fn knows_token(&self, token: &str, now: Instant) -> bool {
        self.lock()
            .tokens
            .get(token)
            .is_some_and(|ends| now < *ends)
    }
}

impl Pending {
    fn new(name: &str, content_type: &str, lifecycle: Lifecycle) -> Self {
        Self {
            path: media::new_path(name),
            content_type: content_type.to_owned(),
            lifecycle,
            signature: Uuid::new_v4().simple().to_string(),
            parts: BTreeMap::new(),
        }
    }

    /// Returns the whole file if the parts named are those that were sent.
    fn whole(&self, completion: &Completion) -> Option<Bytes> {
        let mut named: Vec<_> = completion.parts.iter().collect();
        named.sort_by_key(|part| part.number);
        // Clients give the tag back with or without its quotes.
        let tag = |text: &str| text.trim_matches('"').to_owned();
        let named = named.into_iter().map(|part| (part.number, tag(&part.etag)));
        let sent = self.parts.iter();
        let sent = sent.map(|(number, bytes)| (*number, tag(&media::etag(bytes))));
        (!self.parts.is_empty() && named.eq(sent)).then(|| {
            let parts = self.parts.values();
            parts.flat_map(|part| part.iter().copied()).collect()
        })
    }
}

/// Takes the bytes of an upload on the media origin.
pub(super) async fn take(state: &State, request: Request) -> Response {
    let asked = match Asked::read(request, MAX_BODY).await {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let segments = asked.segments();
    match (&asked.method, segments.as_slice()) {
        (&Method::POST, ["files", "upload"]) => cdn::send(state, &asked),
        (&Method::POST, ["files", "upload", "multipart"]) => cdn::begin(state, &asked),
        (&Method::PUT, ["upload", id]) => signed::send(state, &asked, id),
        (&Method::PUT, ["upload", id, number]) => signed::part(state, &asked, id, number),
        (&Method::POST, ["upload", id, "complete"]) => signed::complete(state, &asked, id),
        (&Method::PUT, [.., "multipart", id, number]) => cdn::part(state, &asked, id, number),
        (&Method::POST, [.., "multipart", id, "complete"]) => cdn::complete(state, &asked, id),
        _ => answer::detail(405, "Method Not Allowed"),
    }
}

/// Reads a body for one of the routes that take uploads on the key's own origin.
pub(super) async fn read(request: Request) -> Result<Asked, Box<Response>> {
    Asked::read(request, MAX_BODY).await
}

fn keep(state: &State, pending: &Pending, bytes: Bytes) {
    let content = Content::Upload(pending.content_type.clone());
    let file = File::new(content, bytes).kept(&pending.lifecycle, state.time.now());
    state.media.put(&pending.path, file);
}

/// Takes one part in; FAL's JS client reads its tag from the body, the others from the header.
fn take_part(state: &State, asked: &Asked, id: &str, number: &str) -> Response {
    let Some(number) = number.parse().ok().filter(|number| *number > 0) else {
        return answer::detail(400, "A part has a number from 1");
    };
    if !state.uploads.reserve(asked.bytes.len()) {
        return full();
    }
    let etag = media::etag(&asked.bytes);
    state.uploads.keep_part(id, number, asked.bytes.clone());
    let body = json!({ "partNumber": number, "etag": etag });
    answer::with(answer::body(200, body), axum::http::header::ETAG, &etag)
}

fn complete_parts(state: &State, asked: &Asked, id: &str, pending: &Pending) -> Response {
    let completion = serde_json::from_slice::<Completion>(&asked.bytes).ok();
    let Some(bytes) = completion.and_then(|completion| pending.whole(&completion)) else {
        return answer::detail(400, "The parts named are not those that were sent");
    };
    keep(state, pending, bytes);
    state.uploads.finish(id);
    answer::body(
        200,
        json!({ "access_url": state.media.link(&pending.path) }),
    )
}

fn full() -> Response {
    answer::detail(413, "The simulator keeps no more uploads")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> Pending {
        let mut pending = Pending::new("cat.png", "image/png", Lifecycle::default());
        pending.parts.insert(2, "b".into());
        pending.parts.insert(1, "a".into());
        pending
    }

    fn named(parts: &[(u32, &str)]) -> Completion {
        let part = |(number, bytes): &(u32, &str)| Part {
            number: *number,
            etag: media::etag(bytes.as_bytes()),
        };
        Completion {
            parts: parts.iter().map(part).collect(),
        }
    }

    #[test]
    fn a_file_is_whole_when_every_part_is_named_in_any_order() {
        let whole = pending().whole(&named(&[(2, "b"), (1, "a")]));
        assert_eq!(whole.unwrap(), "ab");
        for wrong in [
            &[(1, "a")][..],
            &[(1, "a"), (2, "x")],
            &[(1, "a"), (1, "a")],
            &[(1, "a"), (2, "b"), (3, "c")],
            &[],
        ] {
            assert!(pending().whole(&named(wrong)).is_none(), "{wrong:?}");
        }
    }
}
