//! Reads the newest ids through the cache, and goes on without it when it fails.

use std::sync::Arc;

use crate::doubt::{Change, Doubts};
use crate::meters::{Meter, count};
use crate::outage::{Outages, Side};
use crate::{CacheError, FamilyKey, ReadThrough, RecentList, RecentPage};

/// The newest ids of a list family, filled from the record store when the list is cold.
///
/// It has the manners of [`ReadThrough`](crate::ReadThrough): failures are a miss or a change left out, counted,
/// with one warning for each outage.
///
/// A list that misses a change would go on claiming to be complete. So a change that failed, or whose caller went
/// away before the answer, puts the list in **doubt**: it is not read until it was made cold, which the next
/// read or change of it tries first. Ten thousand lists are remembered; with more, every list is in doubt until
/// it was made cold once, for at most a day. Clones share the warnings and the doubts.
///
/// This does not repair what **other processes** see: they trust the list until this one makes it cold, or its
/// life ends. The doubts end with the process, and two layers made by [`new`](Self::new) over one list don't
/// know of each other's. A change that the server carries out after its answer was given up may come after
/// later ones.
#[derive(Debug, Clone)]
pub struct RecentIds {
    list: Arc<dyn RecentList>,
    doubts: Arc<Doubts>,
    outages: Arc<Outages>,
}

impl RecentIds {
    /// Returns the layer over `list`.
    pub fn new(list: Arc<dyn RecentList>) -> Self {
        Self {
            list,
            doubts: Arc::default(),
            outages: Arc::default(),
        }
    }

    /// Returns the layer over `list` that shares the warnings with `records`, whose cache is the same server.
    pub fn beside(records: &ReadThrough, list: Arc<dyn RecentList>) -> Self {
        Self {
            list,
            doubts: Arc::default(),
            outages: Arc::clone(records.outages()),
        }
    }

    /// Returns up to `limit` ids after the newest `offset`.
    ///
    /// When the list is cold, `load` gives the newest ids from the record store, newest first, as many as the
    /// family's cap or all there are; the list keeps them unless a change came between.
    /// A page that is not [complete](RecentPage::complete) is to be read from the record store.
    ///
    /// A list in doubt is made cold first. While that fails, `load` answers and the cache is left alone.
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
        let page = if self.is_trusted(key).await {
            let outcome = self.list.page(key.key(), offset, limit).await;
            self.outages.absorb(Side::Reads, outcome)
        } else {
            None
        };
        let reachable = page.is_some();
        let page = page.flatten();
        let meter = if page.is_some() {
            Meter::Hit
        } else {
            Meter::Miss
        };
        count(key.family(), meter);
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

    /// Puts `id` first, after its record was committed; a list in doubt is made cold instead.
    ///
    /// # Cancellation
    ///
    /// The id is put first or not; the list is in doubt.
    pub async fn push(&self, key: &FamilyKey, id: &str) {
        let limits = key.limits();
        let push = self.list.push(key.key(), id, &limits);
        self.change(key, push).await;
    }

    /// Takes `id` out, after its record was removed; a list in doubt is made cold instead.
    ///
    /// # Cancellation
    ///
    /// The id is taken out or not; the list is in doubt.
    pub async fn remove(&self, key: &FamilyKey, id: &str) {
        let limits = key.limits();
        let remove = self.list.remove(key.key(), id, &limits);
        self.change(key, remove).await;
    }

    /// Makes the list cold.
    ///
    /// # Cancellation
    ///
    /// The list is cold or not; it is in doubt.
    pub async fn forget(&self, key: &FamilyKey) {
        self.change(key, self.list.forget(key.key())).await;
    }

    /// Puts `id` first in a list whose whole is of no matter, making it warm when it is cold.
    pub(crate) async fn note(&self, key: &FamilyKey, id: &str) {
        // An outage costs the caller one limit, which an earlier call has had.
        if self.outages.is_away() {
            return;
        }
        let outcome = self.try_note(key, id).await;
        self.outages.absorb(Side::Writes, outcome);
    }

    async fn try_note(&self, key: &FamilyKey, id: &str) -> Result<(), CacheError> {
        let limits = key.limits();
        if self.list.push(key.key(), id, &limits).await? {
            return Ok(());
        }
        let token = self.list.token(key.key()).await?;
        let ids = [id.to_owned()];
        if !self.list.fill(key.key(), &token, &ids, &limits).await? {
            // Another filled it between, or pushed and goes on to fill: it is warm, or will be.
            self.list.push(key.key(), id, &limits).await?;
        }
        Ok(())
    }

    /// Returns all the ids that the list holds, with the failures of the cache; `None` when it is cold.
    pub(crate) async fn ids(&self, key: &FamilyKey) -> Result<Option<RecentPage>, CacheError> {
        let cap = usize::from(key.limits().cap.get());
        self.list.page(key.key(), 0, cap).await
    }

    /// Makes the list cold and says whether it was warm, for an erasure that must be known to have happened.
    pub(crate) async fn erase(&self, key: &FamilyKey) -> Result<bool, CacheError> {
        let change = self.doubts.change(key.key());
        let was_warm = self.list.forget(key.key()).await?;
        change.done();
        Ok(was_warm)
    }

    /// Begins a change of the list that goes to the cache together with others.
    pub(crate) fn begin<'a>(&'a self, key: &'a FamilyKey) -> Change<'a> {
        self.doubts.change(key.key())
    }

    /// Runs `call`, or makes a list in doubt cold: no change may give a list that misses another a new life.
    async fn change(
        &self,
        key: &FamilyKey,
        call: impl Future<Output = Result<bool, CacheError>> + Send,
    ) {
        let change = self.doubts.change(key.key());
        let outcome = if change.is_in_doubt() {
            self.list.forget(key.key()).await
        } else {
            call.await
        };
        if self.outages.absorb(Side::Writes, outcome).is_some() {
            change.done();
        }
    }

    /// Returns whether the list may be read, after it was made cold if it was in doubt.
    async fn is_trusted(&self, key: &FamilyKey) -> bool {
        let Some(doubt) = self.doubts.about(key.key()) else {
            return true;
        };
        let outcome = self.list.forget(key.key()).await;
        let is_cold = self.outages.absorb(Side::Writes, outcome).is_some();
        if is_cold {
            self.doubts.clear(key.key(), doubt);
        }
        is_cold
    }
}

fn page_of(ids: &[String], cap: usize, offset: usize, limit: usize) -> RecentPage {
    RecentPage {
        ids: ids.iter().skip(offset).take(limit).cloned().collect(),
        complete: ids.len() < cap || offset.saturating_add(limit) <= ids.len(),
    }
}
