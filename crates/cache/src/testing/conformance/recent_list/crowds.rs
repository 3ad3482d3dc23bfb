//! The rules of a thousand changes that many tasks make at the same time.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "rules panic when they are broken"
)]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::yield_now;

use super::super::Fixture;
use super::{fill, first, limits, page};
use crate::{Cache, CacheKey, RecentList};

const TASKS: u64 = 20;
const CHANGES: u64 = 50;
const CAP: u16 = 50;

/// One of many tasks that change the same list.
#[derive(Debug)]
struct Writer {
    cache: Arc<dyn Cache>,
    list: Arc<dyn RecentList>,
    key: CacheKey,
    number: u64,
    random: fastrand::Rng,
}

impl Writer {
    fn new(fixture: &Fixture, key: &CacheKey, number: u64) -> Self {
        Self {
            cache: Arc::clone(&fixture.cache),
            list: Arc::clone(&fixture.list),
            key: key.clone(),
            number,
            random: fastrand::Rng::with_seed(number),
        }
    }

    async fn push(&mut self, id: &str) {
        self.let_others_go_first().await;
        let is_warm = self.list.push(&self.key, id, &limits(CAP)).await.unwrap();
        assert!(is_warm, "the list went cold");
    }

    async fn remove(&mut self, id: &str) {
        self.let_others_go_first().await;
        let removed = self.list.remove(&self.key, id, &limits(CAP)).await;
        removed.unwrap();
    }

    /// An adapter that never waits would otherwise run each task to its end.
    async fn let_others_go_first(&mut self) {
        if self.random.bool() {
            yield_now().await;
        }
    }

    /// What a reader sees between the changes: within the cap, no id twice, an end.
    async fn look(&self) -> Vec<String> {
        let page = self.list.page(&self.key, 0, usize::MAX).await.unwrap();
        let listed = page.unwrap().ids;
        assert_short_and_single(&listed);
        // There is no life while another task has just emptied the list.
        let left = self.cache.ttl(&self.key).await.unwrap();
        let life = limits(CAP).ttl.as_duration();
        assert!(left.is_none_or(|left| left <= life), "{left:?}");
        listed
    }
}

fn assert_short_and_single(listed: &[String]) {
    assert!(listed.len() <= usize::from(CAP), "{}", listed.len());
    let different: HashSet<_> = listed.iter().collect();
    assert_eq!(different.len(), listed.len(), "{listed:?}");
}

async fn assert_ends(fixture: &Fixture, key: &CacheKey) {
    let left = fixture.cache.ttl(key).await.unwrap().unwrap();
    let life = limits(CAP).ttl.as_duration();
    assert!(left > Duration::ZERO && left <= life, "{left:?}");
}

/// Runs a task for each writer, and gives what they left when all have ended.
async fn crowd<F>(fixture: &Fixture, key: &CacheKey, work: fn(Writer) -> F) -> Vec<Vec<String>>
where
    F: Future<Output = Vec<String>> + Send + 'static,
{
    fill(fixture, key, "", &limits(CAP)).await;
    let tasks = (0..TASKS).map(|number| tokio::spawn(work(Writer::new(fixture, key, number))));
    let left = join_all(tasks).await;
    left.into_iter().map(Result::unwrap).collect()
}

/// After a thousand random changes by many tasks, each with ids of its own: within the cap, no id twice, each
/// task's ids newest first, an end, and a removed id absent at once.
pub async fn a_thousand_changes_at_the_same_time_keep_every_rule(fixture: &Fixture) {
    let key = fixture.key("contended");
    let written = crowd(fixture, &key, change_own_ids).await;
    let listed = first(fixture, &key, usize::MAX).await.ids;
    assert!(!listed.is_empty());
    assert_short_and_single(&listed);
    assert_ends(fixture, &key).await;
    for (number, mut mine) in written.into_iter().enumerate() {
        mine.reverse();
        let start = format!("{number}-");
        let found: Vec<_> = listed.iter().filter(|id| id.starts_with(&start)).collect();
        // The cap takes the oldest, so what is left are the newest of each task.
        let newest: Vec<_> = mine.iter().take(found.len()).collect();
        assert_eq!(found, newest, "of task {number} in {listed:?}");
    }
}

/// Returns the ids it left, the newest last.
async fn change_own_ids(mut writer: Writer) -> Vec<String> {
    let mut mine: Vec<String> = Vec::new();
    for change in 0..CHANGES {
        let known = (!mine.is_empty() && writer.random.bool())
            .then(|| mine.remove(writer.random.usize(..mine.len())));
        match known {
            // Half of the ids that were there are taken out, the others are pushed again.
            Some(id) if writer.random.bool() => {
                writer.remove(&id).await;
                let listed = writer.look().await;
                assert!(!listed.contains(&id), "{id} is still in {listed:?}");
            }
            known => {
                let id = known.unwrap_or_else(|| format!("{}-{change}", writer.number));
                writer.push(&id).await;
                mine.push(id);
            }
        }
    }
    mine
}

/// After a thousand random changes by many tasks that push and remove the same ids: within the cap, no id twice,
/// an end, and what is pushed and removed one after the other from then on stands where it belongs.
pub async fn a_thousand_changes_of_the_same_ids_keep_every_rule(fixture: &Fixture) {
    let key = fixture.key("shared-ids");
    crowd(fixture, &key, change_shared_ids).await;
    let before = first(fixture, &key, usize::MAX).await.ids;
    assert_short_and_single(&before);

    let tail: Vec<String> = (0..10).map(|number| format!("tail-{number}")).collect();
    for id in &tail {
        assert!(fixture.list.push(&key, id, &limits(CAP)).await.unwrap());
    }
    let newest_first = tail.iter().rev().chain(&before);
    let mut expected: Vec<_> = newest_first.take(CAP.into()).cloned().collect();
    assert_eq!(first(fixture, &key, usize::MAX).await.ids, expected);
    assert_ends(fixture, &key).await;

    let removed = expected.remove(4);
    assert!(
        fixture
            .list
            .remove(&key, &removed, &limits(CAP))
            .await
            .unwrap()
    );
    let some = expected[..20.min(expected.len())].join(" ");
    let found = first(fixture, &key, some.split(' ').count()).await;
    assert_eq!(found, page(&some, true));
    assert_eq!(first(fixture, &key, usize::MAX).await.ids, expected);
    assert_ends(fixture, &key).await;
}

/// There are more ids than places, so that the cap is met; nobody knows which of them are left.
async fn change_shared_ids(mut writer: Writer) -> Vec<String> {
    for _ in 0..CHANGES {
        let id = format!("shared-{}", writer.random.u64(..u64::from(CAP) * 2));
        if writer.random.u8(..10) < 7 {
            writer.push(&id).await;
        } else {
            writer.remove(&id).await;
        }
        writer.look().await;
    }
    Vec::new()
}
