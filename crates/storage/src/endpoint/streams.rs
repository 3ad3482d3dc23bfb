//! A body of the store as a stream that s3s can send.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use s3s::StdError;
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};

use crate::body::{Body, BodyStream};

/// Makes a stream shareable between threads, as s3s wants it; the lock is never taken.
struct Shareable {
    pieces: Mutex<BodyStream>,
    length: Option<usize>,
}

/// Returns the body as s3s sends it.
pub(super) fn blob(body: Body) -> StreamingBlob {
    let length = body.length().and_then(|length| length.try_into().ok());
    StreamingBlob::new(Shareable {
        pieces: Mutex::new(body.into_stream()),
        length,
    })
}

impl Stream for Shareable {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let pieces = this
            .pieces
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let polled = pieces.as_mut().poll_next(cx);
        if let (Poll::Ready(Some(Ok(piece))), Some(length)) = (&polled, &mut this.length) {
            *length = length.saturating_sub(piece.len());
        }
        polled.map_err(Into::into)
    }
}

impl ByteStream for Shareable {
    fn remaining_length(&self) -> RemainingLength {
        self.length
            .map_or_else(RemainingLength::unknown, RemainingLength::new_exact)
    }
}
