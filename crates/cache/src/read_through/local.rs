//! What this process remembers of values beside the cache: old copies, absences, and when to refresh.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::bounded::{Bounded, Weigh};
use crate::{CacheKey, FamilyOptions, Ttl};

/// How many bytes a [`ReadThrough`](crate::ReadThrough) keeps in this process at most unless told otherwise: 16 MiB.
pub const DEFAULT_LOCAL_BYTES: u64 = 16 * 1_024 * 1_024;

/// The memory of one process, bounded in bytes.
#[derive(Debug)]
pub(super) struct Local {
    copies: Bounded<Copied>,
    absent: Bounded<Absent>,
    refreshes: Bounded<Arc<Refresh>>,
    changes: AtomicU64,
    chance: Mutex<fastrand::Rng>,
}

/// How many changes there were before a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

#[derive(Debug, Clone)]
struct Copied {
    bytes: Bytes,
    throttled_until: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Absent;

/// From when on a value is to be loaded anew; whoever claims it first does it.
#[derive(Debug)]
struct Refresh {
    at: Instant,
    is_claimed: AtomicBool,
}

impl Weigh for Copied {
    fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

impl Weigh for Absent {}

impl Weigh for Arc<Refresh> {}

impl Local {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self {
            copies: Bounded::new(max_bytes / 8 * 6),
            absent: Bounded::new(max_bytes / 8),
            refreshes: Bounded::new(max_bytes / 8),
            changes: AtomicU64::new(0),
            chance: Mutex::new(fastrand::Rng::new()),
        }
    }

    /// Returns the epoch to take before a read, so that what it finds is not kept when a change came between.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.changes.load(Ordering::Acquire))
    }

    pub(super) fn seed(&self, seed: u64) {
        self.chance().seed(seed);
    }

    /// Returns the life to write: shorter by chance when the options say so, never longer.
    pub(super) fn life(&self, options: &FamilyOptions, ttl: Ttl) -> Ttl {
        if options.jitter_percent == 0 {
            return ttl;
        }
        let most = ttl.as_millis() * u64::from(options.jitter_percent) / 100;
        let less = self.chance().u64(0..=most);
        ttl.shortened_by(less)
    }

    /// Takes note of a value that was written to live for `life`.
    pub(super) fn stored(&self, key: &CacheKey, bytes: &Bytes, life: Ttl, options: &FamilyOptions) {
        self.absent.remove(key);
        let ends = Instant::now() + life.as_duration();
        if let Some(grace) = options.fail_safe {
            self.copy(key, bytes, ends + grace);
        }
        self.plan(key, ends, life, options);
    }

    /// Takes note of a value that was read: it is alive now, and may end at any moment.
    pub(super) fn seen(
        &self,
        key: &CacheKey,
        bytes: &Bytes,
        options: &FamilyOptions,
        epoch: Epoch,
    ) {
        let Some(grace) = options.fail_safe else {
            return;
        };
        let least = Instant::now() + grace;
        let known = self.copies.get(key);
        let is_known = known.is_some_and(|(copy, until)| {
            // Written anew only when it matters, since every read comes along here.
            copy.bytes == *bytes && copy.throttled_until.is_none() && until + grace / 16 >= least
        });
        if !is_known && epoch == self.epoch() {
            self.copy(key, bytes, least);
            if epoch != self.epoch() {
                self.copies.remove(key);
            }
        }
    }

    fn copy(&self, key: &CacheKey, bytes: &Bytes, until: Instant) {
        let copied = Copied {
            bytes: bytes.clone(),
            throttled_until: None,
        };
        self.copies.put(key, copied, until);
    }

    /// Returns the old value to give when a load fails.
    pub(super) fn old(&self, key: &CacheKey) -> Option<Bytes> {
        self.copies.get(key).map(|(copy, _)| copy.bytes)
    }

    /// Returns the old value while a load that failed is not to be tried again.
    pub(super) fn throttled(&self, key: &CacheKey) -> Option<Bytes> {
        let (copy, _) = self.copies.get(key)?;
        let until = copy.throttled_until?;
        (until > Instant::now()).then_some(copy.bytes)
    }

    /// Lets the old value be given for `pause` without another try.
    pub(super) fn throttle(&self, key: &CacheKey, pause: Duration) {
        if let Some((mut copy, until)) = self.copies.get(key) {
            copy.throttled_until = Some(Instant::now() + pause);
            self.copies.put(key, copy, until);
        }
    }

    /// Remembers that there is no such thing, for as long as the options say.
    pub(super) fn gone(&self, key: &CacheKey, options: &FamilyOptions) {
        self.copies.remove(key);
        self.refreshes.remove(key);
        if let Some(life) = options.negative {
            self.absent.put(key, Absent, Instant::now() + life);
        }
    }

    pub(super) fn is_absent(&self, key: &CacheKey) -> bool {
        self.absent.get(key).is_some()
    }

