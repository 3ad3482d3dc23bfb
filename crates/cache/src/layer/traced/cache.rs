//! Spans of the byte port.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tracing::Span;

use super::{Answer, Traced, inside, nothing, span, traced};
use crate::{Cache, CacheKey, Ttl};

/// The first of many keys stands for all: a span is no place for a list.
struct First<'a>(&'a [CacheKey]);

impl fmt::Display for First<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            Some(key) => key.fmt(f),
            None => f.write_str("none"),
        }
    }
}

#[expect(clippy::ref_option, reason = "the answer is looked at where it is")]
fn size(span: &Span, value: &Option<Bytes>) {
    if let Some(value) = value {
        span.record("size_bytes", value.len());
    }
}

#[expect(clippy::ptr_arg, reason = "the answer is looked at where it is")]
fn found(span: &Span, values: &Vec<Option<Bytes>>) {
    span.record("count", values.iter().flatten().count());
}

#[deny(clippy::missing_trait_methods)]
impl<S: Cache> Cache for Traced<S> {
    traced! {
        "cache.get": get<'a>(key: &'a CacheKey) -> Option<Bytes>, of key, recording size;
        "cache.get_many": get_many<'a>(keys: &'a [CacheKey]) -> Vec<Option<Bytes>>,
            of First(keys), recording found;
        "cache.set": set<'a>(key: &'a CacheKey, value: Bytes, ttl: Ttl) -> (),
            of key, recording nothing;
        "cache.delete": delete<'a>(key: &'a CacheKey) -> bool, of key, recording nothing;
        "cache.compare_and_delete":
            compare_and_delete<'a, 'b>(key: &'a CacheKey, expected: &'b Bytes) -> bool,
            of key, recording nothing;
        "cache.bump": bump<'a>(key: &'a CacheKey, ttl: Ttl) -> u64, of key, recording nothing;
        "cache.ttl": ttl<'a>(key: &'a CacheKey) -> Option<Duration>, of key, recording nothing;
    }

    fn ping<'me, 'call>(&'me self) -> BoxFuture<'call, Answer<Duration>>
    where
        'me: 'call,
        Self: 'call,
    {
        let span = span!("cache.ping", "none");
        if span.is_disabled() {
            return self.inner.ping();
        }
        Box::pin(inside(span, self.inner.ping(), nothing))
    }

    fn shutdown<'me, 'call>(&'me self) -> BoxFuture<'call, ()>
    where
        'me: 'call,
        Self: 'call,
    {
        self.inner.shutdown()
    }
}
