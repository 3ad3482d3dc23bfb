//! Callers that go on while servers change, and look at every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache::redis::RedisCache;
use cache::{Cache, CacheError, CacheKey, ListLimits, RecentList};
use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{key, minute};

/// How much of what was written may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing: what was written is read.
    None,
    /// The newest writes: a replica that takes over may lack them.
    Newest,
}

/// What the callers met.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    pub(super) right: u64,
    pub(super) failed: u64,
    pub(super) wrong: u64,
    /// The slowest call.
    pub(super) slowest: Duration,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.failed += other.failed;
        self.wrong += other.wrong;
        self.slowest = self.slowest.max(other.slowest);
    }

    fn time<T>(&mut self, start: Instant, outcome: Result<T, CacheError>) -> Option<T> {
        self.slowest = self.slowest.max(start.elapsed());
        if outcome.is_err() {
            self.failed += 1;
        }
        outcome.ok()
    }

    fn judge(&mut self, is_right: bool) {
        if is_right {
            self.right += 1;
        } else {
            self.wrong += 1;
        }
    }
}

/// Several tasks, each with a value and a list that nobody else writes.
pub(super) struct Writers {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Tally>>,
}

impl Writers {
    /// Starts a task for each name.
    pub(super) fn start(cache: &RedisCache, names: &[&str], loss: Loss) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = names.iter().map(|name| {
            let writer = Writer {
                cache: cache.clone(),
                value: key(&format!("value:{name}")),
                list: key(&format!("list:{name}")),
                loss,
                tally: Tally::default(),
            };
            tokio::spawn(writer.run(Arc::clone(&stop)))
        });
        Self {
            tasks: tasks.collect(),
            stop,
        }
    }

    /// Ends the tasks and returns what they met together.
    pub(super) async fn finish(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for tally in join_all(self.tasks).await {
            all.add(tally.unwrap());
        }
        all
    }
}

struct Writer {
    cache: RedisCache,
    value: CacheKey,
    list: CacheKey,
    loss: Loss,
    tally: Tally,
}

impl Writer {
    async fn run(mut self, stop: Arc<AtomicBool>) -> Tally {
        let mut written = 0;
        let mut pushed = Vec::new();
        for number in 1.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            self.turn_of_value(number, &mut written).await;
            self.turn_of_list(number, &mut pushed).await;
            sleep(Duration::from_millis(2)).await;
        }
        self.tally
    }

    /// Writes the number and reads it back; `written` is the last number whose write was acknowledged.
    async fn turn_of_value(&mut self, number: u64, written: &mut u64) {
        let text = format!("{}={number}", self.value);
        let start = Instant::now();
        let outcome = self.cache.set(&self.value, text.into(), minute()).await;
        if self.tally.time(start, outcome).is_some() {
            *written = number;
        }
        let start = Instant::now();
        let outcome = self.cache.get(&self.value).await;
        let Some(found) = self.tally.time(start, outcome) else {
            return;
        };
        let own = format!("{}=", self.value);
        let found = found.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        let read = found
            .as_deref()
            .map(|text| text.strip_prefix(&own)?.parse::<u64>().ok());
        self.tally.judge(match (read, self.loss) {
            // A write whose answer was lost may have happened.
            (Some(Some(read)), Loss::None) => (*written..=number).contains(&read),
            (Some(Some(read)), Loss::Newest) => read <= number,
            (Some(None), _) => false,
            (None, Loss::None) => *written == 0,
            (None, Loss::Newest) => true,
        });
    }

    /// Pushes the number and reads the list; a list that went cold is filled as a reader does.
    async fn turn_of_list(&mut self, number: u64, pushed: &mut Vec<String>) {
        let limits = limits();
        let id = format!("{number:08}");
        let start = Instant::now();
        let outcome = self.cache.push(&self.list, &id, &limits).await;
        pushed.insert(0, id);
        match self.tally.time(start, outcome) {
            Some(true) => {}
            Some(false) => return self.fill(pushed).await,
            // The change may be missing, so the list has to be made cold, as `RecentIds` does.
            None => {
                let _ = self.cache.forget(&self.list).await;
                return;
            }
        }
        let start = Instant::now();
        let outcome = self.cache.page(&self.list, 0, 5).await;
        if let Some(Some(page)) = self.tally.time(start, outcome) {
            let newest = pushed.iter().take(5);
            let is_whole = page.ids.iter().eq(newest);
            let is_sorted = page.ids.is_sorted_by(|a, b| a > b);
            self.tally.judge(match self.loss {
                Loss::None => is_whole,
                Loss::Newest => is_sorted,
            });
        }
    }

    async fn fill(&mut self, pushed: &[String]) {
        let Ok(token) = self.cache.token(&self.list).await else {
            return;
        };
        let newest: Vec<_> = pushed.iter().take(50).cloned().collect();
        let _ = self
            .cache
            .fill(&self.list, &token, &newest, &limits())
            .await;
    }
}

fn limits() -> ListLimits {
    ListLimits {
        cap: 50.try_into().unwrap(),
        ttl: minute(),
    }
}
