//! What SQLite adds to the galleries: old databases, large ones, and what is left of what was removed.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod files;
mod large;
mod queries;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use imagen4_domain::testing::{completed, user};
use imagen4_domain::{
    Catalogue, GalleryItem, GalleryQuery, GalleryStore, Generation, GenerationId, Imagen4Settings,
    RequestDraft,
};
use records::{SqliteGenerationStore, SqliteSettings};
use sqlx::SqlitePool;

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
