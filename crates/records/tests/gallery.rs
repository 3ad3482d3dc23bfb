//! What SQLite adds to the galleries: old databases, large ones, and what is left of what was removed.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use imagen4_domain::testing::{completed, request, user};
use imagen4_domain::{
    Catalogue, Cursor, GalleryCounts, GalleryItem, GalleryKind, GalleryQuery, GalleryStore,
    Generation, GenerationId, GenerationStore, Imagen4Settings, MemoryGenerationStore,
    RequestDraft, TimeSpan, UtcOffset,
};
use records::{SqliteGenerationStore, SqliteSettings};
use sqlx::SqlitePool;
use tokio::time::Instant;

/// The form of the database before there were galleries.
const FIRST_FORM: &str = include_str!("../migrations/0001_generations.sql");

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

async fn open(path: &Path) -> SqliteGenerationStore {
    let settings = SqliteSettings::new(path);
    SqliteGenerationStore::open(&settings).await.unwrap()
}

/// Opens the file past the store.
async fn beside(path: &Path) -> SqlitePool {
    let url = format!("sqlite:{}?mode=rwc", path.display());
    SqlitePool::connect(&url).await.unwrap()
}

async fn execute(pool: &SqlitePool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

async fn made(store: &SqliteGenerationStore, second: i64, model: &str, ratio: &str) -> Generation {
    let draft = RequestDraft::new("a lighthouse at dawn").with_model(model);
    let draft = draft.with_aspect_ratio(ratio);
    let request = draft.check(&Catalogue::default(), &Imagen4Settings::default());
    let at = now() + TimeDelta::seconds(second);
    let new = Generation::new(GenerationId::new(at), user("7"), request.unwrap(), at);
    completed(store, new).await
}

async fn page(store: &SqliteGenerationStore, query: &GalleryQuery) -> Vec<GenerationId> {
    let page = store.page(&user("7"), query, None, 100).await.unwrap();
    page.iter().map(GalleryItem::id).collect()
}

fn all() -> GalleryQuery {
    GalleryQuery::default()
}

/// Copies the rows of a database of today into one of the first form.
async fn as_of_old(new: &Path, old: &Path) {
    let pool = beside(old).await;
    execute(&pool, FIRST_FORM).await;
    execute(
        &pool,
        "CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)",
    )
    .await;
    execute(&pool, "INSERT INTO schema_version VALUES (1)").await;
    let mut connection = pool.acquire().await.unwrap();
    let attach = sqlx::query("ATTACH $1 AS today").bind(new.display().to_string());
    attach.execute(&mut *connection).await.unwrap();
    for table in [
        "INSERT INTO generations SELECT id, owner, created_at, updated_at, state, unfinished, model_used, \
         request_id, revision, record FROM today.generations",
        "INSERT INTO pictures SELECT * FROM today.pictures",
        "INSERT INTO journal_steps SELECT * FROM today.journal_steps",
    ] {
        sqlx::query(table).execute(&mut *connection).await.unwrap();
    }
    drop(connection);
    pool.close().await;
}

/// The columns of galleries in one row.
type Row = (String, String, String, Option<String>, i64, i64);

#[tokio::test]
async fn a_database_of_the_first_form_is_filled_as_if_it_had_been_written_today() {
    let directory = tempfile::tempdir().unwrap();
    let (new, old) = (
        directory.path().join("new.sqlite"),
        directory.path().join("old.sqlite"),
    );
    let today = open(&new).await;
    for (second, (model, ratio)) in (0..).zip([
        ("fal-ai/imagen4/preview", "1:1"),
        ("fal-ai/imagen4/preview/ultra", "16:9"),
        ("fal-ai/nano-banana", "9:16"),
        ("fal-ai/nano-banana-2", "auto"),
    ]) {
        made(&today, second, model, ratio).await;
    }
    let new_one = Generation::new(GenerationId::new(now()), user("7"), request(), now());
    today.create(&new_one).await.unwrap();
    today.close().await;
    as_of_old(&new, &old).await;
    let spoilt = beside(&old).await;
    execute(
        &spoilt,
        "INSERT INTO generations SELECT 'spoilt', '8', created_at, updated_at, state, unfinished, 'no model', \
         request_id, revision, '{' FROM generations LIMIT 1",
    )
    .await;
    spoilt.close().await;

    let (before, after) = (open(&new).await, open(&old).await);
    for kind in GalleryKind::ALL {
        let query = GalleryQuery {
            kind: Some(kind),
            ..all()
        };
        assert_eq!(page(&after, &query).await.len(), 2);
        assert_eq!(page(&after, &query).await, page(&before, &query).await);
    }
    for ratio in ["1:1", "16:9", "9:16", "auto"] {
        let query = GalleryQuery {
            aspect_ratio: Some(ratio.parse().unwrap()),
            ..all()
        };
        assert_eq!(page(&after, &query).await, page(&before, &query).await);
        assert_eq!(page(&after, &query).await.len(), 1);
    }
    let columns = "SELECT id, kind, aspect_ratio, parent, favourite, hidden FROM generations \
                   WHERE id <> 'spoilt' ORDER BY id";
    let mut rows = Vec::new();
    for path in [&new, &old] {
        let pool = beside(path).await;
        let found: Vec<Row> = sqlx::query_as(columns).fetch_all(&pool).await.unwrap();
        rows.push(found);
    }
    assert_eq!((rows[0].len(), &rows[0]), (5, &rows[1]));
    // What follows is as in any other database.
    let first = page(&after, &all()).await[0];
    after.set_favourite(&user("7"), &first, true).await.unwrap();
    after.hide(&user("7"), &first).await.unwrap();
    after.remove(&user("7"), &first).await.unwrap();
    assert_eq!(page(&after, &all()).await.len(), 3);
}

#[tokio::test]
async fn a_gallery_outlives_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let store = open(&path).await;
    let (shown, hidden) = (
        made(&store, 0, "fal-ai/imagen4/preview", "1:1").await,
        made(&store, 1, "fal-ai/imagen4/preview", "1:1").await,
    );
    store
        .set_favourite(&user("7"), &shown.id(), true)
        .await
        .unwrap();
    store.hide(&user("7"), &hidden.id()).await.unwrap();
    store.close().await;
    let again = open(&path).await;
    let item = again.item(&user("7"), &shown.id()).await.unwrap().unwrap();
    assert_eq!((item.favourite, item.generation), (true, shown));
    assert_eq!(again.item(&user("7"), &hidden.id()).await.unwrap(), None);
    assert_eq!(again.hide(&user("7"), &hidden.id()).await.unwrap(), hidden);
}

