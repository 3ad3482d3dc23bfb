//! The port of a short list of ids, newest first.

use std::fmt::Debug;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{CacheError, CacheKey, Ttl};

/// How long a [`FillToken`] may be used: the time a filler has to read the record store.
pub const FILL_TOKEN_LIFE: Duration = Duration::from_mins(1);

/// How long a list may get and how long it lives after its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLimits {
    /// The most ids it holds; the oldest go first.
    pub cap: NonZeroU16,
    /// Its life, counted anew from each change.
    pub ttl: Ttl,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentPage {
    /// The ids, newest first.
    pub ids: Vec<String>,
    /// Whether the page is the whole truth: it is full, or there is nothing older than its last id.
    ///
    /// When `false`, older ids may exist that the list no longer holds: ask the record store.
    pub complete: bool,
}

/// What a filler takes before it reads the record store, so that a change in between is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillToken(String);

impl FillToken {
    /// Returns the token that an adapter made.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the token as the adapter made it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lists of the newest ids: capped, newest first, without duplicates, each with an end.
///
/// A list is **cold** (unknown: it ended, was evicted, or never was filled) or **warm**.
/// Cold is not empty: a list that is known to be empty is warm, and so is a list whose last id was removed.
///
/// The record store is the truth. A writer commits there first and then calls [`push`](Self::push) or
/// [`remove`](Self::remove). A reader that finds the list cold takes a [`token`](Self::token), reads the
/// newest ids from the record store and calls [`fill`](Self::fill), which refuses when a push or a remove
/// came between: what it read may lack that change. The first id of a new user gets into the list this way.
///
/// Each call is atomic and may be repeated without harm; clones share; each call fails with `Closed` after
/// the shutdown of the cache that it belongs to, and with `Misused` where the key holds a byte value.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait RecentList: Debug + Send + Sync + 'static {
    /// Returns up to `limit` ids after the newest `offset`, or `None` when the list is cold.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    async fn page(
        &self,
        key: &CacheKey,
        offset: usize,
        limit: usize,
    ) -> Result<Option<RecentPage>, CacheError>;

    /// Puts `id` first, moving it there if it was in the list; `false` when the list is cold.
    ///
    /// A cold list stays cold: one id would look like the whole list. Tokens given before are void in any case.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// All of it happened or nothing.
    async fn push(&self, key: &CacheKey, id: &str, limits: &ListLimits)
    -> Result<bool, CacheError>;

    /// Takes `id` out; `true` when it was in the list, `false` when it was not or the list is cold.
    ///
    /// Tokens given before are void in any case. After a repeat by the adapter the answer may be `false`
    /// although the first try took the id out.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// All of it happened or nothing.
    async fn remove(
        &self,
        key: &CacheKey,
        id: &str,
        limits: &ListLimits,
    ) -> Result<bool, CacheError>;

    /// Returns the token for a fill; it is good for at most [`FILL_TOKEN_LIFE`].
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// Nothing that a reader sees is changed.
    async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError>;

    /// Replaces the list by `ids`, newest first, and makes it warm; `false` when `token` is void.
    ///
    /// An id that stands twice counts where it stands first; what is beyond the cap is dropped. Fewer ids than
    /// the cap mean that there are no others.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// All of it happened or nothing.
    async fn fill(
        &self,
        key: &CacheKey,
        token: &FillToken,
        ids: &[String],
        limits: &ListLimits,
    ) -> Result<bool, CacheError>;

    /// Makes the list cold and removes all that belongs to it; `true` when it was warm.
    ///
    /// Tokens given before are void. Use it when a user is erased, or when a change could not be written.
    ///
    /// # Errors
    ///
    /// See [`CacheErrorKind`](crate::CacheErrorKind).
    ///
    /// # Cancellation
    ///
    /// All of it happened or nothing.
    async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError>;
}

/// Returns the ids that a fill writes: without duplicates, up to the cap, and whether they are all there is.
pub(crate) fn fill_of<'a>(ids: &'a [String], limits: &ListLimits) -> (Vec<&'a str>, bool) {
    let cap = usize::from(limits.cap.get());
    let mut kept: Vec<&str> = Vec::with_capacity(ids.len().min(cap));
    for id in ids {
        if kept.len() == cap {
            break;
        }
        if !kept.contains(&id.as_str()) {
            kept.push(id);
        }
    }
    let all = kept.len() < cap;
    (kept, all)
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<L: RecentList + ?Sized> RecentList for $pointer<L> {
            async fn page(
                &self,
                key: &CacheKey,
                offset: usize,
                limit: usize,
            ) -> Result<Option<RecentPage>, CacheError> {
                (**self).page(key, offset, limit).await
            }

            async fn push(
                &self,
                key: &CacheKey,
                id: &str,
                limits: &ListLimits,
            ) -> Result<bool, CacheError> {
                (**self).push(key, id, limits).await
            }

            async fn remove(
                &self,
                key: &CacheKey,
                id: &str,
                limits: &ListLimits,
            ) -> Result<bool, CacheError> {
                (**self).remove(key, id, limits).await
            }

            async fn token(&self, key: &CacheKey) -> Result<FillToken, CacheError> {
                (**self).token(key).await
            }

            async fn fill(
                &self,
                key: &CacheKey,
                token: &FillToken,
                ids: &[String],
                limits: &ListLimits,
            ) -> Result<bool, CacheError> {
                (**self).fill(key, token, ids, limits).await
            }

            async fn forget(&self, key: &CacheKey) -> Result<bool, CacheError> {
                (**self).forget(key).await
            }
        }
    )*};
}

forward!(Arc, Box);

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(ids: &[&str], cap: u16) -> (Vec<String>, bool) {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let limits = ListLimits {
            cap: NonZeroU16::new(cap).unwrap(),
            ttl: Ttl::MAX,
        };
        let (kept, all) = fill_of(&ids, &limits);
        (kept.into_iter().map(str::to_owned).collect(), all)
    }

    #[test]
    fn a_fill_drops_what_stands_twice_and_what_is_over_the_cap() {
        assert_eq!(
            fill(&["a", "b", "a"], 3),
            (vec!["a".into(), "b".into()], true)
        );
        assert_eq!(
            fill(&["a", "b", "c"], 2),
            (vec!["a".into(), "b".into()], false)
        );
        assert_eq!(fill(&["a", "b"], 2), (vec!["a".into(), "b".into()], false));
        assert_eq!(fill(&[], 2), (vec![], true));
    }
}
