//! What SQLite adds to the port: the file, several holders, and what is never written.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use imagen4_domain::testing::{request, step_to, user};
use imagen4_domain::{
    GalleryQuery, GalleryStore, Generation, GenerationId, GenerationStore, JournalEntry,
    StoreErrorKind, TimeSpan, UtcOffset,
};
use records::{SqliteGenerationStore, SqliteSettings};
use storage::StorageErrorKind;
use storage::pictures::PictureIndex;

const WELL: [&str; 4] = ["submitting", "submitted", "generated", "completed"];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

async fn open(path: &Path) -> SqliteGenerationStore {
    SqliteGenerationStore::open(&SqliteSettings::new(path))
        .await
        .unwrap()
}

async fn completed(store: &SqliteGenerationStore, second: i64) -> Generation {
    let at = now() + TimeDelta::seconds(second);
    let mut generation = Generation::new(GenerationId::new(at), user("7"), request(), at);
    store.create(&generation).await.unwrap();
    for step in WELL {
        let entry = JournalEntry::new(
            generation.updated_at() + TimeDelta::seconds(1),
            step_to(step),
        );
        let outcome = store
            .advance(
                generation.owner(),
                &generation.id(),
                generation.revision(),
                &entry,
            )
            .await;
        generation = outcome.unwrap();
    }
    generation
}

#[tokio::test]
async fn records_outlive_the_store_and_directories_are_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/records.sqlite");
    let store = open(&path).await;
    let generation = completed(&store, 0).await;
    store.close().await;

    let again = open(&path).await;
    assert_eq!(
        again.find(&user("7"), &generation.id()).await.unwrap(),
        Some(generation.clone())
    );
    assert_eq!(
        again
            .journal(&user("7"), &generation.id())
            .await
            .unwrap()
            .len(),
        5
    );
}

#[tokio::test]
async fn the_file_holds_no_signed_link() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let store = open(&path).await;
    for second in 0..20 {
        completed(&store, second).await;
    }
    let mut bytes = std::fs::read(directory.path().join("records.sqlite-wal")).unwrap();
    store.close().await;
    bytes.extend(std::fs::read(&path).unwrap());
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    // The search itself works: references to objects are there.
    assert!(holds("imagen4/2026/11/22/"));
    assert!(!holds("X-Amz-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_holders_of_the_file_one_advances() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let (one, two) = tokio::join!(open(&path), open(&path));
    let stores = [Arc::new(one), Arc::new(two)];
    let generation = Generation::new(GenerationId::new(now()), user("7"), request(), now());
    stores[0].create(&generation).await.unwrap();
    let entry = JournalEntry::new(now(), step_to("submitting"));

    let writers: Vec<_> = (0..8)
        .map(|n| {
            let (store, id, entry) = (Arc::clone(&stores[n % 2]), generation.id(), entry.clone());
            tokio::spawn(async move { store.advance(&user("7"), &id, 0, &entry).await })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Conflict, "{error:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(
        stores[1]
            .journal(&user("7"), &generation.id())
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn after_closing_every_call_answers_closed() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("records.sqlite")).await;
    store.close().await;
    store.close().await;
    let id = GenerationId::new(now());
    let generation = Generation::new(id, user("7"), request(), now());
    let entry = JournalEntry::new(now(), step_to("submitting"));
    let kinds = [
        store.create(&generation).await.unwrap_err().kind(),
        store
            .advance(&user("7"), &id, 0, &entry)
            .await
            .unwrap_err()
            .kind(),
        store.find(&user("7"), &id).await.unwrap_err().kind(),
        store.recent(&user("7"), 1, None).await.unwrap_err().kind(),
        store.journal(&user("7"), &id).await.unwrap_err().kind(),
        store.unfinished(now(), 1).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::Closed; 6]);
    let (all, user) = (GalleryQuery::default(), user("7"));
    let span = TimeSpan {
        from: now(),
        until: now(),
    };
    let counts = store.counts(&user, UtcOffset::UTC, span).await;
    let kinds = [
        store.page(&user, &all, None, 1).await.unwrap_err().kind(),
        store.neighbours(&user, &all, &id).await.unwrap_err().kind(),
        store.item(&user, &id).await.unwrap_err().kind(),
        counts.unwrap_err().kind(),
        store
            .set_favourite(&user, &id, true)
            .await
            .unwrap_err()
            .kind(),
        store.hide(&user, &id).await.unwrap_err().kind(),
        store.remove(&user, &id).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::Closed; 7]);
}

#[tokio::test]
async fn what_is_no_database_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let text = "this is no database at all, and long enough to be looked at ".repeat(20);
    std::fs::write(&path, &text).unwrap();
    let error = SqliteGenerationStore::open(&SqliteSettings::new(&path))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_place_where_no_file_can_be_is_a_wrong_setting() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for path in [file.join("records.sqlite"), directory.path().to_owned()] {
        let error = SqliteGenerationStore::open(&SqliteSettings::new(path))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Config, "{error:?}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    open(&path).await.close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    sqlx::query("INSERT INTO schema_version (version) VALUES (99)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let error = SqliteGenerationStore::open(&SqliteSettings::new(&path))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Config);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("form 99"), "{cause}");
}

#[tokio::test]
async fn a_record_that_was_spoilt_is_corrupt_and_quotes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let store = open(&path).await;
    let generation = completed(&store, 0).await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    sqlx::query("UPDATE generations SET record = $1")
        .bind("{\"id\":\"canary\"}")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let error = store.find(&user("7"), &generation.id()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn the_durable_pragmas_are_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.sqlite");
    let store = open(&path).await;
    completed(&store, 0).await;
    // WAL is a property of the file, so another connection sees it.
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
    let pictures: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pictures")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(pictures, 3);
    pool.close().await;
}

#[tokio::test]
async fn the_picture_index_fails_after_the_store_was_closed_and_never_answers_that_nothing_is_known()
 {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("records.sqlite")).await;
    let index = store.picture_index();
    let object = "imagen4/2026/03/01/a_1.png".parse().unwrap();
    assert_eq!(index.find(std::slice::from_ref(&object)).await.unwrap(), []);
    store.close().await;
    let find = index.find(&[object]).await.unwrap_err();
    assert_eq!(find.kind(), StorageErrorKind::Config);
    assert!(index.buckets().await.is_err());
    assert!(
        index
            .page(&"imagen4".parse().unwrap(), None, 10)
            .await
            .is_err()
    );
}
