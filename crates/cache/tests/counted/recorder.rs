//! A recorder that keeps what is counted under readable names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

/// Counts under names such as `cache.reads{family=generation,outcome=hit}`. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

impl Recorder {
    pub(crate) fn count(&self, name: &str) -> u64 {
        let counts = self.0.lock().unwrap();
        counts
            .get(name)
            .map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Returns the value of a gauge, if it was ever set.
    pub(crate) fn gauge(&self, name: &str) -> Option<f64> {
        let values = self.0.lock().unwrap();
        let value = values.get(name)?;
        Some(f64::from_bits(value.load(Ordering::Relaxed)))
    }

    fn place(&self, key: &Key) -> Arc<AtomicU64> {
        let labels = key.labels();
        let labels = labels.map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<_> = labels.collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        let mut values = self.0.lock().unwrap();
        Arc::clone(values.entry(name).or_default())
    }

    /// Returns the names of all that was counted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.place(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.place(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
