//! The spans of the ports when somebody listens: every rule still holds, and no value shows.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use cache::layer::Traced;
use cache::memory::MemoryCache;
use cache::testing::FailingCache;
use cache::testing::conformance::Fixture;
use cache::{Batch, Cache, CacheErrorKind, CacheKey, Lock, RecentList, Step, Ttl};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

/// Listens to everything and keeps what the spans say.
#[derive(Debug, Clone, Default)]
struct Listener(Arc<Mutex<Vec<String>>>);

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Listener {
    fn spans(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let metadata = attributes.metadata();
        let mut text = metadata.name().to_owned();
        if *metadata.level() != Level::DEBUG {
            write!(text, " at {}", metadata.level()).unwrap();
        }
        attributes.record(&mut Text(&mut text));
        let mut spans = self.0.lock().unwrap();
        spans.push(text);
        span::Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let place = usize::try_from(id.into_u64()).unwrap() - 1;
        values.record(&mut Text(&mut self.0.lock().unwrap()[place]));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Every test of this file listens, whether it looks or not.
fn listening() -> Listener {
    static LISTENER: std::sync::OnceLock<Listener> = std::sync::OnceLock::new();
    let listener = LISTENER.get_or_init(|| {
        let listener = Listener::default();
        tracing::subscriber::set_global_default(listener.clone()).unwrap();
        listener
    });
    listener.clone()
}

fn fixture() -> Fixture {
    listening();
    let adapter = Traced::new(MemoryCache::new());
    let shared = Arc::new(adapter);
    Fixture::new(Arc::clone(&shared) as _, Arc::clone(&shared) as _)
        .with_lock(Arc::clone(&shared) as _)
        .with_batch(shared)
}

mod bytes {
    use super::*;
    cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
}

mod lists {
    use super::*;
    cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
}

mod locks {
    use super::*;
    cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
}

mod batches {
    use super::*;
    cache::batch_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
}

/// Returns the spans about `key`, without their times.
fn about(listener: &Listener, key: &CacheKey) -> Vec<String> {
    let mine = format!("cache.key={key}");
    let spans = listener
        .spans()
        .into_iter()
        .filter(|span| span.contains(&mine));
    let untimed = spans.map(|span| {
        let words = span
            .split(' ')
            .filter(|word| !word.starts_with("elapsed_ms="));
        words
            .collect::<Vec<_>>()
            .join(" ")
            .replace(&format!(" {mine}"), "")
    });
    untimed.collect()
}

#[tokio::test(start_paused = true)]
async fn a_span_says_what_was_called_how_large_it_was_and_how_it_failed() {
    let listener = listening();
    let broken = FailingCache::new(MemoryCache::new());
    let traced = Traced::new(broken.clone());
    let key = CacheKey::new("span:17").unwrap();
    let ttl = Ttl::new(std::time::Duration::from_mins(1)).unwrap();
    traced.set(&key, "canary".into(), ttl).await.unwrap();
    traced.get(&key).await.unwrap();
    traced.get_many(&[key.clone(), key.clone()]).await.unwrap();
    broken.break_down(CacheErrorKind::TimedOut);
    traced.delete(&key).await.unwrap_err();
    broken.heal();
    let lease = traced.acquire(&key, ttl).await.unwrap().unwrap();
    traced.release(&lease).await.unwrap();
    traced.token(&key).await.unwrap();
    let step = Step::Delete { key: key.clone() };
    traced.apply(&[step]).await.unwrap();
    assert_eq!(
        about(&listener, &key),
        [
            "cache.set",
            "cache.get size_bytes=6",
            "cache.get_many count=2",
            "cache.delete error.kind=\"timed_out\"",
            "lock.acquire",
            "lock.release",
            "list.token",
            "batch.apply count=1",
        ]
    );
    let all = listener.spans().join("\n");
    assert!(all.matches("elapsed_ms=").count() >= 7);
    assert!(!all.contains("canary") && !all.contains(lease.holder()));
}