#[tokio::test]
async fn of_what_was_removed_the_file_keeps_nothing_but_the_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let store = open(&path).await;
    let draft = RequestDraft::new("a canary that nobody may find");
    let request = draft.check(&Catalogue::default(), &Imagen4Settings::default());
    let new = Generation::new(GenerationId::new(now()), user("7"), request.unwrap(), now());
    let canary = completed(&store, new).await;
    let kept = made(&store, 1, "fal-ai/imagen4/preview", "1:1").await;
    store.hide(&user("7"), &canary.id()).await.unwrap();
    store.remove(&user("7"), &canary.id()).await.unwrap();
    store.close().await;
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds("a lighthouse at dawn") && holds(&kept.id().to_string()));
    assert!(holds(&canary.id().to_string()) && !holds("canary that nobody"));
    assert!(!directory.path().join("records.sqlite-wal").exists());
    let pool = beside(&path).await;
    for table in ["pictures", "journal_steps"] {
        let sql = format!("SELECT COUNT(DISTINCT generation_id) FROM {table}");
        let sql = sqlx::AssertSqlSafe(sql);
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        assert_eq!(left, 1, "{table}");
    }
}

/// Records the same forty generations in both stores, with the same favourites.
async fn both(sqlite: &SqliteGenerationStore, memory: &MemoryGenerationStore) -> Vec<Generation> {
    let models = [
        "fal-ai/imagen4/preview",
        "fal-ai/imagen4/preview/fast",
        "fal-ai/nano-banana",
    ];
    let catalogue = Catalogue::default();
    let mut all = Vec::new();
    for number in 0..40_i64 {
        let place = usize::try_from(number).unwrap();
        let draft = RequestDraft::new("a lighthouse at dawn").with_model(models[place % 3]);
        let draft = draft.with_aspect_ratio(["1:1", "16:9"][place / 3 % 2]);
        let request = draft
            .check(&catalogue, &Imagen4Settings::default())
            .unwrap();
        // Two of each moment, and moments in all hours of two days.
        let at = now() + TimeDelta::minutes(number / 2 * 137);
        let new = Generation::new(GenerationId::new(at), user("7"), request, at);
        all.push(completed(sqlite, new.clone()).await);
        completed(memory, new).await;
    }
    for generation in all.iter().step_by(4) {
        let id = generation.id();
        sqlite.set_favourite(&user("7"), &id, true).await.unwrap();
        memory.set_favourite(&user("7"), &id, true).await.unwrap();
    }
    all
}

