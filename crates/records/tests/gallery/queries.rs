//! Every query: what it finds, and by which index.

use chrono::TimeDelta;
use imagen4_domain::testing::{completed, user};
use imagen4_domain::{
    Catalogue, Cursor, GalleryKind, GalleryQuery, GalleryStore, Generation, GenerationId,
    Imagen4Settings, MemoryGenerationStore, RequestDraft, TimeSpan, UtcOffset,
};
use records::SqliteGenerationStore;

use crate::{all, beside, now, open};

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
