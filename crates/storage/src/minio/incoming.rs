//! The body of an answer on its way in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Sleep, sleep_until};

use super::classify;
use super::data_plane::timed_out;
use crate::error::Result;
use crate::name::ObjectRef;

/// The pieces of an answer, none of which may be waited for longer than a limit.
///
/// Only waiting counts: who takes the pieces may take its time.
pub(super) struct Incoming<S> {
    pieces: S,
    patience: Patience,
    operation: &'static str,
    object: ObjectRef,
}

impl<S> Incoming<S>
where
    S: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    /// Returns the pieces of the answer to `operation`, each under `limit`.
    pub(super) fn new(
        operation: &'static str,
        object: ObjectRef,
        pieces: S,
        limit: Duration,
    ) -> Self {
        Self {
            pieces,
            patience: Patience::new(limit),
            operation,
            object,
        }
    }
}

impl<S> Stream for Incoming<S>
where
    S: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(piece) = this.pieces.poll_next_unpin(cx) {
            this.patience.renew();
            let piece = piece.map(|piece| {
                piece.map_err(|error| classify::of_transport(this.operation, &this.object, error))
            });
            return Poll::Ready(piece);
        }
        ready!(this.patience.poll_end(cx));
        let error = timed_out(this.operation, &this.object, this.patience.limit);
        Poll::Ready(Some(Err(error)))
    }
}

/// A limit on each wait of many, with one timer for all of them.
///
/// To set a timer costs more than to take a piece, since it may wake the thread that watches the timers.
/// So the timer is left where it is when a wait ends, and is set anew only when it goes off too early.
struct Patience {
    limit: Duration,
    ends: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self {
            limit,
            ends: None,
            timer: None,
        }
    }

    /// Ends a wait; the next one begins when it is first polled.
    fn renew(&mut self) {
        self.ends = None;
    }

    /// Is ready when the present wait is as long as the limit.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ends = *self.ends.get_or_insert_with(|| Instant::now() + self.limit);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(ends)));
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= ends {
                return Poll::Ready(());
            }
            timer.as_mut().reset(ends);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{advance, sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_the_whole_limit() {
        let mut patience = Patience::new(LIMIT);
        for _ in 0..3 {
            let wait = poll_fn(|cx| patience.poll_end(cx));
            let cut =
                tokio::time::timeout(LIMIT.saturating_sub(Duration::from_secs(1)), wait).await;
            assert!(cut.is_err(), "a wait ended before its limit");
            patience.renew();
        }
        let start = Instant::now();
        poll_fn(|cx| patience.poll_end(cx)).await;
        assert!((LIMIT..LIMIT + Duration::from_secs(1)).contains(&start.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn time_between_the_waits_does_not_count() {
        let mut patience = Patience::new(LIMIT);
        let soon = Duration::from_millis(1);
        let wait = poll_fn(|cx| patience.poll_end(cx));
        assert!(tokio::time::timeout(soon, wait).await.is_err());
        patience.renew();
        advance(LIMIT * 2).await;
        sleep(soon).await;
        let wait = poll_fn(|cx| patience.poll_end(cx));
        assert!(tokio::time::timeout(LIMIT / 2, wait).await.is_err());
    }
}
