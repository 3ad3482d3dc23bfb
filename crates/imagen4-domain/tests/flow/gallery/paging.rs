//! Paging through large galleries while others write, and what a page costs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use imagen4_domain::testing::user;
use imagen4_domain::{
    Cursor, Fallback, GalleryFilter, GalleryKind, GalleryQuery, GalleryService, GalleryStore,
    GenerateService, Generation, GenerationId, GenerationRequest, GenerationStore, JournalEntry,
    MemoryGenerationStore, Picture, PictureState, ProviderLink, Step,
};
use storage::pictures::{BucketMap, PictureStorage};
use storage::testing::ManualClock;
use tokio::time::Instant;

use crate::world::{objects, source, start};

type Memory = Arc<MemoryGenerationStore>;

/// The steps of a generation of one picture, made once for all.
fn steps() -> Vec<Step> {
    let dies_at = start() + TimeDelta::days(7);
    let link = ProviderLink {
        number: 1,
        url: "https://fal.test/1.png".to_owned(),
        dies_at,
    };
    let fallback = Fallback {
        url: link.url.clone(),
        dies_at,
        reason: "the store is unavailable".to_owned(),
    };
    let picture = Picture {
        number: 1,
        state: PictureState::Fallback(fallback),
    };
    vec![
        Step::Submitting {
            model: "fal-ai/imagen4/preview".parse().unwrap(),
        },
        Step::Submitted {
            request_id: "job-1".parse().unwrap(),
        },
        Step::Generated {
            links: vec![link],
            billable_micros: None,
        },
        Step::Completed {
            pictures: vec![picture],
        },
    ]
}

/// Makes completed generations of user 7.
struct Maker {
    store: Memory,
    request: GenerationRequest,
    entries: Vec<JournalEntry>,
}

impl Maker {
    fn new(store: Memory) -> Self {
        let entries = steps()
            .into_iter()
            .map(|step| JournalEntry::new(start(), step));
        Self {
            store,
            request: imagen4_domain::testing::request(),
            entries: entries.collect(),
        }
    }

    async fn make(&self, at: DateTime<Utc>) -> Generation {
        let request = self.request.clone();
        let mut now = Generation::new(GenerationId::new(at), user("7"), request, at);
        self.store.create(&now).await.unwrap();
        for entry in &self.entries {
            let (owner, id) = (now.owner().clone(), now.id());
            let next = self.store.advance(&owner, &id, now.revision(), entry).await;
            now = next.unwrap();
        }
        now
    }

    /// Makes so many, a second apart, and returns their names, newest first.
    async fn fill(&self, number: i64) -> Vec<GenerationId> {
        let mut names = Vec::new();
        for second in 0..number {
            names.push(self.make(start() + TimeDelta::seconds(second)).await.id());
        }
        names.reverse();
        names
    }
}

fn gallery(store: &Memory) -> GalleryService {
    let clock = ManualClock::new(start());
    let pictures = PictureStorage::new(
        Arc::new(objects(&clock)),
        Arc::new(source()),
        BucketMap::default(),
    );
    let generator = Arc::new(imagen4_domain::testing::ScriptedGenerator::new());
    let records = Arc::clone(store);
    let service = GenerateService::new(records, generator, pictures, Arc::new(clock));
    GalleryService::new(Arc::clone(store) as _, service)
}

