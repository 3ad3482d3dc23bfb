//! Reads the newest ids through the cache, and goes on without it when it fails.

use std::sync::Arc;

use crate::outage::{Outages, Side};
use crate::{FamilyKey, ReadThrough, RecentList, RecentPage};

/// The newest ids of a list family, filled from the record store when the list is cold.
///
/// It has the manners of [`ReadThrough`](crate::ReadThrough): failures are a miss or a change left out, counted,
/// with one warning for each outage. Clones share the warnings.
#[derive(Debug, Clone)]
pub struct RecentIds {
    list: Arc<dyn RecentList>,
    outages: Arc<Outages>,
}

impl RecentIds {
    /// Returns the layer over `list`.
    pub fn new(list: Arc<dyn RecentList>) -> Self {
        Self {
            list,
            outages: Arc::default(),
        }
    }

    /// Returns the layer over `list` that shares the warnings with `records`, whose cache is the same server.
    pub fn beside(records: &ReadThrough, list: Arc<dyn RecentList>) -> Self {
        Self {
            list,
            outages: Arc::clone(records.outages()),
        }
    }

    /// Returns up to `limit` ids after the newest `offset`.
    ///
    /// When the list is cold, `load` gives the newest ids from the record store, newest first, as many as the
    /// family's cap or all there are; the list keeps them unless a change came between.
    /// A page that is not [complete](RecentPage::complete) is to be read from the record store.
    ///
    /// # Errors
    ///
    /// What `load` fails with.
    ///
    /// # Cancellation
    ///
    /// The list is filled or stays cold.
    pub async fn page_or_load<E, F>(
        &self,
        key: &FamilyKey,
        offset: usize,
        limit: usize,
        load: impl FnOnce(usize) -> F + Send,
    ) -> Result<RecentPage, E>
    where
        F: Future<Output = Result<Vec<String>, E>> + Send,
    {
        let outcome = self.list.page(key.key(), offset, limit).await;
        let page = self.outages.absorb(Side::Reads, outcome);
        let reachable = page.is_some();
        let page = page.flatten();
        let label = if page.is_some() { "hit" } else { "miss" };
        let family = key.family().spec().name;
        metrics::counter!("cache.reads", "family" => family, "outcome" => label).increment(1);
        if let Some(page) = page {
            return Ok(page);
        }
        // The token is taken before the load, so that a change during the load is noticed.
        let token = if reachable {
            let outcome = self.list.token(key.key()).await;
            self.outages.absorb(Side::Writes, outcome)
        } else {
            None
        };
        let limits = key.limits();
        let cap = usize::from(limits.cap.get());
        let ids = load(cap).await?;
        if let Some(token) = token {
            let outcome = self.list.fill(key.key(), &token, &ids, &limits).await;
            self.outages.absorb(Side::Writes, outcome);
        }
        Ok(page_of(&ids, cap, offset, limit))
    }

    /// Puts `id` first, after its record was committed.
    ///
    /// # Cancellation
    ///
    /// The id is put first or not.
    pub async fn push(&self, key: &FamilyKey, id: &str) {
        let outcome = self.list.push(key.key(), id, &key.limits()).await;
        self.outages.absorb(Side::Writes, outcome);
    }

    /// Takes `id` out, after its record was removed.
    ///
    /// # Cancellation
    ///
    /// The id is taken out or not.
    pub async fn remove(&self, key: &FamilyKey, id: &str) {
        let outcome = self.list.remove(key.key(), id, &key.limits()).await;
        self.outages.absorb(Side::Writes, outcome);
    }

    /// Makes the list cold.
    ///
    /// # Cancellation
    ///
    /// The list is cold or not.
    pub async fn forget(&self, key: &FamilyKey) {
        let outcome = self.list.forget(key.key()).await;
        self.outages.absorb(Side::Writes, outcome);
    }
}

fn page_of(ids: &[String], cap: usize, offset: usize, limit: usize) -> RecentPage {
    RecentPage {
        ids: ids.iter().skip(offset).take(limit).cloned().collect(),
        complete: ids.len() < cap || offset.saturating_add(limit) <= ids.len(),
    }
}
