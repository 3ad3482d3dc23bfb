//! The registry of everything that is cached: one entry for each family of keys.

use std::fmt::{self, Display};
use std::num::NonZeroU16;

use crate::{CacheKey, FilterHash, KeyError, ListLimits, Ttl};

/// A family of keys. Each is declared once, in [`Family::spec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// One generation's record.
    Generation,
    /// The ids of a user's newest generations.
    UserGenerations,
    /// One page of a user's gallery under one filter.
    GalleryPage,
    /// The version of a user's gallery, which its pages carry in their keys.
    GalleryVersion,
}

/// What is declared about a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FamilySpec {
    /// The name, for labels of metrics.
    pub name: &'static str,
    /// The form of the key, with `{part}` for each part.
    pub form: &'static str,
    /// The exact life; for a list and a version it counts from their last change.
    pub ttl: Ttl,
    /// The version of the value's form; values of another version are a miss. Raise it with each change that
    /// an older program could misread.
    pub value_version: u32,
    /// The most ids of a list; `None` for what is no list.
    pub cap: Option<NonZeroU16>,
    /// Who writes it.
    pub owner: &'static str,
    /// Who removes or changes it, and when.
    pub invalidated_by: &'static str,
}

const GENERATION: FamilySpec = FamilySpec {
    name: "generation",
    form: "imagen4:generation:{id}",
    ttl: Ttl::of_seconds(3_600),
    value_version: 1,
    cap: None,
    owner: "whoever reads a generation's record",
    invalidated_by: "each committed change of the record, and its erasure",
};

const USER_GENERATIONS: FamilySpec = FamilySpec {
    name: "user_generations",
    form: "imagen4:user_generations:{user_id}",
    ttl: Ttl::of_seconds(24 * 3_600),
    value_version: 1,
    cap: NonZeroU16::new(50),
    owner: "whoever reads a user's newest generations",
    invalidated_by: "each new generation (push), each deletion (remove), the user's erasure (forget)",
};

const GALLERY_PAGE: FamilySpec = FamilySpec {
    name: "gallery_page",
    form: "gallery:filtered:{user_id}:{filter_hash}",
    ttl: Ttl::of_seconds(5 * 60),
    value_version: 1,
    cap: None,
    owner: "whoever shows a page of the gallery",
    invalidated_by: "a bump of the user's gallery version, after which no reader asks for the key again",
};

/// The version lives much longer than a page: a page never meets a version that was lost and begun anew.
const GALLERY_VERSION: FamilySpec = FamilySpec {
    name: "gallery_version",
    form: "gallery:version:{user_id}",
    ttl: Ttl::of_seconds(24 * 3_600),
    value_version: 1,
    cap: None,
    owner: "whoever shows a page of the gallery",
    invalidated_by: "each creation, deletion and change of a favourite (bump)",
};

impl Family {
    /// Every family, in the order of the documentation.
    pub const ALL: [Self; 4] = [
        Self::Generation,
        Self::UserGenerations,
        Self::GalleryPage,
        Self::GalleryVersion,
    ];

    /// Returns what is declared about the family.
    pub const fn spec(self) -> &'static FamilySpec {
        match self {
            Self::Generation => &GENERATION,
            Self::UserGenerations => &USER_GENERATIONS,
            Self::GalleryPage => &GALLERY_PAGE,
            Self::GalleryVersion => &GALLERY_VERSION,
        }
    }
}

impl Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spec().name)
    }
}

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
    /// [`KeyError`] when `id` is no part of a key.
    pub fn generation(id: impl Display) -> Result<Self, KeyError> {
        Self::new(Family::Generation, "imagen4:generation:", &part(id)?)
    }

    /// Returns the key of a user's newest generations.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn user_generations(user_id: impl Display) -> Result<Self, KeyError> {
        let user = part(user_id)?;
        Self::new(Family::UserGenerations, "imagen4:user_generations:", &user)
    }

    /// Returns the key of one page of a user's gallery.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn gallery_page(user_id: impl Display, hash: &FilterHash) -> Result<Self, KeyError> {
        let rest = format!("{}:{hash}", part(user_id)?);
        Self::new(Family::GalleryPage, "gallery:filtered:", &rest)
    }

    /// Returns the key of the version of a user's gallery.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `user_id` is no part of a key.
    pub fn gallery_version(user_id: impl Display) -> Result<Self, KeyError> {
        Self::new(Family::GalleryVersion, "gallery:version:", &part(user_id)?)
    }

    fn new(family: Family, start: &str, rest: &str) -> Result<Self, KeyError> {
        Ok(Self {
            family,
            key: CacheKey::new(format!("{start}{rest}"))?,
            ttl: family.spec().ttl,
        })
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
        ]
    }

    #[test]
    fn names_lives_and_caps_are_those_of_the_contract() {
        let table: Vec<_> = Family::ALL
            .iter()
            .map(|family| {
                let spec = family.spec();
                let cap = spec.cap.map(NonZeroU16::get);
                (spec.form, spec.ttl.as_duration().as_secs(), cap)
            })
            .collect();
        assert_eq!(
            table,
            [
                ("imagen4:generation:{id}", 3_600, None),
                ("imagen4:user_generations:{user_id}", 86_400, Some(50)),
                ("gallery:filtered:{user_id}:{filter_hash}", 300, None),
                ("gallery:version:{user_id}", 86_400, None),
            ]
        );
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
    fn ids_that_could_change_the_key_are_refused() {
        for id in ["", "a:b", "a b", "{1}", "1\n", "1\0", &"x".repeat(1_010)] {
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
