//! Keys of declared families, and of nothing else.

use std::fmt::{self, Display};
use std::num::NonZeroU16;
use std::time::Duration;

use super::Family;
use crate::meters::{Meter, count};
use crate::{CacheKey, FilterHash, KeyError, ListLimits, ObjectHash, Ttl};

/// The shortest time that a link from the cache can still be used.
const LEAST_USE_OF_A_LINK: Duration = Duration::from_mins(1);

/// A key that belongs to a declared family, made by that family's constructor only.
///
/// The layers above the port take no other keys, so an undeclared key does not compile.
/// The parts are ids: 1 byte at least, no `:`, and nothing that a [`CacheKey`] refuses.
///
/// # Examples
///
/// ```
/// use cache::FamilyKey;
///
/// let key = FamilyKey::generation(17)?;
/// assert_eq!(key.key().as_str(), "imagen4:generation:17");
/// assert_eq!(key.ttl().as_duration().as_secs(), 3_600);
/// assert!(FamilyKey::generation("a:b").is_err());
/// # Ok::<(), cache::KeyError>(())
/// ```
///
/// A key of one's own is refused by the compiler, and so is a family key made by hand:
///
/// ```compile_fail,E0308
/// # async fn undeclared(through: cache::ReadThrough) -> Result<(), cache::KeyError> {
/// let key = cache::CacheKey::new("my:own:17")?;
/// through.put(&key, &"value").await;
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail,E0451
/// # fn undeclared(key: cache::CacheKey, ttl: cache::Ttl) -> cache::FamilyKey {
/// cache::FamilyKey { family: cache::Family::Generation, key, ttl }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FamilyKey {
    family: Family,
    key: CacheKey,
    ttl: Ttl,
}

impl FamilyKey {
    /// Returns the key of one generation's record.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `id` is no part of a key; it is counted, here and for the other families.
    pub fn generation(id: impl Display) -> Result<Self, KeyError> {
        Self::new(Family::Generation, "imagen4:generation:", id, "")
    }

    /// Returns the key of a user's newest generations.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn user_generations(user_id: impl Display) -> Result<Self, KeyError> {
        Self::new(
            Family::UserGenerations,
            "imagen4:user_generations:",
            user_id,
            "",
        )
    }

    /// Returns the key of one page of a user's gallery.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn gallery_page(user_id: impl Display, hash: &FilterHash) -> Result<Self, KeyError> {
        Self::gallery_page_named(user_id, &hash.to_string())
    }

    /// Returns the key of the page whose hash was written down as `hash`.
    pub(crate) fn gallery_page_named(user_id: impl Display, hash: &str) -> Result<Self, KeyError> {
        let rest = format!(":{}", part(hash)?);
        Self::new(Family::GalleryPage, "gallery:filtered:", user_id, &rest)
    }

    /// Returns the key of the version of a user's gallery.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn gallery_version(user_id: impl Display) -> Result<Self, KeyError> {
        Self::new(Family::GalleryVersion, "gallery:version:", user_id, "")
    }

    /// Returns the key of the list of a user's gallery pages.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn gallery_pages(user_id: impl Display) -> Result<Self, KeyError> {
        Self::new(Family::GalleryPages, "gallery:pages:", user_id, "")
    }

    /// Returns the key of where the dialogue of a bot with a user stands.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn dialogue(user_id: impl Display) -> Result<Self, KeyError> {
        Self::new(Family::Dialogue, "imagen4:dialogue:", user_id, "")
    }

    /// Returns the key under which to keep a link to an object that can be used for `left`; `None` when that is
    /// too short to be worth it.
    ///
    /// What is kept under it ends a tenth of `left` before the link, and a minute at least: whoever reads it has
    /// that long to use it.
    pub fn signed_link(object: &ObjectHash, left: Duration) -> Option<Self> {
        let life = left.checked_sub(LEAST_USE_OF_A_LINK.max(left / 10))?;
        let life = Ttl::new(life.min(Ttl::MAX.as_duration())).ok()?;
        Some(Self::of_link(object)?.living_at_most(life))
    }

    /// Returns the key of a link to read or remove it. Nothing is written under it: its life is the longest.
    pub(crate) fn of_link(object: &ObjectHash) -> Option<Self> {
        Self::new(Family::SignedLink, "link:", object, "").ok()
    }

    fn new(family: Family, start: &str, id: impl Display, rest: &str) -> Result<Self, KeyError> {
        let key = part(id).and_then(|id| CacheKey::new(format!("{start}{id}{rest}")));
        let ttl = family.spec().ttl;
        match key {
            Ok(key) => Ok(Self { family, key, ttl }),
            Err(error) => {
                count(family, Meter::RefusedKey);
                Err(error)
            }
        }
    }

    /// Returns the key with a shorter life for what changes soon, such as a generation that is still under way.
    ///
    /// A longer life than the family's is cut to it.
    #[must_use]
    pub fn living_at_most(mut self, ttl: Ttl) -> Self {
        self.ttl = self.ttl.min(ttl);
        self
    }

    /// Returns the family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Returns the key as the ports take it.
    pub fn key(&self) -> &CacheKey {
        &self.key
    }

    /// Returns the life of a value written under this key.
    pub fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// Returns the limits of a list under this key; what is no list has a cap of one.
    pub fn limits(&self) -> ListLimits {
        ListLimits {
            cap: self.family.spec().cap.unwrap_or(NonZeroU16::MIN),
            ttl: self.ttl,
        }
    }
}

