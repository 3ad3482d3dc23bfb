//! Counts what comes over a connection, and stops reading once the allowance is used up.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read at once when less is allowed than there is room for.
const LAST_PIECE: usize = 4096;

/// How many bytes may still be read; clones share the number.
#[derive(Debug, Clone)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    pub(super) fn extend(&self, bytes: u64) {
        // One task reads and one extends, so that nothing is lost between the two calls.
        let left = self.left();
        self.0
            .fetch_add(bytes.min(u64::MAX - left), Ordering::AcqRel);
    }

    fn left(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn spend(&self, bytes: usize) {
        self.0.fetch_sub(bytes as u64, Ordering::AcqRel);
    }
}

/// The other side sent more than was allowed.
#[derive(Debug, thiserror::Error)]
#[error("the allowance of bytes is used up")]
pub(super) struct UsedUp;

/// Tells whether `error` comes from a used up allowance, however it is wrapped.
pub(super) fn is_used_up(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if let Some(inner) = io.and_then(io::Error::get_ref)
            && inner.is::<UsedUp>()
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A connection of which no more is read than allowed, whatever the bytes are: head, informational
/// answers, chunk sizes, trailers or body.
#[derive(Debug)]
pub(super) struct Metered<T> {
    inner: T,
    allowance: Allowance,
}

impl<T> Metered<T> {
    pub(super) fn new(inner: T, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Metered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = usize::try_from(self.allowance.left()).unwrap_or(usize::MAX);
        if left == 0 {
            return Poll::Ready(Err(io::Error::other(UsedUp)));
        }
        if buffer.remaining() <= left {
            let before = buffer.filled().len();
            let outcome = Pin::new(&mut self.inner).poll_read(cx, buffer);
            self.allowance.spend(buffer.filled().len() - before);
            return outcome;
        }
        let mut piece = [0; LAST_PIECE];
        let mut piece = ReadBuf::new(&mut piece[..left.min(LAST_PIECE)]);
        let outcome = Pin::new(&mut self.inner).poll_read(cx, &mut piece);
        self.allowance.spend(piece.filled().len());
        buffer.put_slice(piece.filled());
        outcome
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