    /// Forgets all about `key`, which was changed.
    pub(super) fn forget(&self, key: &CacheKey) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.copies.remove(key);
        self.absent.remove(key);
        self.refreshes.remove(key);
    }

    /// Draws the moment from which on a value that ends at `ends` is to be loaded anew.
    pub(super) fn plan(&self, key: &CacheKey, ends: Instant, life: Ttl, options: &FamilyOptions) {
        let Some(window) = window(life, options) else {
            return;
        };
        let spread = self.chance().f64() / 2.0;
        let at = ends - window.mul_f64(1.0 - spread);
        self.refresh_from(key, at, ends);
    }

    /// Sets the moment from which on a value that ends at `ends` is to be loaded anew.
    pub(super) fn refresh_from(&self, key: &CacheKey, at: Instant, ends: Instant) {
        let refresh = Arc::new(Refresh {
            at,
            is_claimed: AtomicBool::new(false),
        });
        self.refreshes.put(key, refresh, ends);
    }

    /// Returns `true` to one caller when it is time to look after `key`: its end is unknown here, or near.
    pub(super) fn claim_refresh(&self, key: &CacheKey, ttl: Ttl) -> bool {
        let now = Instant::now();
        let Some((refresh, _)) = self.refreshes.get(key) else {
            // Whoever else comes meanwhile finds this claim.
            let claimed = Arc::new(Refresh {
                at: now,
                is_claimed: AtomicBool::new(true),
            });
            self.refreshes.put(key, claimed, now + ttl.as_duration());
            return true;
        };
        refresh.at <= now && !refresh.is_claimed.swap(true, Ordering::AcqRel)
    }

    /// Held for one draw only, never over an await.
    fn chance(&self) -> std::sync::MutexGuard<'_, fastrand::Rng> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the last part of a life, in which a value is loaded anew; `None` when it is not.
pub(super) fn window(life: Ttl, options: &FamilyOptions) -> Option<Duration> {
    let passed = options.eager_refresh_percent?;
    let left = u32::from(100 - passed.min(100));
    Some(life.as_duration() * left / 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Ttl = Ttl::of_seconds(60);

    fn key() -> CacheKey {
        CacheKey::new("key").unwrap()
    }

    fn drawn(seed: u64, percent: u8, ttl: Ttl) -> Vec<u64> {
        let local = Local::new(DEFAULT_LOCAL_BYTES);
        local.seed(seed);
        let options = FamilyOptions::EXACT.with_jitter(percent);
        let lives = (0..20).map(|_| local.life(&options, ttl).as_millis());
        lives.collect()
    }

    #[test]
    fn without_jitter_a_life_is_exact() {
        assert_eq!(drawn(7, 0, MINUTE), [60_000; 20]);
    }

    #[test]
    fn the_same_seed_draws_the_same_lives() {
        assert_eq!(drawn(7, 10, MINUTE), drawn(7, 10, MINUTE));
        assert_ne!(drawn(7, 10, MINUTE), drawn(8, 10, MINUTE));
    }

    proptest! {
        #[test]
        fn jitter_only_shortens(seed: u64, percent: u8, millis in 1_u64..=Ttl::MAX.as_millis()) {
            let ttl = Ttl::new(Duration::from_millis(millis)).unwrap();
            let least = millis - millis * u64::from(percent.min(50)) / 100;
            for life in drawn(seed, percent, ttl) {
                prop_assert!((least.max(1)..=millis).contains(&life), "{life} of {millis}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_is_due_in_the_first_half_of_the_window_and_claimed_once() {
        let options = FamilyOptions::EXACT.with_eager_refresh(80);
        for seed in 0..20 {
            let local = Local::new(DEFAULT_LOCAL_BYTES);
            local.seed(seed);
            local.stored(&key(), &"value".into(), MINUTE, &options);
            tokio::time::advance(Duration::from_millis(47_999)).await;
            assert!(!local.claim_refresh(&key(), MINUTE));
            tokio::time::advance(Duration::from_millis(6_001)).await;
            assert!(local.claim_refresh(&key(), MINUTE));
            assert!(!local.claim_refresh(&key(), MINUTE));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_value_is_there_for_its_grace_and_no_longer() {
        let local = Local::new(DEFAULT_LOCAL_BYTES);
        let options = FamilyOptions::EXACT.with_fail_safe(Duration::from_secs(30));
        local.stored(&key(), &"value".into(), MINUTE, &options);
        tokio::time::advance(Duration::from_millis(89_999)).await;
        assert_eq!(local.old(&key()).unwrap(), "value");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(local.old(&key()), None);
        // What was only read may have ended the moment after.
        local.seen(&key(), &"value".into(), &options, local.epoch());
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(local.old(&key()), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let local = Local::new(DEFAULT_LOCAL_BYTES);
        let options = FamilyOptions::EXACT.with_fail_safe(Duration::from_secs(30));
        let epoch = local.epoch();
        local.forget(&key());
        local.seen(&key(), &"old".into(), &options, epoch);
        assert_eq!(local.old(&key()), None);
    }

    #[test]
    fn the_bytes_held_stay_within_the_bound() {
        let local = Local::new(1_000_000);
        let options = FamilyOptions::EXACT
            .with_fail_safe(Duration::from_mins(1))
            .with_negative(Duration::from_mins(1))
            .with_eager_refresh(80);
        let value = Bytes::from(vec![7; 1_000]);
        for number in 0..5_000 {
            let key = CacheKey::new(format!("key:{number}")).unwrap();
            local.stored(&key, &value, MINUTE, &options);
            let absent = CacheKey::new(format!("absent:{number}")).unwrap();
            local.gone(&absent, &options);
        }
        let used = local.copies.used_bytes() + local.absent.used_bytes();
        let used = used + local.refreshes.used_bytes();
        assert!((500_000..=1_000_000).contains(&used), "{used}");
    }
}
