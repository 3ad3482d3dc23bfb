//! The bytes of an object, whole or as they come.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::error::{Result, StorageError, StorageErrorKind};
use crate::gathered::Gathered;
use crate::object::Sha256Digest;

/// A stream of pieces of a body; the first error ends it.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// The bytes of an object: whole in memory, or a stream with an optional known length.
///
/// Whoever reads a body through [`into_stream`](Self::into_stream) gets exactly the known length or an
/// error: a short or long stream is [`StorageErrorKind::Corrupt`], never a shorter object.
/// Empty pieces are dropped, since several drivers take one for the end.
pub struct Body {
    inner: Inner,
    /// The digest that the stream itself checks.
    proves: Option<Sha256Digest>,
}

enum Inner {
    Bytes(Bytes),
    Stream {
        length: Option<u64>,
        stream: BodyStream,
    },
}

impl Body {
    /// Returns a body that reads from `stream`, with its length in bytes if that is known.
    pub fn from_stream<S>(stream: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes>> + Send + 'static,
    {
        Self::of(Inner::Stream {
            length,
            stream: Box::pin(stream),
        })
    }

    fn of(inner: Inner) -> Self {
        Self {
            inner,
            proves: None,
        }
    }

    /// Returns the body whose stream is known to end with an error unless its bytes have `digest`.
    #[cfg(feature = "s3-endpoint")]
    pub(crate) fn proving(self, digest: Sha256Digest) -> Self {
        Self {
            proves: Some(digest),
            ..self
        }
    }

    /// Returns the digest that whoever reads the body has to check, of the one that is expected: none when
    /// the body does so itself.
    pub(crate) fn unproved(&self, expected: Option<Sha256Digest>) -> Option<Sha256Digest> {
        expected.filter(|digest| self.proves != Some(*digest))
    }

    /// Returns the length in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        match &self.inner {
            Inner::Bytes(bytes) => Some(bytes.len() as u64),
            Inner::Stream { length, .. } => *length,
        }
    }

    /// Returns the bytes if the body is whole in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.inner {
            Inner::Bytes(bytes) => Some(bytes),
            Inner::Stream { .. } => None,
        }
    }

    /// Returns the same body once more, or `None` for a stream, which can be read only once.
    pub fn try_clone(&self) -> Option<Self> {
        self.as_bytes().cloned().map(Self::from)
    }

    /// Returns the pieces, none of them empty, checked against the known length.
    pub fn into_stream(self) -> BodyStream {
        match self.inner {
            Inner::Bytes(bytes) if bytes.is_empty() => Box::pin(stream::empty()),
            Inner::Bytes(bytes) => Box::pin(stream::once(async move { Ok(bytes) })),
            Inner::Stream { length, stream } => checked(stream, length),
        }
    }

    /// Returns all bytes, reading at most `limit` of them.
    ///
    /// # Errors
    ///
    /// [`StorageErrorKind::InvalidInput`] when there are more than `limit`, or the error of the stream.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the stream; nothing else happens.
    pub async fn collect(self, limit: u64) -> Result<Bytes> {
        let too_long = || {
            StorageError::new(StorageErrorKind::InvalidInput, "read", "body")
                .with_detail(format!("longer than {limit} bytes"))
        };
        if self.length().is_some_and(|length| length > limit) {
            return Err(too_long());
        }
        let (length, mut stream) = match self.inner {
            Inner::Bytes(bytes) => return Ok(bytes),
            Inner::Stream { length, stream } => (length, stream),
        };
        let mut all = Gathered::new(length);
        while let Some(piece) = stream.next().await.transpose()? {
            all.add(piece);
            match length {
                Some(length) if all.length() > length => {
                    return Err(wrong_length(length, all.length()));
                }
                _ if all.length() > limit => return Err(too_long()),
                _ => {}
            }
        }
        match length.filter(|length| *length != all.length()) {
            Some(length) => Err(wrong_length(length, all.length())),
            None => Ok(all.into_bytes()),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::of(Inner::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("length", &self.length())
            .field("whole", &self.as_bytes().is_some())
            .finish()
    }
}

fn checked(inner: BodyStream, length: Option<u64>) -> BodyStream {
    let state = Some((inner, 0_u64));
    Box::pin(stream::unfold(state, move |state| async move {
        let (mut inner, mut seen) = state?;
        loop {
            match inner.next().await {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => {
                    seen += piece.len() as u64;
                    return match length {
                        Some(length) if seen > length => {
                            Some((Err(wrong_length(length, seen)), None))
                        }
                        _ => Some((Ok(piece), Some((inner, seen)))),
                    };
                }
                Some(Err(error)) => return Some((Err(error), None)),
                None => {
                    let length = length.filter(|length| *length != seen)?;
                    return Some((Err(wrong_length(length, seen)), None));
                }
            }
        }
    }))
}

fn wrong_length(expected: u64, seen: u64) -> StorageError {
    let more = if seen > expected { "at least " } else { "" };
    StorageError::new(StorageErrorKind::Corrupt, "read", "body")
        .with_detail(format!("expected {expected} bytes and got {more}{seen}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(pieces: &[&'static str], length: Option<u64>) -> Body {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
            .collect();
        Body::from_stream(stream::iter(pieces), length)
    }

    #[tokio::test]
    async fn an_empty_piece_does_not_end_the_body() {
        let body = pieces(&["ab", "", "cd"], Some(4));
        assert_eq!(body.collect(10).await.unwrap(), "abcd");
    }

    #[tokio::test]
    async fn short_and_long_streams_are_corrupt() {
        for length in [3, 5] {
            let error = pieces(&["ab", "cd"], Some(length))
                .collect(10)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{length}");
        }
    }

    #[tokio::test]
    async fn collecting_stops_at_the_limit() {
        for body in [
            pieces(&["ab", "cd"], None),
            pieces(&["ab", "cd"], Some(4)),
            Body::from("abcd"),
        ] {
            let error = body.collect(3).await.unwrap_err();
            assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
        }
    }

    #[cfg(feature = "s3-endpoint")]
    #[test]
    fn only_the_digest_that_a_body_proves_need_not_be_checked() {
        let (right, other) = (Sha256Digest::of(b"abc"), Sha256Digest::of(b"abd"));
        let body = Body::from("abc");
        assert_eq!(body.unproved(Some(right)), Some(right));
        let body = body.proving(right);
        assert_eq!(body.unproved(Some(right)), None);
        assert_eq!(body.unproved(Some(other)), Some(other));
        assert_eq!(body.unproved(None), None);
    }

    #[test]
    fn only_whole_bodies_can_be_read_twice() {
        assert!(Body::from("abc").try_clone().is_some());
        assert!(pieces(&["abc"], None).try_clone().is_none());
    }
}
