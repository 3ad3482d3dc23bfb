//! The rule of a list that goes cold and is filled while many tasks change it.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use tokio::task::yield_now;

use super::super::Fixture;
use super::limits;
use crate::{CacheKey, ListLimits, RecentList};

const TASKS: u64 = 10;
const CHANGES: u64 = 30;

/// More than there are ids, so that none is cut off.
const CAP: u16 = 500;

/// One of many tasks that commit to the record store first and change the list then, as services do.
#[derive(Debug, Clone)]
struct Service {
    list: Arc<dyn RecentList>,
    key: CacheKey,
    /// The newest first.
    records: Arc<Mutex<Vec<String>>>,
    number: u64,
    random: fastrand::Rng,
}

impl Service {
    fn limits() -> ListLimits {
        limits(CAP)
    }

    async fn add(&self, id: &str) {
        self.records.lock().unwrap().insert(0, id.to_owned());
        yield_now().await;
        let pushed = self.list.push(&self.key, id, &Self::limits()).await;
        pushed.unwrap();
    }

    async fn remove(&self, id: &str) {
        self.records.lock().unwrap().retain(|other| other != id);
        yield_now().await;
        let removed = self.list.remove(&self.key, id, &Self::limits()).await;
        removed.unwrap();
    }

    /// Reads the list, and fills it when it is cold; returns what a warm one holds.
    async fn read(&self) -> Option<Vec<String>> {
        let page = self.list.page(&self.key, 0, usize::MAX).await.unwrap();
        if let Some(page) = page {
            return Some(page.ids);
        }
        let token = self.list.token(&self.key).await.unwrap();
        let ids = self.records.lock().unwrap().clone();
        // The store's answer takes its time, in which others go on.
        yield_now().await;
        let limits = Self::limits();
        let filled = self.list.fill(&self.key, &token, &ids, &limits).await;
        filled.unwrap();
        None
    }

    async fn assert_listed(&self, id: &str, is_listed: bool) {
        if let Some(ids) = self.read().await {
            let found = ids.iter().any(|other| other == id);
            assert_eq!(found, is_listed, "{id} in {ids:?}");
        }
    }

    async fn work(mut self) {
        let mut mine: Vec<String> = Vec::new();
        for change in 0..CHANGES {
            if self.random.u8(..10) == 0 {
                self.list.forget(&self.key).await.unwrap();
            }
            self.read().await;
            if mine.is_empty() || self.random.bool() {
                let id = format!("{}-{change}", self.number);
                self.add(&id).await;
                self.assert_listed(&id, true).await;
                mine.push(id);
            } else {
                let id = mine.swap_remove(self.random.usize(..mine.len()));
                self.remove(&id).await;
                self.assert_listed(&id, false).await;
            }
        }
    }
}

/// While a list is made cold, filled and changed by many tasks at the same time, whoever added an id finds it in a warm
/// list, whoever removed one does not, and in the end the list holds what the record store does.
pub async fn fills_among_changes_lose_nothing(fixture: &Fixture) {
    let service = Service {
        list: Arc::clone(&fixture.list),
        key: fixture.key("filled-among-changes"),
        records: Arc::default(),
        number: 0,
        random: fastrand::Rng::with_seed(0),
    };
    let tasks = (1..=TASKS).map(|number| {
        let random = fastrand::Rng::with_seed(number);
        tokio::spawn(
            Service {
                number,
                random,
                ..service.clone()
            }
            .work(),
        )
    });
    join_all(tasks).await.into_iter().for_each(Result::unwrap);
    let listed = match service.read().await {
        Some(ids) => ids,
        // Nobody else is left, so this fill is taken.
        None => service.read().await.unwrap(),
    };
    let sorted = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let records = service.records.lock().unwrap().clone();
    assert_eq!(listed.len(), records.len(), "{listed:?} {records:?}");
    assert_eq!(sorted(&listed), sorted(&records));
}