/// Returns every query that can be put together from a few values of each part.
fn queries() -> Vec<GalleryQuery> {
    let mut queries = vec![all()];
    let widen = |queries: Vec<GalleryQuery>, parts: &[&dyn Fn(&mut GalleryQuery)]| {
        let wider = queries.iter().flat_map(|query| {
            parts.iter().map(|part| {
                let mut query = query.clone();
                part(&mut query);
                query
            })
        });
        queries.iter().cloned().chain(wider).collect::<Vec<_>>()
    };
    let span = |from, until| TimeSpan {
        from: now() + TimeDelta::minutes(from),
        until: now() + TimeDelta::minutes(until),
    };
    queries = widen(
        queries,
        &[&|query| query.kind = Some(GalleryKind::Imagen4), &|query| {
            query.kind = Some(GalleryKind::Generated);
        }],
    );
    queries = widen(
        queries,
        &[&|query| query.model = "fal-ai/imagen4/preview".parse().ok()],
    );
    queries = widen(
        queries,
        &[&|query| query.aspect_ratio = "16:9".parse().ok()],
    );
    queries = widen(queries, &[&|query| query.favourites = true]);
    queries = widen(
        queries,
        &[&|query| query.newest = Some(0), &|query| {
            query.newest = Some(15);
        }],
    );
    widen(
        queries,
        &[&|query| query.created = Some(span(137, 1_370)), &|query| {
            query.created = Some(span(1_371, 9_999));
        }],
    )
}

#[tokio::test]
async fn every_query_finds_in_sqlite_what_it_finds_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = open(&directory.path().join("records.sqlite")).await;
    let memory = MemoryGenerationStore::new();
    let made = both(&sqlite, &memory).await;
    let owner = user("7");
    let queries = queries();
    assert_eq!(queries.len(), 3 * 2 * 2 * 2 * 3 * 3);
    for (number, query) in queries.iter().enumerate() {
        let middle = &made[number % made.len()];
        for after in [None, Some(Cursor::of(middle))] {
            let found = sqlite.page(&owner, query, after, 7).await.unwrap();
            let expected = memory.page(&owner, query, after, 7).await.unwrap();
            assert_eq!(found, expected, "{query:?} {after:?}");
        }
        let found = sqlite
            .neighbours(&owner, query, &middle.id())
            .await
            .unwrap();
        let expected = memory
            .neighbours(&owner, query, &middle.id())
            .await
            .unwrap();
        assert_eq!(found, expected, "{query:?} {:?}", middle.id());
    }
    for minutes in [-840, -1, 0, 59, 345, 840] {
        let offset = UtcOffset::from_minutes(minutes).unwrap();
        let span = TimeSpan {
            from: now() + TimeDelta::minutes(137),
            until: now() + TimeDelta::minutes(1_370),
        };
        let found = sqlite.counts(&owner, offset, span).await.unwrap();
        assert_eq!(found, memory.counts(&owner, offset, span).await.unwrap());
        assert_eq!((found.total(), found.in_span), (40, 18));
    }
}

/// Fills the store with so many generations, a second apart, each a copy of one that went all its steps.
async fn fill(path: &Path, number: i64) -> SqliteGenerationStore {
    let store = open(path).await;
    let first = made(&store, -1, "fal-ai/imagen4/preview", "1:1").await;
    let pool = beside(path).await;
    let copy = sqlx::query(
        "WITH RECURSIVE places (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM places WHERE n + 1 < $1), \
         copies AS (SELECT n, \
             printf('0192f0c1-d2e3-7abc-8def-%012x', n) AS id, \
             strftime('%Y-%m-%dT%H:%M:%S.000000Z', created_at, '+' || (n + 1) || ' seconds') AS created_at \
             FROM generations, places) \
         INSERT INTO generations (id, owner, created_at, updated_at, state, unfinished, model_used, request_id, \
             revision, record, kind, aspect_ratio, favourite) \
         SELECT c.id, g.owner, c.created_at, g.updated_at, g.state, g.unfinished, g.model_used, g.request_id, \
             g.revision, json_set(g.record, '$.id', c.id, '$.created_at', c.created_at), g.kind, g.aspect_ratio, \
             (c.n * 25 / $1) <> ((c.n - 1) * 25 / $1) \
         FROM copies c, generations g",
    );
    copy.bind(number).execute(&pool).await.unwrap();
    pool.close().await;
    store.hide(&user("7"), &first.id()).await.unwrap();
    store.remove(&user("7"), &first.id()).await.unwrap();
    store
}

