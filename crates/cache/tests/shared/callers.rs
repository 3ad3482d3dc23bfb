//! Callers of the read-through layer that go on while servers fail, and look at every answer.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache::redis::RedisCache;
use cache::{FamilyKey, ReadThrough};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const CALLERS: u64 = 16;
const PAUSE: Duration = Duration::from_millis(1);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
}

/// What the callers met.
#[derive(Debug, Default)]
pub(crate) struct Met {
    wrong: u64,
    /// How long each call took, shortest first.
    times: Vec<Duration>,
    /// The longest that the machine let a task wait that had nothing to wait for.
    late: Duration,
}

impl Met {
    fn share(&self, percent: usize) -> Duration {
        self.times[(self.times.len() - 1) * percent / 100]
    }

    /// Asserts that no answer was wrong, and that no call took longer than one limit beside what is the machine's.
    pub(crate) fn assert_unharmed(&self, limit: Duration) {
        assert_eq!(self.wrong, 0, "{self}");
        let most = limit + 2 * self.late + Duration::from_millis(100);
        assert!(self.share(100) <= most, "{self}");
    }

    /// Asserts that the servers were used again within this time beside what is the machine's.
    pub(crate) fn assert_normal_within(&self, time: Duration, back: Duration) {
        let most = time + 2 * self.late;
        assert!(back <= most, "{back:?}: {self}");
    }
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, wrong) = (self.times.len(), self.wrong);
        let [half, most, all] = [50, 99, 100].map(|percent| self.share(percent));
        write!(
            f,
            "{calls} calls, 0 failed, {wrong} wrong; p50 {half:?}, p99 {most:?}, slowest {all:?}; the machine was late \
             by {:?} at most",
            self.late
        )
    }
}

/// Callers that read through the cache until they are told to stop.
pub(crate) struct Callers {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Met>>,
    clock: JoinHandle<Duration>,
}

impl Callers {
    pub(crate) fn start(cache: &RedisCache) -> Self {
        let through = ReadThrough::new(Arc::new(cache.clone()));
        let stop = Arc::new(AtomicBool::new(false));
        let tasks =
            (0..CALLERS).map(|id| tokio::spawn(call(through.clone(), id, Arc::clone(&stop))));
        Self {
            tasks: tasks.collect(),
            clock: tokio::spawn(lateness(Arc::clone(&stop))),
            stop,
        }
    }

    pub(crate) async fn finish(self) -> Met {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Met {
            late: self.clock.await.unwrap(),
            ..Met::default()
        };
        for met in join_all(self.tasks).await {
            let met = met.unwrap();
            all.wrong += met.wrong;
            all.times.extend(met.times);
        }
        all.times.sort_unstable();
        all
    }
}

/// A load cannot fail, so a failed call would be the cache's.
async fn call(through: ReadThrough, id: u64, stop: Arc<AtomicBool>) -> Met {
    let mut met = Met::default();
    let key = FamilyKey::generation(id).unwrap();
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let load = || async { Ok::<_, Infallible>(Some(Record { id })) };
        let read = through.get_or_load(&key, load).await.unwrap();
        met.times.push(start.elapsed());
        met.wrong += u64::from(read.as_deref() != Some(&Record { id }));
        sleep(PAUSE).await;
    }
    met
}

async fn lateness(stop: Arc<AtomicBool>) -> Duration {
    let mut late = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        sleep(PAUSE).await;
        late = late.max(start.elapsed().saturating_sub(PAUSE));
    }
    late
}
