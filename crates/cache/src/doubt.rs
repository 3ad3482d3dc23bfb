//! Remembers which keys may hold what is no longer true, because a change of them did not reach the cache.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{CacheKey, Family};

/// How many keys are remembered one by one.
const ROOM: usize = 10_000;

/// The keys in doubt.
///
/// When there are more than it has room for, every key is in doubt until it was repaired, or until the longest
/// life of a family has passed: what stood in the cache then has ended.
#[derive(Debug)]
pub(crate) struct Doubts {
    table: Mutex<Table>,
    room: usize,
}

/// A doubt that was met; a later one of the same key is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doubt(u64);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    keys: HashMap<CacheKey, Mark>,
    every: Option<Mark>,
    repaired: HashSet<CacheKey>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    doubt: Doubt,
    until: Instant,
}

impl Default for Doubts {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Doubts {
    fn with_room(room: usize) -> Self {
        Self {
            table: Mutex::default(),
            room,
        }
    }

    /// Returns the doubt about `key`; `None` when the cache may be trusted.
    pub(crate) fn about(&self, key: &CacheKey) -> Option<Doubt> {
        self.table().about(key)
    }

    /// Begins a change of `key`, which leaves it in doubt unless it is [done](Change::done).
    pub(crate) fn change<'a>(&'a self, key: &'a CacheKey) -> Change<'a> {
        Change {
            doubts: self,
            key,
            before: self.about(key),
            is_done: false,
        }
    }

    /// Trusts `key` again after what stood there was removed or replaced, unless it came in doubt since `doubt`.
    pub(crate) fn clear(&self, key: &CacheKey, doubt: Doubt) {
        let mut table = self.table();
        if table.about(key).is_none_or(|now| now.0 > doubt.0) {
            return;
        }
        table.keys.remove(key);
        if table.every.is_some() {
            if table.repaired.len() >= self.room {
                // They are repaired once more when they are read, which costs a call each.
                table.repaired.clear();
            }
            table.repaired.insert(key.clone());
        }
    }

    fn cast(&self, key: &CacheKey) {
        let mut table = self.table();
        let mark = table.next_mark();
        if table.keys.len() >= self.room && !table.keys.contains_key(key) {
            let now = Instant::now();
            table.keys.retain(|_, mark| mark.until > now);
            if table.keys.len() >= self.room {
                table.every = Some(mark);
                table.keys.clear();
                table.repaired.clear();
            }
        }
        table.keys.insert(key.clone(), mark);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn about(&mut self, key: &CacheKey) -> Option<Doubt> {
        if let Some(mark) = self.keys.get(key) {
            return Some(mark.doubt);
        }
        let every = self.every?;
        if every.until <= Instant::now() {
            self.every = None;
            self.repaired.clear();
            return None;
        }
        (!self.repaired.contains(key)).then_some(every.doubt)
    }

    fn next_mark(&mut self) -> Mark {
        self.last += 1;
        Mark {
            doubt: Doubt(self.last),
            until: Instant::now() + longest_life(),
        }
    }
}

fn longest_life() -> Duration {
    let lives = Family::ALL.map(|family| family.spec().ttl.as_duration());
    lives.into_iter().max().unwrap_or_default()
}

/// A change under way. Dropped before it is done, because it failed or its caller went away, it leaves its key
/// in doubt.
#[derive(Debug)]
#[must_use]
pub(crate) struct Change<'a> {
    doubts: &'a Doubts,
    key: &'a CacheKey,
    before: Option<Doubt>,
    is_done: bool,
}

impl Change<'_> {
    /// Whether the key was in doubt when the change began, so that only a removal or a replacement will do.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.before.is_some()
    }

    /// Takes note that the change reached the cache, and ends the doubt that was there before it.
    pub(crate) fn done(mut self) {
        self.is_done = true;
        if let Some(before) = self.before {
            self.doubts.clear(self.key, before);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.doubts.cast(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> CacheKey {
        CacheKey::new(format!("key:{number}")).unwrap()
    }

    fn fail(doubts: &Doubts, number: usize) {
        drop(doubts.change(&key(number)));
    }

    fn in_doubt(doubts: &Doubts, numbers: std::ops::Range<usize>) -> Vec<usize> {
        numbers
            .filter(|&number| doubts.about(&key(number)).is_some())
            .collect()
    }

    #[test]
    fn a_dropped_change_leaves_a_doubt_and_a_done_one_ends_it() {
        let doubts = Doubts::default();
        doubts.change(&key(0)).done();
        assert!(in_doubt(&doubts, 0..2).is_empty());
        fail(&doubts, 0);
        assert_eq!(in_doubt(&doubts, 0..2), [0]);
        doubts.change(&key(0)).done();
        assert!(in_doubt(&doubts, 0..2).is_empty());
    }

    #[test]
    fn a_doubt_that_came_meanwhile_stays() {
        for room in [1, 2] {
            let doubts = Doubts::with_room(room);
            fail(&doubts, 0);
            let before = doubts.about(&key(0)).unwrap();
            let first = key(0);
            let change = doubts.change(&first);
            fail(&doubts, 0);
            change.done();
            doubts.clear(&key(0), before);
            assert_eq!(in_doubt(&doubts, 0..1), [0]);
            // Without room for the second key the first is one of all.
            fail(&doubts, 1);
            doubts.clear(&key(0), before);
            assert_eq!(in_doubt(&doubts, 0..2), [0, 1]);
        }
    }

    #[test]
    fn without_room_every_key_is_in_doubt_until_repaired() {
        let doubts = Doubts::with_room(2);
        for number in 0..3 {
            fail(&doubts, number);
        }
        assert_eq!(in_doubt(&doubts, 0..5), [0, 1, 2, 3, 4]);
        for number in [0, 2] {
            doubts.change(&key(number)).done();
        }
        assert_eq!(in_doubt(&doubts, 0..5), [1, 3, 4]);
        fail(&doubts, 0);
        assert_eq!(in_doubt(&doubts, 0..5), [0, 1, 3, 4]);
        // The table of the repaired is bounded too.
        for number in [0, 1] {
            doubts.change(&key(number)).done();
        }
        assert_eq!(in_doubt(&doubts, 0..3), [2]);
        assert!(doubts.table().repaired.len() <= 2 && doubts.table().keys.len() <= 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_doubt_about_every_key_ends_with_the_longest_life() {
        let doubts = Doubts::with_room(1);
        fail(&doubts, 0);
        fail(&doubts, 1);
        let second = Duration::from_secs(1);
        let almost = longest_life().saturating_sub(second);
        tokio::time::advance(almost).await;
        assert_eq!(in_doubt(&doubts, 0..3), [0, 1, 2]);
        tokio::time::advance(second).await;
        assert_eq!(in_doubt(&doubts, 0..3), [1]);
        // An old doubt makes room for a new one.
        fail(&doubts, 2);
        assert_eq!(in_doubt(&doubts, 0..3), [2]);
    }

    #[test]
    fn there_is_room_for_ten_thousand() {
        let doubts = Doubts::default();
        for number in 0..ROOM {
            fail(&doubts, number);
        }
        assert_eq!(doubts.about(&key(ROOM)), None);
        fail(&doubts, ROOM);
        assert!(doubts.about(&key(ROOM + 1)).is_some());
    }
}
