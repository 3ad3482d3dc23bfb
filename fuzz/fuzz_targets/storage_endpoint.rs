//! Any request to the S3 endpoint: it gets an answer, and without a signature never one that says yes.
//!
//! The input is lines: the method, the target, headers as `name: value`, an empty line, the body.
#![no_main]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use core_config::Secret;
use libfuzzer_sys::fuzz_target;
use storage::endpoint::InProcessEndpoint;
use storage::{Credentials, MemoryStore, ObjectStore, SystemClock};
use tokio::runtime::{Builder, Runtime};

const REGION: &str = "us-east-1";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime of one thread")
});

static CLOSED: LazyLock<InProcessEndpoint> = LazyLock::new(|| {
    let keys = [Credentials::new("who", Secret::new("word"))];
    InProcessEndpoint::new(store(), &keys, REGION)
});

fn store() -> Arc<dyn ObjectStore> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

/// Returns a store with one object.
fn store_with_a_picture() -> Arc<dyn ObjectStore> {
    let store = store();
    let object = "imagen4/2026/03/01/abc_1.png".parse();
    let object: storage::ObjectRef = object.expect("a constant reference");
    RUNTIME.block_on(async {
        let made = store.ensure_bucket(&object.bucket).await;
        made.expect("memory takes a bucket");
        let put = store.put(&object, "abc".into(), Default::default()).await;
        put.expect("memory takes an object");
    });
    store
}

fuzz_target!(|data: &[u8]| {
    let split = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match split {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, &[][..]),
    };
    let mut lines = head.split(|&byte| byte == b'\n');
    let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(method), Some(target)) = (line(), line()) else {
        return;
    };
    let headers: Vec<_> = lines
        .filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            Some((name, line[colon + 1..].trim_ascii_start()))
        })
        .collect();
    let body = Bytes::copy_from_slice(body);
    // What one request leaves behind must not decide about the next, or no finding could be repeated.
    let open = InProcessEndpoint::without_keys(store_with_a_picture(), REGION);
    RUNTIME.block_on(async {
        let refused = CLOSED.answer(method, target, &headers, body.clone()).await;
        assert!(
            refused.is_none_or(|status| status >= 400),
            "said yes without a signature"
        );
        let answered = open.answer(method, target, &headers, body).await;
        assert!(
            answered.is_none_or(|status| status != 500),
            "an error of our own"
        );
    });
});
