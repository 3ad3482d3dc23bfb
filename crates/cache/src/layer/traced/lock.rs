//! Spans of the lock port.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{Answer, Traced, inside, nothing, span, traced};
use crate::{CacheKey, Lease, Lock, Ttl};

#[deny(clippy::missing_trait_methods)]
impl<S: Lock> Lock for Traced<S> {
    traced! {
        "lock.acquire": acquire<'a>(key: &'a CacheKey, life: Ttl) -> Option<Lease>,
            of key, recording nothing;
        "lock.extend": extend<'a>(lease: &'a Lease, life: Ttl) -> Option<Lease>,
            of lease.key(), recording nothing;
        "lock.release": release<'a>(lease: &'a Lease) -> bool, of lease.key(), recording nothing;
        "lock.set_fenced": set_fenced<'a>(lease: &'a Lease, value: Bytes, ttl: Ttl) -> bool,
            of lease.key(), recording nothing;
        "lock.clear": clear<'a>(key: &'a CacheKey) -> bool, of key, recording nothing;
    }
}