/// Asks for a page of twenty, whose time is returned.
async fn time_of_a_page(
    store: &SqliteGenerationStore,
    query: &GalleryQuery,
    after: Option<Cursor>,
) -> Duration {
    let begun = Instant::now();
    let page = store.page(&user("7"), query, after, 20).await.unwrap();
    let time = begun.elapsed();
    assert_eq!(page.len(), 20);
    time
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_the_same_among_a_hundred_and_among_a_hundred_thousand() {
    let directory = tempfile::tempdir().unwrap();
    let few = fill(&directory.path().join("few.sqlite"), 100).await;
    let many = fill(&directory.path().join("many.sqlite"), 100_000).await;
    let favourites = GalleryQuery {
        favourites: true,
        ..all()
    };
    let imagen = GalleryQuery {
        kind: Some(GalleryKind::Imagen4),
        ..all()
    };
    let middle = |number: i64| Cursor {
        created_at: now() + TimeDelta::seconds(number / 2),
        id: format!("0192f0c1-d2e3-7abc-8def-{:012x}", number / 2)
            .parse()
            .unwrap(),
    };
    for (query, from_the_middle) in [
        (all(), false),
        (all(), true),
        (imagen, true),
        (favourites, false),
    ] {
        let (mut small, mut large) = (Duration::MAX, Duration::MAX);
        // In turn, so that a busy moment of the machine meets both.
        for _ in 0..100 {
            let after = |number| Some(middle(number)).filter(|_| from_the_middle);
            small = small.min(time_of_a_page(&few, &query, after(100)).await);
            large = large.min(time_of_a_page(&many, &query, after(100_000)).await);
        }
        let times = format!("{query:?}: {small:?} among 100, {large:?} among 100,000");
        assert!(large < Duration::from_millis(5), "{times}");
        assert!(large.as_secs_f64() / small.as_secs_f64() <= 1.3, "{times}");
    }
    assert_numbers(&many).await;
}

/// Asserts that the numbers of a hundred thousand are those that the filling leads to.
async fn assert_numbers(store: &SqliteGenerationStore) {
    let span = TimeSpan {
        from: now(),
        until: now() + TimeDelta::seconds(1_000),
    };
    let counts = store
        .counts(&user("7"), UtcOffset::UTC, span)
        .await
        .unwrap();
    let mut expected = GalleryCounts {
        favourites: 24,
        in_span: 1_000,
        last: Some(now() + TimeDelta::seconds(99_999)),
        ..GalleryCounts::default()
    };
    let second_of_day = usize::try_from(now().timestamp() % 86_400).unwrap();
    for second in 0..100_000 {
        expected.by_hour[(second_of_day + second) % 86_400 / 3_600] += 1;
    }
    assert_eq!(counts, expected);
    let newest = page(store, &all()).await[0];
    let beside = store.neighbours(&user("7"), &all(), &newest).await.unwrap();
    assert_eq!(
        (beside.previous, beside.position, beside.total),
        (None, Some(1), None)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_walked_without_repeat_or_skip_while_others_come_and_go() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let store = fill(&path, 10_000).await;
    let name = |number: i64| -> GenerationId {
        format!("0192f0c1-d2e3-7abc-8def-{number:012x}")
            .parse()
            .unwrap()
    };
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            let mut gone = BTreeSet::new();
            for number in (0..10_000).rev().step_by(150) {
                let id = name(number);
                store.hide(&user("7"), &id).await.unwrap();
                store.remove(&user("7"), &id).await.unwrap();
                gone.insert(id);
                made(&store, 20_000 + number, "fal-ai/imagen4/preview", "1:1").await;
            }
            gone
        }
    });
    let (mut seen, mut after) = (BTreeMap::new(), None);
    loop {
        let page = store.page(&user("7"), &all(), after, 50).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Cursor::of(&last.generation));
        for item in &page {
            let place = item.generation.created_at();
            assert_eq!(seen.insert(item.id(), place), None, "shown twice");
        }
    }
    let gone = writer.await.unwrap();
    let stayed = (0..10_000).map(name).filter(|id| !gone.contains(id));
    let skipped = stayed.filter(|id| !seen.contains_key(id));
    assert_eq!(skipped.count(), 0);
    assert!(gone.len() > 60);
}

#[tokio::test]
async fn every_filter_has_an_index_and_nothing_is_sorted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    open(&path).await.close().await;
    let pool = beside(&path).await;
    for (condition, index) in [
        ("", "gallery "),
        (" AND (created_at, id) < ('x', 'y')", "gallery "),
        (" AND created_at >= 'x' AND created_at < 'y'", "gallery "),
        (" AND favourite = 1", "gallery_favourites "),
        (" AND kind = 'imagen4'", "gallery_kind "),
        (" AND model_used = 'x'", "gallery_model "),
        (
            " AND aspect_ratio = '1:1' AND (created_at, id) < ('x', 'y')",
            "gallery_aspect_ratio ",
        ),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT record, favourite FROM generations WHERE owner = '7' \
             AND state = 'completed' AND hidden = 0{condition} ORDER BY created_at DESC, id DESC LIMIT 21"
        );
        let sql = sqlx::AssertSqlSafe(sql);
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
        let plan: Vec<_> = plan.into_iter().map(|row| row.3).collect();
        assert!(
            plan.iter()
                .any(|step| step.contains(&format!("INDEX {index}"))),
            "{plan:?}"
        );
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE")),
            "{plan:?}"
        );
    }
}
