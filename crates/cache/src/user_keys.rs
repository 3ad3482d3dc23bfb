//! What the cache holds about one user, and its erasure, without looking through the keys of others.

use std::fmt::Display;
use std::time::Duration;

use futures_util::future::try_join_all;

use crate::{CacheError, Family, FamilyKey, KeyError, ObjectHash, ReadThrough, RecentIds};

/// Where a user's keys are to be looked for: the user, and what the record store knows of theirs.
///
/// The cache's own lists add the newest generations and the gallery's pages.
#[derive(Debug, Clone)]
pub struct UserTrail {
    user: String,
    generations: Vec<String>,
    links: Vec<ObjectHash>,
}

impl UserTrail {
    /// Returns the trail of `user`, as their keys name them.
    pub fn new(user: impl Display) -> Self {
        Self {
            user: user.to_string(),
            generations: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Returns the trail with these generations of the user's.
    #[must_use]
    pub fn with_generations(mut self, ids: impl IntoIterator<Item: Display>) -> Self {
        let ids = ids.into_iter().map(|id| id.to_string());
        self.generations.extend(ids);
        self
    }

    /// Returns the trail with the objects of these hashes.
    #[must_use]
    pub fn with_links(mut self, objects: impl IntoIterator<Item = ObjectHash>) -> Self {
        self.links.extend(objects);
        self
    }
}

/// What stands under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// The key.
    pub key: FamilyKey,
    /// Whether there is something.
    pub is_there: bool,
    /// How long it still lives; `None` when there is nothing, or a list that is known to be empty.
    pub life_left: Option<Duration>,
    /// How large it is, in bytes without its key: the value, or the ids of the list.
    pub bytes: usize,
}

/// What the cache holds about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Every key of the trail, whether there is something or not.
    pub keys: Vec<KeyReport>,
    /// Whether the list of the newest generations was there and whole.
    ///
    /// When `false`, records of generations that the trail does not name may stand; they end within an hour.
    pub knows_every_generation: bool,
    /// Whether the list of the gallery's pages lost none to its cap.
    ///
    /// When `false`, older pages may stand; they end within five minutes. A list that the server evicted cannot
    /// be told from one that never was.
    pub knows_every_page: bool,
}

/// What an erasure removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The keys that held something.
    pub removed: Vec<FamilyKey>,
    /// As in [`Explanation`], before the erasure.
    pub knows_every_generation: bool,
    /// As in [`Explanation`], before the erasure.
    pub knows_every_page: bool,
}

/// Explains and erases what the cache holds about a user.
///
/// The keys are computed from the registry: each family says in one place which of its keys are a user's, and a
/// new family does not compile until it does. Nothing is scanned. What cannot be known is told: see the flags of
/// [`Explanation`]. Keys that other programs made up are theirs.
///
/// Both report the failures of the cache, since whoever erases must know that it happened; both may be repeated.
#[derive(Debug, Clone)]
pub struct UserKeys {
    through: ReadThrough,
    lists: RecentIds,
}

/// The keys of a user, by how they are removed.
struct Keys {
    values: Vec<FamilyKey>,
    lists: Vec<FamilyKey>,
    /// Removed last: while pages are being removed, no reader may find an older one.
    versions: Vec<FamilyKey>,
    knows_every_generation: bool,
    knows_every_page: bool,
}

/// The trail with what the cache's own lists add.
struct WholeTrail<'a> {
    trail: &'a UserTrail,
    generations: Vec<String>,
    pages: Vec<String>,
}

impl UserKeys {
    /// Returns what is to be known of users in `through` and `lists`.
    pub fn new(through: ReadThrough, lists: RecentIds) -> Self {
        Self { through, lists }
    }

