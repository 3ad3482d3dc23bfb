//! A span around every call.

mod batch;
mod cache;
mod list;
mod lock;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::CacheError;

/// Opens a span for every call of each port that the adapter inside has.
///
/// # What it does
///
/// The spans are `cache.get`, `list.push`, `lock.acquire`, `batch.apply` and so on, at level debug, with the fields `cache.key`,
/// `count` (of `get_many`, pages and batches), `size_bytes` (of get), `elapsed_ms` (with a fraction) and, for
/// a failure, `error.kind`.
/// Values and ids are never recorded.
///
/// # Default
///
/// There is nothing to set. When nobody listens, the call of the adapter inside is returned as it is: nothing is
/// allocated and nothing measured.
///
/// # Cancellation
///
/// That of the adapter inside; the span of a dropped call has no `elapsed_ms`.
///
/// # Where it goes
///
/// Outermost, so that it shows what the caller waited for.
#[derive(Debug, Clone)]
pub struct Traced<S> {
    inner: S,
}

impl<S> Traced<S> {
    /// Returns `inner` with spans.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }

    /// Returns the adapter inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

/// What a call of a port answers with.
type Answer<T> = Result<T, CacheError>;

/// Does `call` inside of `span`, and records how long it took, what `record` says of it, or how it failed.
async fn inside<T>(
    span: Span,
    call: BoxFuture<'_, Answer<T>>,
    record: impl FnOnce(&Span, &T) + Send,
) -> Answer<T> {
    let start = Instant::now();
    let answer = call.instrument(span.clone()).await;
    span.record("elapsed_ms", start.elapsed().as_secs_f64() * 1_000.0);
    match &answer {
        Ok(answer) => record(&span, answer),
        Err(error) => {
            span.record("error.kind", error.kind().as_str());
        }
    }
    answer
}

/// Says nothing of an answer.
fn nothing<T>(_: &Span, _: &T) {}

/// A span about one key; its name must be a literal.
macro_rules! span {
    ($name:expr, $key:expr) => {
        tracing::debug_span!(
            $name,
            cache.key = %$key,
            count = tracing::field::Empty,
            size_bytes = tracing::field::Empty,
            elapsed_ms = tracing::field::Empty,
            error.kind = tracing::field::Empty,
        )
    };
}

/// Writes the methods of a port by hand, in the form that `async_trait` gives them: only so can the future of the
/// adapter inside be handed on when nobody listens, in place of a new one around it.
macro_rules! traced {
    ($(
        $span:literal: $method:ident<$($life:lifetime),+>($($argument:ident: $type:ty),+) -> $answer:ty,
        of $key:expr, recording $record:expr;
    )+) => {$(
        fn $method<'me, $($life,)+ 'call>(&'me self, $($argument: $type),+) -> BoxFuture<'call, Answer<$answer>>
        where
            'me: 'call,
            $($life: 'call,)+
            Self: 'call,
        {
            let span = span!($span, $key);
            if span.is_disabled() {
                return self.inner.$method($($argument),+);
            }
            Box::pin(inside(span, self.inner.$method($($argument),+), $record))
        }
    )+};
}

use {span, traced};
