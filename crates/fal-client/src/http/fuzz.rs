//! The readers of this adapter, for `testing::fuzz`.

use std::collections::VecDeque;

use core_config::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{
    classify,
    exchange::Answer,
    files::{Initiated, Taken, below, foreign},
    head::Head,
    hidden::Hidden,
    platform::{Deleted, Listed},
    queue::is_unfinished,
    runner::read_piece,
    sse::SseParser,
    watch::read_state,
};
use crate::{Billed, Endpoint, FalError, FalErrorKind, FalKey, FalUrl, Operation, RetryPolicy};

/// The key that answers are asked for with; a fuzzer finds its words in the seeds.
const KEY: &str = "fuzzed-id-0000:fuzzed-secret-0000";

const OPERATIONS: [Operation; 8] = [
    Operation::Submit,
    Operation::Status,
    Operation::Result,
    Operation::Cancel,
    Operation::Run,
    Operation::List,
    Operation::DeletePayload,
    Operation::Upload,
];

/// An answer without success is some error, whatever the operation, the status, the head and the body.
///
/// The first two bytes are the status. A body that begins with a line feed has headers before it, one a line, up to
/// an empty line.
pub(crate) fn answer(bytes: &[u8]) {
    let (status, rest) = bytes.split_at(bytes.len().min(2));
    let status = status.iter();
    let status = status.fold(0, |status, byte| status * 256 + u16::from(*byte)) % 600;
    let (headers, body) = match rest.strip_prefix(b"\n") {
        Some(rest) => headers(rest),
        None => (HeaderMap::new(), rest),
    };
    let key = FalKey::new(&Secret::new(KEY));
    let hidden = key.map(|key| Hidden::of(&key)).unwrap_or_default();
    let answer = Answer {
        head: Head { status, headers },
        body: body.to_vec(),
        hidden,
    };
    for operation in OPERATIONS {
        check(&classify::of_answer(operation, &answer));
    }
    let _ = classify::cancel_outcome(&answer);
    if let Ok(id) = classify::id_of_success(classify::of_unreadable(Operation::Submit, &answer)) {
        assert!(!id.as_str().contains("fuzzed-secret-0000"));
    }
    if let Ok(text) = std::str::from_utf8(body) {
        drop(read_state(text));
        drop(read_piece(text).map(|value| is_unfinished(&value)));
        check(&classify::of_event(Operation::Run, text, &answer.hidden));
    }
}

/// No error shows the key or more than a short reason, none asks for a pause that cannot be, and a submit was
/// either not accepted or perhaps.
fn check(error: &FalError) {
    let reason = error.reason().unwrap_or_default();
    assert!(reason.chars().count() <= 200);
    let shown = format!("{error} {error:?} {reason} {:?}", error.request_id());
    assert!(!shown.contains("fuzzed-secret-0000"), "{shown}");
    let _ = RetryPolicy::default().pause(1, error.retry_after());
    if error.operation() == Operation::Submit {
        let perhaps = error.kind() == FalErrorKind::Unacknowledged;
        assert!(perhaps != error.is_unsent() && perhaps == (error.billed() != Billed::No));
    }
}

/// Reads headers, one a line, up to an empty line; returns what follows it.
pub(crate) fn headers(bytes: &[u8]) -> (HeaderMap, &[u8]) {
    let (mut headers, mut rest) = (HeaderMap::new(), bytes);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if let (Ok(name), Ok(value)) = (name.try_into(), value.try_into()) {
            let (name, value): (HeaderName, HeaderValue) = (name, value);
            drop(headers.try_insert(name, value));
        }
    }
    (headers, rest)
}

/// A page, the answer to a delete, or the answer to the wish to upload.
pub(crate) fn platform(bytes: &[u8]) {
    let asked = Endpoint::try_from("a/b");
    if let (Ok(listed), Ok(asked)) = (serde_json::from_slice::<Listed>(bytes), asked) {
        drop(listed.into_page(&asked));
    }
    if let Ok(deleted) = serde_json::from_slice::<Deleted>(bytes) {
        drop(deleted.into_deletion());
    }
    if let Ok(initiated) = serde_json::from_slice::<Initiated>(bytes) {
        destination(&initiated);
    }
    let _ = Taken::tag(bytes);
}

/// An address for the bytes is https, or on loopback for a simulator there, and its parts go to the same host.
fn destination(initiated: &Initiated) {
    for (base, secure) in [(FalUrl::REST, true), ("http://127.0.0.1:9", false)] {
        let Ok(base) = base.parse() else { return };
        if let Some(url) = foreign(&initiated.upload_url, &base) {
            assert!(url.scheme() == "https" || !secure);
            let part = below(&url, "1");
            assert_eq!((part.host(), part.query()), (url.host(), url.query()));
        }
    }
}

/// A stream as a whole and in pieces whose sizes its first byte gives.
pub(crate) fn sse(bytes: &[u8]) {
    let Some((size, text)) = bytes.split_first() else {
        return;
    };
    let read = |size: usize| {
        let mut parser = SseParser::with_limit(1024);
        let mut events = VecDeque::new();
        let fed = text
            .chunks(size.max(1))
            .try_for_each(|chunk| parser.feed(chunk, &mut events));
        fed.map(|()| events)
    };
    assert_eq!(read(text.len()), read(usize::from(*size)));
}
