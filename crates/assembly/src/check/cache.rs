//! What a check of Redis found.

use std::fmt;
use std::time::Duration;

use cache::redis::{CheckReport, RedisCache};
use cache::{CacheError, CacheErrorKind, CacheKey, FamilyKey, RecentList, RecentPage};
use imagen4_domain::UserId;
use tokio::time::Instant;

use super::{write_fault, write_step};

/// What a check of Redis found. `Display` is for people, on several lines.
#[derive(Debug, Clone)]
pub struct CacheCheck {
    report: CheckReport,
    list: Option<ListCheck>,
}

/// What a look at a user's list found. A random key cannot hold another type; a key of a family can, when
/// another program writes it too.
#[derive(Debug, Clone)]
struct ListCheck {
    key: CacheKey,
    outcome: Result<(Duration, Option<RecentPage>), CacheError>,
}

impl CacheCheck {
    pub(super) async fn run(redis: &RedisCache, user: &UserId) -> Self {
        let report = redis.check().await;
        // A user id keeps every rule of a key.
        let key = FamilyKey::user_generations(user);
        debug_assert!(key.is_ok(), "{key:?}");
        let list = match key {
            Ok(key) if report.is_healthy() => Some(ListCheck::run(redis, key.key()).await),
            _ => None,
        };
        Self { report, list }
    }

    /// Returns what the check of the server itself found.
    pub fn report(&self) -> &CheckReport {
        &self.report
    }

    /// Returns the first fault.
    pub fn fault(&self) -> Option<&CacheError> {
        let of_list = |list: &'_ ListCheck| list.outcome.is_err();
        self.report.fault().or_else(|| {
            self.list
                .as_ref()
                .filter(|list| of_list(list))?
                .outcome
                .as_ref()
                .err()
        })
    }

    /// Returns what the fault means and what to do, in one sentence; `None` when there is none.
    pub fn advice(&self) -> Option<&'static str> {
        if let Some(advice) = self.report.advice() {
            return Some(advice);
        }
        Some(match self.fault()?.kind() {
            CacheErrorKind::Misused => {
                "Another program keeps something else under this key: find out which, or delete the key."
            }
            _ => "Redis works, but not for this key: look at the rights of the user for keys.",
        })
    }
}

impl ListCheck {
    async fn run(redis: &RedisCache, key: &CacheKey) -> Self {
        let start = Instant::now();
        let outcome = redis.page(key, 0, 1).await;
        Self {
            key: key.clone(),
            outcome: outcome.map(|page| (start.elapsed(), page)),
        }
    }
}

impl fmt::Display for CacheCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        let Some(list) = &self.list else {
            return Ok(());
        };
        match &list.outcome {
            Ok((time, page)) => {
                write_step(f, "list", *time)?;
                let warmth = if page.is_some() { "warm" } else { "cold" };
                write!(f, ", {} is {warmth}", list.key)
            }
            Err(error) => {
                write_fault(f, error)?;
                write!(f, "\n  {}", self.advice().unwrap_or_default())
            }
        }
    }
}
