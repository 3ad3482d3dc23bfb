//! Any bytes as a cached value: a value of this version, or a miss, and never a panic.
#![no_main]

use std::sync::{Arc, LazyLock};

use cache::memory::MemoryCache;
use cache::{Cache, FamilyKey, TypedCache};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    number: u32,
    prompt: String,
    tags: Vec<String>,
    parent: Option<Box<Record>>,
}

static CACHE: LazyLock<MemoryCache> = LazyLock::new(MemoryCache::new);
static KEY: LazyLock<FamilyKey> =
    LazyLock::new(|| FamilyKey::generation(17).expect("a constant id"));
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime without drivers")
});

fuzz_target!(|bytes: &[u8]| {
    RUNTIME.block_on(check(bytes));
    // Most bytes get no further than the version; these begin behind it.
    RUNTIME.block_on(check(&[b"{\"v\":1,\"number\":1,", bytes].concat()));
});

async fn check(bytes: &[u8]) {
    let typed = TypedCache::<Record>::new(Arc::new(CACHE.clone()));
    let set = CACHE.set(KEY.key(), bytes.to_vec().into(), KEY.ttl());
    // Too large a value is refused, and then there is none.
    if set.await.is_err() {
        return;
    }
    let read = typed.get(&KEY).await.expect("memory does not fail");
    let Some(record) = read else { return };
    let value: serde_json::Value = serde_json::from_slice(bytes).expect("what was read is JSON");
    assert_eq!(value["v"], 1, "only this version is read");
    assert_eq!(value["number"], record.number);
}
