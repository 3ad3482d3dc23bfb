//! Old databases, and what a file keeps.

use std::path::Path;

use imagen4_domain::testing::{completed, request, user};
use imagen4_domain::{
    Catalogue, GalleryKind, GalleryQuery, GalleryStore, Generation, GenerationId, GenerationStore,
    Imagen4Settings, RequestDraft,
};
use sqlx::SqlitePool;

use crate::{all, beside, made, now, open, page};

/// The form of the database before there were galleries.
const FIRST_FORM: &str = include_str!("../../migrations/0001_generations.sql");

async fn execute(pool: &SqlitePool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
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