/// Deletes every third of `names` and makes others, at the top and between old ones, until it is told to stop.
async fn disturb(
    store: Memory,
    names: Vec<GenerationId>,
    stop: Arc<tokio::sync::Notify>,
) -> BTreeSet<GenerationId> {
    let maker = Maker::new(Arc::clone(&store));
    let mut gone = BTreeSet::new();
    let work = async {
        for (round, id) in (0..).zip(names.iter().step_by(3)) {
            store.hide(&user("7"), id).await.unwrap();
            store.remove(&user("7"), id).await.unwrap();
            gone.insert(*id);
            let old = start() + TimeDelta::milliseconds(500 + 1_000 * round);
            maker.make(old).await;
            maker
                .make(start() + TimeDelta::days(9) + TimeDelta::seconds(round))
                .await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.notified() => {}
    }
    gone
}

/// Reads a gallery page by page while others write, and asserts that nothing is repeated and nothing skipped that was
/// there all the time; returns the number of pages.
async fn walk_while_others_write(store: Memory, names: Vec<GenerationId>, limit: u32) -> usize {
    let gallery = gallery(&store);
    let stop = Arc::new(tokio::sync::Notify::new());
    let writer = tokio::spawn(disturb(
        Arc::clone(&store),
        names.clone(),
        Arc::clone(&stop),
    ));
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = gallery
            .page(&user("7"), &GalleryFilter::new(), after.as_ref(), limit)
            .await;
        let page = page.unwrap();
        seen.extend(
            page.items
                .iter()
                .map(|item| (item.generation.created_at(), item.id())),
        );
        pages += 1;
        tokio::task::yield_now().await;
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    stop.notify_one();
    let gone = writer.await.unwrap();
    assert!(!gone.is_empty(), "nobody wrote meanwhile");
    assert!(
        seen.is_sorted_by(|one, next| one > next),
        "not in order, or repeated"
    );
    let seen: BTreeSet<_> = seen.into_iter().map(|(_, id)| id).collect();
    let skipped = names
        .iter()
        .filter(|id| !gone.contains(id) && !seen.contains(id));
    assert_eq!(skipped.count(), 0);
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_walked_without_repeat_or_skip_while_others_come_and_go() {
    let store = Memory::default();
    let names = Maker::new(Arc::clone(&store)).fill(10_000).await;
    assert!(walk_while_others_write(store, names, 20).await >= 333);
}

/// The store of a hundred thousand is filled once, since that takes longer than all that is done with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_cost_a_page_what_a_hundred_cost_and_are_walked_without_repeat_or_skip()
{
    let (few, many) = (Memory::default(), Memory::default());
    let few_names = Maker::new(Arc::clone(&few)).fill(100).await;
    let many_names = Maker::new(Arc::clone(&many)).fill(100_000).await;
    compare((&few, &few_names), (&many, &many_names)).await;
    assert!(walk_while_others_write(many, many_names, 100).await >= 666);
}

type Filled<'a> = (&'a Memory, &'a [GenerationId]);

/// Returns the place in the middle.
fn middle(names: &[GenerationId]) -> Cursor {
    let place = names.len() / 2;
    let second = i64::try_from(names.len() - 1 - place).unwrap();
    Cursor {
        created_at: start() + TimeDelta::seconds(second),
        id: names[place],
    }
}

/// Asserts that a page costs the same in both stores, and at most 5 ms.
async fn compare(few: Filled<'_>, many: Filled<'_>) {
    for (store, names) in [few, many] {
        for id in names.iter().step_by(names.len() / 25) {
            let marked = store.set_favourite(&user("7"), id, true).await;
            marked.unwrap();
        }
    }
    let all = GalleryQuery::default();
    let kind = GalleryQuery {
        kind: Some(GalleryKind::Imagen4),
        ..all.clone()
    };
    let favourites = GalleryQuery {
        favourites: true,
        ..all.clone()
    };
    for (query, from_the_middle) in [
        (&all, false),
        (&all, true),
        (&kind, true),
        (&favourites, false),
    ] {
        let (small, large) = shortest(query, from_the_middle, [few, many]).await;
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        let times = format!("{query:?}: {small:?} among 100, {large:?} among 100,000");
        assert!(large < Duration::from_millis(5), "{times}");
        assert!(ratio <= 1.3, "{times}");
    }
}

/// Returns the shortest time that a page took in each of two stores, asked in turn, so that a busy moment of the
/// machine meets both.
async fn shortest(
    query: &GalleryQuery,
    from_the_middle: bool,
    stores: [Filled<'_>; 2],
) -> (Duration, Duration) {
    let mut best = [Duration::MAX; 2];
    for _ in 0..400 {
        for ((store, names), best) in stores.iter().zip(&mut best) {
            let after = Some(middle(names)).filter(|_| from_the_middle);
            let begun = Instant::now();
            let page = store.page(&user("7"), query, after, 20).await.unwrap();
            *best = (*best).min(begun.elapsed());
            assert_eq!(page.len(), 20);
        }
    }
    best.into()
}
