//! An outage of the cache is told once, however many calls it fails.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};

use cache::memory::MemoryCache;
use cache::testing::FailingCache;
use cache::{CacheErrorKind, FamilyKey, ReadThrough, RecentIds};
use serde::{Deserialize, Serialize};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

fn key() -> FamilyKey {
    FamilyKey::generation(17).unwrap()
}

fn load(number: u32) -> Ready<Result<Option<Record>, Infallible>> {
    ready(Ok(Some(Record { number })))
}

/// Counts warnings, and keeps what they say.
#[derive(Debug, Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if *event.metadata().level() == Level::WARN {
            let mut text = String::new();
            event.record(&mut Text(&mut text));
            self.0.lock().unwrap().push(text);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn each_outage_is_warned_of_once() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let count = || warnings.0.lock().unwrap().len();
    let broken = FailingCache::new(MemoryCache::new());
    let through = ReadThrough::new(Arc::new(broken.clone()));
    let recent = RecentIds::beside(&through, Arc::new(broken.clone()));
    let list = FamilyKey::user_generations("ada").unwrap();
    for outage in 1..=3 {
        broken.break_down(CacheErrorKind::Unavailable);
        for _ in 0..100 {
            recent.push(&list, "17").await;
            through.get_or_load(&key(), || load(1)).await.unwrap();
        }
        // One for reads and writes, records and lists.
        assert_eq!(count(), outage, "{:?}", warnings.0);
        broken.heal();
        through.get_or_load(&key(), || load(1)).await.unwrap();
        through.forget(&key()).await;
    }
}

#[tokio::test]
async fn a_server_that_only_refuses_writes_is_warned_of_once() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let broken = FailingCache::new(MemoryCache::new());
    broken.break_operations(&["set", "delete"], CacheErrorKind::ReadOnly);
    let through = ReadThrough::new(Arc::new(broken));
    for _ in 0..100 {
        through.get_or_load(&key(), || load(1)).await.unwrap();
    }
    let warnings = warnings.0.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("read_only"), "{warnings:?}");
}
