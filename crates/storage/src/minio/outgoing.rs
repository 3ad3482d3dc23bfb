//! The body of a request on its way out.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::body::{Body, BodyStream};
use crate::error::StorageError;
use crate::intake::Intake;
use crate::name::ObjectRef;

/// A body with its length in bytes.
#[derive(Debug)]
pub(super) struct Outgoing {
    content: Content,
    pub(super) length: u64,
    pub(super) failure: Failure,
}

#[derive(Debug)]
enum Content {
    Whole(Bytes),
    Stream(reqwest::Body),
}

/// Why our own body failed; the HTTP client would only say that it did.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<StorageError>>>);

impl Failure {
    /// Returns the failure, if there was one.
    pub(super) fn take(&self) -> Option<StorageError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, error: StorageError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

impl Outgoing {
    /// Returns a body that is whole in memory.
    pub(super) fn of_bytes(bytes: Bytes) -> Self {
        Self {
            length: bytes.len() as u64,
            content: Content::Whole(bytes),
            failure: Failure::default(),
        }
    }

    /// Returns a body that is read while it is sent and checked by `intake`.
    ///
    /// A body that turns out wrong aborts the request before its last byte is sent, so that the server
    /// never has the number of bytes it was promised and stores nothing.
    pub(super) fn of_stream(object: &ObjectRef, body: Body, length: u64, intake: Intake) -> Self {
        let failure = Failure::default();
        let pieces = HeldBack {
            inner: body.into_stream(),
            held: None,
            intake,
            object: object.clone(),
            failure: failure.clone(),
        };
        Self {
            content: Content::Stream(reqwest::Body::wrap_stream(pieces.into_stream())),
            length,
            failure,
        }
    }

    /// Tells whether the body can be sent more than once.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.content, Content::Whole(_))
    }

    /// Returns the body; a stream is given away, and nothing is left of it.
    pub(super) fn body(&mut self) -> reqwest::Body {
        match &mut self.content {
            Content::Whole(bytes) => bytes.clone().into(),
            Content::Stream(body) => std::mem::take(body),
        }
    }
}

/// Gives each piece only when the next one is there or the end was found right.
struct HeldBack {
    inner: BodyStream,
    held: Option<Bytes>,
    intake: Intake,
    object: ObjectRef,
    failure: Failure,
}

impl HeldBack {
    fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold(Some(self), |state| async move {
            let mut state = state?;
            loop {
                match state.inner.next().await {
                    Some(Ok(piece)) => {
                        state.intake.feed(&piece);
                        if let Some(earlier) = state.held.replace(piece) {
                            return Some((Ok(earlier), Some(state)));
                        }
                    }
                    Some(Err(error)) => return Some((Err(state.fail(error)), None)),
                    None => return state.end().map(|last| (last, None)),
                }
            }
        })
    }

    fn end(mut self) -> Option<io::Result<Bytes>> {
        let last = self.held.take();
        match self.intake.finish(&self.object) {
            Ok(_) => last.map(Ok),
            Err(error) => {
                self.failure.set(error);
                Some(Err(io::Error::other("the body is not what it should be")))
            }
        }
    }

    fn fail(self, error: StorageError) -> io::Error {
        self.failure.set(error);
        io::Error::other("the body ended with an error")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StorageErrorKind;
    use crate::object::Sha256Digest;

    async fn sent(pieces: &[&'static str], length: u64, digest: &str) -> (String, Failure) {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
            .collect();
        let failure = Failure::default();
        let held_back = HeldBack {
            inner: Body::from_stream(stream::iter(pieces), Some(length)).into_stream(),
            held: None,
            intake: Intake::new(Some(Sha256Digest::of(digest.as_bytes()))),
            object: "bucket/key".parse().unwrap(),
            failure: failure.clone(),
        };
        let seen: Vec<_> = held_back.into_stream().collect().await;
        let good: Vec<u8> = seen
            .into_iter()
            .filter_map(Result::ok)
            .flat_map(|piece| piece.to_vec())
            .collect();
        (String::from_utf8(good).unwrap(), failure)
    }

    #[tokio::test]
    async fn a_right_body_is_sent_whole() {
        let (seen, failure) = sent(&["ab", "", "cd"], 4, "abcd").await;
        assert_eq!(seen, "abcd");
        assert!(failure.take().is_none());
    }

    #[tokio::test]
    async fn a_wrong_body_never_sends_its_last_piece() {
        for (length, digest) in [(4, "abcx"), (5, "abcd"), (3, "abcd")] {
            let (seen, failure) = sent(&["ab", "cd"], length, digest).await;
            assert!(seen.len() < 3, "{seen}");
            assert_eq!(failure.take().unwrap().kind(), StorageErrorKind::Corrupt);
        }
    }
}
