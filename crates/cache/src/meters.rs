//! The counters of the layers above the ports, one for each family and event, without any id in a label.

use std::sync::LazyLock;

use metrics::{Key, Label, Level, Metadata};

use crate::Family;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meter {
    /// A read that the cache answered.
    Hit,
    /// A read that it did not.
    Miss,
    /// A read that was answered by the memory of a thing that does not exist.
    Negative,
    /// A read that was answered by a value whose life is over.
    Stale,
    /// A load after a miss, or ahead of one.
    Load,
    /// A load that failed.
    LoadError,
    /// A read that took what another read loaded.
    Coalesced,
    /// A load that began before the value's life was over.
    EarlyRefresh,
    /// A load that waited for another process and then found what that one had loaded.
    LockSpared,
    /// A load that went on without the lock, because it waited for too long or the lock failed.
    LockMissed,
    /// A value that was not kept because another process had taken the lock since.
    FencedOff,
    /// A value that was garbage or of another version.
    Unreadable,
    /// A value that has no JSON object form.
    Unwritable,
    /// A value over the largest size.
    Oversized,
    /// A key that could not be made of its parts.
    RefusedKey,
}

impl Meter {
    const ALL: [Self; 15] = [
        Self::Hit,
        Self::Miss,
        Self::Negative,
        Self::Stale,
        Self::Load,
        Self::LoadError,
        Self::Coalesced,
        Self::EarlyRefresh,
        Self::LockSpared,
        Self::LockMissed,
        Self::FencedOff,
        Self::Unreadable,
        Self::Unwritable,
        Self::Oversized,
        Self::RefusedKey,
    ];

    /// Returns the name of the counter and its label `outcome`.
    const fn name(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Hit => ("cache.reads", Some("hit")),
            Self::Miss => ("cache.reads", Some("miss")),
            Self::Negative => ("cache.reads", Some("negative")),
            Self::Stale => ("cache.stale", None),
            Self::Load => ("cache.loads", None),
            Self::LoadError => ("cache.load_errors", None),
            Self::Coalesced => ("cache.coalesced", None),
            Self::EarlyRefresh => ("cache.early_refreshes", None),
            Self::LockSpared => ("cache.lock_waits", Some("spared")),
            Self::LockMissed => ("cache.lock_waits", Some("missed")),
            Self::FencedOff => ("cache.fenced_off", None),
            Self::Unreadable => ("cache.unreadable", None),
            Self::Unwritable => ("cache.unwritable", None),
            Self::Oversized => ("cache.oversized", None),
            Self::RefusedKey => ("cache.refused_keys", None),
        }
    }

    fn key(self, family: Family) -> Key {
        let (name, outcome) = self.name();
        let mut labels = vec![Label::from_static_parts("family", family.spec().name)];
        labels.extend(outcome.map(|outcome| Label::from_static_parts("outcome", outcome)));
        Key::from_parts(name, labels)
    }
}

/// Made once, so that counting allocates nothing, whether somebody listens or not.
static KEYS: LazyLock<Vec<[Key; Meter::ALL.len()]>> = LazyLock::new(|| {
    let row = |family: Family| Meter::ALL.map(|meter| meter.key(family));
    Family::ALL.map(row).to_vec()
});

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// Counts one event.
pub(crate) fn count(family: Family, meter: Meter) {
    let row = KEYS.get(family as usize);
    if let Some(key) = row.and_then(|row| row.get(meter as usize)) {
        metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA).increment(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_every_family_has_a_key_of_its_own() {
        for (place, family) in Family::ALL.into_iter().enumerate() {
            assert_eq!(family as usize, place);
            for (place, meter) in Meter::ALL.into_iter().enumerate() {
                assert_eq!(meter as usize, place);
                let key = &KEYS[family as usize][place];
                assert_eq!(*key, meter.key(family));
            }
        }
        let mut keys: Vec<_> = KEYS.iter().flatten().map(ToString::to_string).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Family::ALL.len() * Meter::ALL.len());
    }
}
