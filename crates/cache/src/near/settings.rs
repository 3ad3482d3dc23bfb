//! What a near cache holds, how much of it, and for how long.

use std::time::Duration;

use crate::Family;

/// What a [`NearCache`](crate::NearCache) holds.
///
/// | Setting | Default | Meaning |
/// |---|---|---|
/// | families | none | the families whose values are held |
/// | most bytes | 32 MiB | of all that is held, keys and overhead included; what is asked for least goes first |
/// | largest value | 64 KiB | a larger value is not held |
/// | life | 30 s | the longest that a value is held while the source of invalidations is heard |
/// | short life | 2 s | the longest without a source, or when the server refuses to be one; `None` holds nothing then |
///
/// # Examples
///
/// ```
/// use cache::{Family, NearSettings};
///
/// let settings = NearSettings::new()
///     .with_family(Family::Generation)
///     .with_max_bytes(8 * 1024 * 1024);
/// assert!(settings.holds("imagen4:generation:17"));
/// assert!(!settings.holds("gallery:version:42"));
/// ```
#[derive(Debug, Clone)]
pub struct NearSettings {
    prefixes: Vec<String>,
    pub(super) max_bytes: u64,
    pub(super) max_value_bytes: usize,
    pub(super) life: Duration,
    pub(super) short_life: Option<Duration>,
}

impl NearSettings {
    /// Returns settings that hold nothing yet.
    pub fn new() -> Self {
        Self {
            prefixes: Vec::new(),
            max_bytes: 32 * 1_024 * 1_024,
            max_value_bytes: 64 * 1_024,
            life: Duration::from_secs(30),
            short_life: Some(Duration::from_secs(2)),
        }
    }

    /// Returns the settings with the values of `family` held; a family of lists is left out, lists are not held.
    #[must_use]
    pub fn with_family(self, family: Family) -> Self {
        let spec = family.spec();
        if spec.cap.is_some() {
            return self;
        }
        let start = spec.form.split('{').next().unwrap_or_default();
        self.with_prefix(start)
    }

    /// Returns the settings with every value held whose key begins with `prefix`, for keys of one's own.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        // Redis refuses to track prefixes of which one begins with another.
        if !self.holds(&prefix) {
            self.prefixes.retain(|other| !other.starts_with(&prefix));
            self.prefixes.push(prefix);
        }
        self
    }

    /// Returns the settings with the most bytes of all that is held.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Returns the settings with the largest value that is held, in bytes.
    #[must_use]
    pub fn with_max_value_bytes(mut self, bytes: usize) -> Self {
        self.max_value_bytes = bytes;
        self
    }

    /// Returns the settings with the longest that a value is held while the source is heard.
    #[must_use]
    pub fn with_life(mut self, life: Duration) -> Self {
        self.life = life;
        self
    }

    /// Returns the settings with the longest that a value is held without a source; `None` holds nothing then.
    #[must_use]
    pub fn with_short_life(mut self, life: Option<Duration>) -> Self {
        self.short_life = life;
        self
    }

    /// Tells whether values under `key` are held.
    pub fn holds(&self, key: &str) -> bool {
        self.prefixes.iter().any(|prefix| key.starts_with(prefix))
    }

    /// Returns the beginnings of the keys that are held; none begins with another.
    pub fn prefixes(&self) -> &[String] {
        &self.prefixes
    }
}

impl Default for NearSettings {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FamilyKey;

    #[test]
    fn the_defaults_are_those_of_the_table_and_hold_nothing() {
        let settings = NearSettings::default();
        assert!(settings.prefixes().is_empty() && !settings.holds("imagen4:generation:1"));
        assert_eq!(
            (settings.max_bytes, settings.max_value_bytes),
            (33_554_432, 65_536)
        );
        assert_eq!(settings.life, Duration::from_secs(30));
        assert_eq!(settings.short_life, Some(Duration::from_secs(2)));
    }

    #[test]
    fn each_family_of_values_is_held_by_its_own_prefix() {
        let key = FamilyKey::generation(1).unwrap();
        let version = FamilyKey::gallery_version(1).unwrap();
        for family in Family::ALL {
            let settings = NearSettings::new().with_family(family);
            assert_eq!(settings.holds(key.key().as_str()), family == key.family());
            assert_eq!(
                settings.holds(version.key().as_str()),
                family == version.family()
            );
            assert_eq!(settings.prefixes().is_empty(), family.spec().cap.is_some());
        }
    }

    #[test]
    fn no_prefix_begins_with_another() {
        let settings = NearSettings::new()
            .with_prefix("a:b:")
            .with_prefix("c:")
            .with_prefix("a:")
            .with_prefix("a:d:")
            .with_prefix("c:");
        assert_eq!(settings.prefixes(), ["c:", "a:"]);
        assert_eq!(settings.with_prefix("").prefixes(), [""]);
    }
}