    /// Returns every key of the user's with what stands there.
    ///
    /// # Errors
    ///
    /// What the cache reports; [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn explain(&self, trail: &UserTrail) -> Result<Explanation, CacheError> {
        let found = self.keys(trail).await?;
        let values = found.values.iter().chain(&found.versions);
        let mut keys = try_join_all(values.map(|key| self.report_value(key))).await?;
        let lists = found.lists.iter().map(|key| self.report_list(key));
        keys.extend(try_join_all(lists).await?);
        Ok(Explanation {
            keys,
            knows_every_generation: found.knows_every_generation,
            knows_every_page: found.knows_every_page,
        })
    }

    /// Removes everything under every key of the user's, with the locks and companions beside them.
    ///
    /// What another process loads at this very moment may be written afterwards: erase the records first, and
    /// such a value ends by its own life.
    ///
    /// # Errors
    ///
    /// What the cache reports. Some keys are removed then and the others are not: erase again. A key whose removal
    /// was begun is not read by this process until it is gone.
    ///
    /// # Cancellation
    ///
    /// As with an error.
    pub async fn erase(&self, trail: &UserTrail) -> Result<Erasure, CacheError> {
        let found = self.keys(trail).await?;
        // First the locks: whoever loads under one can no longer write.
        if let Some(lock) = self.through.lock() {
            let all = found
                .values
                .iter()
                .chain(&found.versions)
                .chain(&found.lists);
            try_join_all(all.map(|key| lock.clear(key.key()))).await?;
        }
        let mut removed = Vec::new();
        for keys in [&found.values, &found.versions] {
            let gone = keys.iter().map(|key| self.through.erase(key));
            let gone = try_join_all(gone).await?;
            removed.extend(only_true(keys, gone));
        }
        let gone = found.lists.iter().map(|key| self.lists.erase(key));
        removed.extend(only_true(&found.lists, try_join_all(gone).await?));
        Ok(Erasure {
            removed,
            knows_every_generation: found.knows_every_generation,
            knows_every_page: found.knows_every_page,
        })
    }

    async fn report_value(&self, key: &FamilyKey) -> Result<KeyReport, CacheError> {
        let cache = self.through.cache();
        let value = cache.get(key.key()).await?;
        let life_left = cache.ttl(key.key()).await?;
        Ok(KeyReport {
            key: key.clone(),
            is_there: value.is_some(),
            life_left,
            bytes: value.map_or(0, |value| value.len()),
        })
    }

    async fn report_list(&self, key: &FamilyKey) -> Result<KeyReport, CacheError> {
        let page = self.lists.ids(key).await?;
        let life_left = self.through.cache().ttl(key.key()).await?;
        let ids = page.iter().flat_map(|page| &page.ids);
        Ok(KeyReport {
            key: key.clone(),
            is_there: page.is_some(),
            life_left,
            bytes: ids.map(String::len).sum(),
        })
    }

    async fn keys(&self, trail: &UserTrail) -> Result<Keys, CacheError> {
        let newest = self
            .listed(FamilyKey::user_generations(&trail.user))
            .await?;
        let pages = self.listed(FamilyKey::gallery_pages(&trail.user)).await?;
        let whole = WholeTrail {
            trail,
            generations: newest.iter().flat_map(|page| page.ids.clone()).collect(),
            pages: pages.iter().flat_map(|page| page.ids.clone()).collect(),
        };
        let mut keys = Keys {
            values: Vec::new(),
            lists: Vec::new(),
            versions: Vec::new(),
            knows_every_generation: newest.is_some_and(|page| page.complete),
            knows_every_page: pages.is_none_or(|page| page.complete),
        };
        for family in Family::ALL {
            keys.add(family, &whole);
        }
        Ok(keys)
    }

    async fn listed(
        &self,
        key: Result<FamilyKey, KeyError>,
    ) -> Result<Option<crate::RecentPage>, CacheError> {
        match key {
            Ok(key) => self.lists.ids(&key).await,
            // A user who cannot be part of a key has none.
            Err(_) => Ok(None),
        }
    }
}

impl Keys {
    /// Adds the user's keys of one family.
    fn add(&mut self, family: Family, whole: &WholeTrail<'_>) {
        let user = &whole.trail.user;
        match family {
            Family::Generation => {
                let mut ids = [whole.generations.as_slice(), &whole.trail.generations].concat();
                ids.sort_unstable();
                ids.dedup();
                let keys = ids.iter().filter_map(|id| FamilyKey::generation(id).ok());
                self.values.extend(keys);
            }
            Family::GalleryPage => {
                let hashes = whole.pages.iter();
                let keys = hashes.map(|hash| FamilyKey::gallery_page_named(user, hash));
                self.values.extend(keys.filter_map(Result::ok));
            }
            Family::SignedLink => {
                let links = whole.trail.links.iter();
                self.values.extend(links.filter_map(FamilyKey::of_link));
            }
            Family::Dialogue => self.values.extend(FamilyKey::dialogue(user)),
            Family::UserGenerations => self.lists.extend(FamilyKey::user_generations(user)),
            Family::GalleryPages => self.lists.extend(FamilyKey::gallery_pages(user)),
            Family::GalleryVersion => self.versions.extend(FamilyKey::gallery_version(user)),
        }
    }
}

fn only_true(keys: &[FamilyKey], flags: Vec<bool>) -> impl Iterator<Item = FamilyKey> {
    let pairs = keys.iter().cloned().zip(flags);
    pairs.filter_map(|(key, flag)| flag.then_some(key))
}
