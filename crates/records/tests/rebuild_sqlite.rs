//! The database is lost, and a new one is rebuilt from the pictures alone.

#![cfg(feature = "sqlite")]
use std::sync::Arc;

use imagen4_domain::testing::LostWorld;
use records::{SqliteGenerationStore, SqliteSettings};
use storage::pictures::{BucketMap, ManifestPolicy};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_generations_come_back_into_a_new_file() {
    let directory = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(directory.path().join("records.sqlite"));
    let store = SqliteGenerationStore::open(&settings).await.unwrap();
    let world = LostWorld::made(1000, BucketMap::default(), ManifestPolicy::default()).await;
    world
        .check_rebuilt(Arc::new(store), 500, str::to_owned)
        .await;
}
