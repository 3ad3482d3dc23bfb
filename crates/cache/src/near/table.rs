//! What is held, and whether it may be used.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache as Moka;
use tokio::time::Instant;

use super::settings::NearSettings;
use crate::CacheKey;

/// Keys of different stripes don't spoil each other's reads that are under way.
const STRIPES: usize = 1_024;

/// What the maps and the reference counts around a value take, roughly.
const OVERHEAD: usize = 128;

/// Values with the moment until which they may be used.
///
/// A value comes in with a [`Ticket`] that was taken before it was read. Whoever changes a key raises its stripe
/// first and removes the value then; whoever takes a value in looks at the stripe before and after. So either
/// the change finds the value, or the value finds the change.
pub(super) struct Table {
    settings: NearSettings,
    values: Moka<CacheKey, Held>,
    stripes: Vec<AtomicU64>,
    hasher: RandomState,
    /// Values of another generation don't count: raising it forgets everything at once.
    generation: AtomicU64,
    base: Instant,
    /// Until when the values count, in microseconds since `base`; zero: not at all.
    trusted_until: AtomicU64,
    /// How long a value that comes in may count, in microseconds.
    life: AtomicU64,
    is_following: AtomicBool,
    times_begun: AtomicU64,
    is_closed: AtomicBool,
}

#[derive(Clone)]
struct Held {
    value: Bytes,
    until: Instant,
    generation: u64,
}

/// The right to take a value in, from before it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    taken: Instant,
    generation: u64,
    stripe: usize,
    changes: u64,
    life: Duration,
}

impl Table {
    /// Returns an empty table that is not trusted.
    pub(super) fn new(settings: NearSettings) -> Self {
        let longest = settings.life.max(settings.short_life.unwrap_or_default());
        Self {
            values: Moka::builder()
                .max_capacity(settings.max_bytes)
                .weigher(weight)
                // Who reads goes by `until`; this gives the memory back.
                .time_to_live(longest)
                .build(),
            settings,
            stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            generation: AtomicU64::new(0),
            base: Instant::now(),
            trusted_until: AtomicU64::new(0),
            life: AtomicU64::new(0),
            is_following: AtomicBool::new(false),
            times_begun: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
        }
    }

    pub(super) fn settings(&self) -> &NearSettings {
        &self.settings
    }

    /// Returns the value under `key` when one is held and may be used.
    pub(super) fn get(&self, key: &CacheKey) -> Option<Bytes> {
        let now = Instant::now();
        if !self.is_trusted(now) {
            return None;
        }
        let held = self.values.get(key)?;
        let counts = held.until > now && held.generation == self.generation.load(Ordering::Acquire);
        counts.then_some(held.value)
    }

    /// Returns a ticket for a value that is about to be read; `None` while nothing may be held.
    pub(super) fn ticket(&self, key: &CacheKey) -> Option<Ticket> {
        let taken = Instant::now();
        // In this order: a life that belongs to a later generation comes with a ticket that is void.
        let generation = self.generation.load(Ordering::SeqCst);
        let life = Duration::from_micros(self.life.load(Ordering::SeqCst));
        let stripe = self.stripe(key);
        let changes = self.stripes[stripe].load(Ordering::SeqCst);
        let is_open = self.is_trusted(taken) && !life.is_zero();
        is_open.then_some(Ticket {
            taken,
            generation,
            stripe,
            changes,
            life,
        })
    }

    /// Takes `value` in, which has `left` to live since the ticket was taken, unless something changed.
    pub(super) fn insert(&self, key: &CacheKey, value: &Bytes, left: Duration, ticket: Ticket) {
        if value.len() > self.settings.max_value_bytes || !self.is_valid(ticket) {
            return;
        }
        let held = Held {
            // A copy, since the value may be a part of something larger.
            value: Bytes::copy_from_slice(value),
            until: ticket.taken + left.min(ticket.life),
            generation: ticket.generation,
        };
        self.values.insert(key.clone(), held);
        fence(Ordering::SeqCst);
        if !self.is_valid(ticket) {
            self.values.invalidate(key);
        }
    }