impl Display for FamilyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

/// Checks an id by itself: in the whole key an empty one or one with `:` could pass for another key.
fn part(id: impl Display) -> Result<String, KeyError> {
    let text = id.to_string();
    if text.contains(':') {
        return Err(KeyError::Character { found: ':' });
    }
    CacheKey::new(&text).map(|_| text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash() -> FilterHash {
        FilterHash::new(&serde_json::json!({"kind": "imagen4"}), 1).unwrap()
    }

    fn keys(id: &str) -> Vec<Result<FamilyKey, KeyError>> {
        vec![
            FamilyKey::generation(id),
            FamilyKey::user_generations(id),
            FamilyKey::gallery_page(id, &hash()),
            FamilyKey::gallery_version(id),
            FamilyKey::gallery_pages(id),
            FamilyKey::dialogue(id),
        ]
    }

    fn object() -> ObjectHash {
        ObjectHash::new("imagen4", "2026/11/25/a_1.png")
    }

    #[test]
    fn every_key_has_the_form_of_its_family() {
        for (key, family) in keys("42").into_iter().zip(Family::ALL) {
            let key = key.unwrap();
            assert_eq!(key.family(), family);
            let form = family.spec().form;
            let expected = form
                .replace("{id}", "42")
                .replace("{user_id}", "42")
                .replace("{filter_hash}", &hash().to_string());
            assert_eq!(key.to_string(), expected);
        }
    }

    #[test]
    fn the_key_of_a_link_has_the_form_of_its_family() {
        let key = FamilyKey::signed_link(&object(), Duration::from_hours(1)).unwrap();
        assert_eq!(key.family(), Family::SignedLink);
        assert_eq!(key.to_string(), format!("link:{}", object()));
        assert_eq!(key.ttl(), Ttl::of_seconds(54 * 60));
        assert_eq!(FamilyKey::signed_link(&object(), LEAST_USE_OF_A_LINK), None);
    }

    #[test]
    fn ids_that_could_change_the_key_are_refused() {
        for id in ["", "a:b", "a b", "{1}", "1\n", "1\0", &"x".repeat(1_011)] {
            for key in keys(id) {
                assert!(key.is_err(), "{id:?} gave {key:?}");
            }
        }
    }

    #[test]
    fn a_life_can_only_be_shortened() {
        let key = FamilyKey::generation(1).unwrap();
        let short = Ttl::of_seconds(15);
        assert_eq!(key.clone().living_at_most(short).ttl(), short);
        assert_eq!(key.clone().living_at_most(Ttl::MAX).ttl(), key.ttl());
    }

    proptest! {
        #[test]
        fn a_link_is_never_kept_for_as_long_as_it_lives(millis: u64) {
            let left = Duration::from_millis(millis);
            if let Some(key) = FamilyKey::signed_link(&object(), left) {
                let usable = left.saturating_sub(key.ttl().as_duration());
                prop_assert!(usable >= LEAST_USE_OF_A_LINK && usable >= left / 10);
            }
        }

        #[test]
        fn different_ids_have_different_keys(a in "[!-~]{1,12}", b in "[!-~]{1,12}") {
            prop_assume!(a != b);
            for (a, b) in keys(&a).into_iter().zip(keys(&b)) {
                if let (Ok(a), Ok(b)) = (a, b) {
                    prop_assert_ne!(a, b);
                }
            }
        }
    }
}
