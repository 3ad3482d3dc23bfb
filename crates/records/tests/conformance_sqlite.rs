//! The record store in SQLite keeps the rules of the port.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use imagen4_domain::testing::conformance::StoreFixture;
use records::{SqliteGenerationStore, SqliteSettings};

async fn fixture() -> StoreFixture {
    let directory = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(directory.path().join("records.sqlite"));
    let store = SqliteGenerationStore::open(&settings).await.unwrap();
    StoreFixture::keeping(store, directory)
}

mod sqlite {
    imagen4_domain::generation_store_conformance!(
        #[tokio::test(flavor = "multi_thread")]
        fixture = super::fixture().await
    );
}
