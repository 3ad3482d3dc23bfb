//! What nobody listens to costs nothing: spans and counters that are off allocate no byte.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::convert::Infallible;
use std::num::NonZeroU16;
use std::sync::Arc;

use allocation_counter::measure;
use cache::layer::Traced;
use cache::memory::MemoryCache;
use cache::{Cache, CacheKey, FamilyKey, ListLimits, Lock, ReadThrough, RecentList, Ttl};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

const LIMITS: ListLimits = ListLimits {
    cap: NonZeroU16::MIN,
    ttl: Ttl::MAX,
};

/// Counts what one turn allocates on this thread. The memory cache tidies up now and then, so the least of many
/// turns is the turn's own.
fn allocations(turn: impl Fn()) -> u64 {
    let counts = (0..50).map(|_| measure(&turn).count_total);
    counts.min().unwrap_or_default()
}

fn calls_of_every_port(adapter: &(impl Cache + RecentList + Lock)) {
    let key = CacheKey::new("key").unwrap();
    let call = async {
        adapter.get(&key).await.unwrap();
        adapter.get_many(std::slice::from_ref(&key)).await.unwrap();
        adapter.ttl(&key).await.unwrap();
        adapter.page(&key, 0, 5).await.unwrap();
        adapter.remove(&key, "a", &LIMITS).await.unwrap();
        adapter.clear(&key).await.unwrap();
    };
    call.now_or_never().unwrap();
}

#[test]
fn spans_that_are_off_allocate_nothing() {
    let bare = MemoryCache::new();
    let traced = Traced::new(MemoryCache::new());
    let of_bare = allocations(|| calls_of_every_port(&bare));
    let of_traced = allocations(|| calls_of_every_port(&traced));
    assert!(
        of_bare > 0,
        "the calls of the port itself box their futures"
    );
    assert_eq!(of_traced, of_bare);
}

#[test]
fn a_read_through_the_layers_allocates_what_the_value_and_the_port_take() {
    let key = FamilyKey::generation(17).unwrap();
    let memory = MemoryCache::new();
    let through = ReadThrough::new(Arc::new(Traced::new(memory.clone())));
    through
        .put(&key, &Record { number: 1 })
        .now_or_never()
        .unwrap();
    let by_hand = allocations(|| {
        let bytes = memory
            .get(key.key())
            .now_or_never()
            .unwrap()
            .unwrap()
            .unwrap();
        let mut fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&bytes).unwrap();
        fields.remove("v").unwrap();
        let record: Record = serde_json::from_value(fields.into()).unwrap();
        drop(Arc::new(record));
    });
    let through_layers = allocations(|| {
        let load = || async { Ok::<Option<Record>, Infallible>(None) };
        let read = through.get_or_load(&key, load).now_or_never().unwrap();
        assert!(read.unwrap().is_some());
    });
    assert_eq!(through_layers, by_hand);
}