    /// Forgets what is held under `key`, and spoils the tickets for it.
    pub(super) fn changed(&self, key: &CacheKey) {
        self.stripes[self.stripe(key)].fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.values.invalidate(key);
    }

    /// Forgets everything, and spoils all tickets.
    pub(super) fn flush(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.values.invalidate_all();
    }

    /// Changes are told from now on; what was read before may have missed some.
    pub(super) fn began(&self, until: Instant) {
        self.life
            .store(micros(self.settings.life), Ordering::SeqCst);
        self.flush();
        self.times_begun.fetch_add(1, Ordering::Relaxed);
        self.is_following.store(true, Ordering::SeqCst);
        self.trusted_until
            .store(self.since_base(until), Ordering::SeqCst);
    }

    /// Changes were told so far and will be until then.
    pub(super) fn alive(&self, until: Instant) {
        if !self.is_following.load(Ordering::SeqCst) {
            return;
        }
        let until = self.since_base(until);
        // Whoever lost the source in between wrote zero, which stays.
        let _ = self
            .trusted_until
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |before| {
                (before != 0).then_some(before.max(until))
            });
    }

    /// Changes are no longer told: nothing is used until they are again.
    pub(super) fn lost(&self) {
        self.is_following.store(false, Ordering::SeqCst);
        self.trusted_until.store(0, Ordering::SeqCst);
        self.flush();
    }

    /// Changes will not be told: values are held for the short life.
    pub(super) fn go_blind(&self) {
        self.lost();
        if let Some(life) = self.settings.short_life {
            self.life.store(micros(life), Ordering::SeqCst);
            self.flush();
            self.trusted_until.store(u64::MAX, Ordering::SeqCst);
        }
    }

    /// Nothing is held or used any more, whatever the source says.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.lost();
    }

    /// Returns how often the source began to be heard.
    pub(super) fn times_begun(&self) -> u64 {
        self.times_begun.load(Ordering::Relaxed)
    }

    pub(super) fn is_following(&self) -> bool {
        self.is_following.load(Ordering::Acquire) && self.is_trusted(Instant::now())
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.values.run_pending_tasks();
        self.values.weighted_size()
    }

    fn is_trusted(&self, now: Instant) -> bool {
        self.since_base(now) < self.trusted_until.load(Ordering::Acquire)
            && !self.is_closed.load(Ordering::Acquire)
    }

    fn is_valid(&self, ticket: Ticket) -> bool {
        self.generation.load(Ordering::SeqCst) == ticket.generation
            && self.stripes[ticket.stripe].load(Ordering::SeqCst) == ticket.changes
    }

    fn stripe(&self, key: &CacheKey) -> usize {
        let hash = self.hasher.hash_one(key);
        usize::try_from(hash % STRIPES as u64).unwrap_or(0)
    }

    fn since_base(&self, instant: Instant) -> u64 {
        micros(instant.saturating_duration_since(self.base))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn weight(key: &CacheKey, held: &Held) -> u32 {
    let bytes = key.as_str().len() + held.value.len() + OVERHEAD;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("settings", &self.settings)
            .field("is_following", &self.is_following())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn key(number: usize) -> CacheKey {
        CacheKey::new(format!("key:{number}")).unwrap()
    }

    fn settings() -> NearSettings {
        NearSettings::new().with_prefix("key:")
    }

    fn following() -> Table {
        let table = Table::new(settings());
        table.began(Instant::now() + HOUR);
        table
    }

    fn put(table: &Table, number: usize, text: &'static str) {
        let ticket = table.ticket(&key(number)).unwrap();
        table.insert(&key(number), &text.into(), HOUR, ticket);
    }

    #[test]
    fn a_change_between_ticket_and_value_keeps_the_value_out() {
        let table = following();
        let ticket = table.ticket(&key(1)).unwrap();
        table.changed(&key(1));
        table.insert(&key(1), &"old".into(), HOUR, ticket);
        assert_eq!(table.get(&key(1)), None);
        put(&table, 1, "new");
        assert_eq!(table.get(&key(1)).unwrap(), "new");
    }

    #[test]
    fn every_loss_and_beginning_spoils_tickets_and_values() {
        let soon = || Instant::now() + HOUR;
        let events: [&dyn Fn(&Table); 4] = [
            &|table| table.flush(),
            &|table| {
                table.lost();
                table.began(soon());
            },
            &|table| table.began(soon()),
            &|table| table.go_blind(),
        ];
        for event in events {
            let table = following();
            put(&table, 1, "held");
            let ticket = table.ticket(&key(2)).unwrap();
            event(&table);
            table.insert(&key(2), &"late".into(), HOUR, ticket);
            assert_eq!([1, 2].map(|number| table.get(&key(number))), [None, None]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_used_while_the_source_is_silent_or_lost() {
        let table = Table::new(settings());
        assert!(table.ticket(&key(1)).is_none(), "before the source began");
        let second = Duration::from_secs(1);
        table.began(Instant::now() + second);
        put(&table, 1, "held");
        tokio::time::advance(second).await;
        assert!(table.get(&key(1)).is_none() && table.ticket(&key(1)).is_none());
        assert!(!table.is_following());
        // Silence is no loss: all changes were told, only late.
        table.alive(Instant::now() + second);
        assert_eq!(table.get(&key(1)).unwrap(), "held");
        table.lost();
        table.alive(Instant::now() + second);
        assert!(table.get(&key(1)).is_none() && table.ticket(&key(1)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_counts_no_longer_than_its_own_life_and_that_of_the_settings() {
        let lives = [(HOUR, 30_000), (Duration::from_secs(7), 7_000)];
        for (left, millis) in lives {
            let table = following();
            let ticket = table.ticket(&key(1)).unwrap();
            // What the answer took is part of the life.
            tokio::time::advance(Duration::from_secs(1)).await;
            table.insert(&key(1), &"value".into(), left, ticket);
            tokio::time::advance(Duration::from_millis(millis - 1_001)).await;
            assert!(table.get(&key(1)).is_some(), "{left:?}");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(table.get(&key(1)).is_none(), "{left:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_source_a_value_counts_for_the_short_life_or_not_at_all() {
        let table = Table::new(settings());
        table.go_blind();
        put(&table, 1, "value");
        tokio::time::advance(Duration::from_millis(1_999)).await;
        assert!(table.get(&key(1)).is_some() && !table.is_following());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(table.get(&key(1)).is_none());
        let table = Table::new(settings().with_short_life(None));
        table.go_blind();
        assert!(table.ticket(&key(1)).is_none());
    }

    #[test]
    fn a_hundred_thousand_values_stay_within_the_bound() {
        const BOUND: u64 = 1_000_000;
        let table = Table::new(settings().with_max_bytes(BOUND));
        table.began(Instant::now() + HOUR);
        let value = Bytes::from(vec![7; 1_000]);
        let mut most = 0;
        for number in 0..100_000 {
            let ticket = table.ticket(&key(number)).unwrap();
            table.insert(&key(number), &value, HOUR, ticket);
            if number % 1_000 == 999 {
                let held = table.values.iter();
                let bytes = held.map(|(key, held)| u64::from(weight(&key, &held))).sum();
                most = most.max(bytes);
            }
        }
        // Between its rounds of eviction moka holds a few hundred values more.
        assert!(most < 2 * BOUND, "{most}");
        let used = table.used_bytes();
        assert!((BOUND / 2..=BOUND).contains(&used), "{used}");
    }

    #[test]
    fn a_large_value_is_not_held_and_a_held_one_holds_nothing_else() {
        let table = Table::new(settings().with_max_value_bytes(10));
        table.began(Instant::now() + HOUR);
        let whole = Bytes::from(vec![b'x'; 1_000]);
        let ticket = table.ticket(&key(1)).unwrap();
        table.insert(&key(1), &whole.slice(..11), HOUR, ticket);
        table.insert(&key(2), &whole.slice(..10), HOUR, ticket);
        assert_eq!(table.get(&key(1)), None);
        let held = table.get(&key(2)).unwrap();
        assert_ne!(held.as_ptr(), whole.as_ptr());
    }
}
