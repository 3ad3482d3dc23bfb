//! The record store in SQLite keeps the rules of the port.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use imagen4_domain::testing::conformance::{GalleryFixture, StoreFixture};
use imagen4_domain::testing::{request, step_to, user};
use imagen4_domain::{
    Generation, GenerationStore, JournalEntry, Picture, PictureState, Step, StoredPicture,
};
use records::{SqliteGenerationStore, SqliteSettings};
use storage::Sha256Digest;
use storage::pictures::KnownPicture;
use storage::pictures::testing::index_conformance::IndexFixture;

async fn fixture() -> StoreFixture {
    let directory = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(directory.path().join("records.sqlite"));
    let store = SqliteGenerationStore::open(&settings).await.unwrap();
    StoreFixture::keeping(store, directory)
}

async fn gallery() -> GalleryFixture {
    let directory = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(directory.path().join("records.sqlite"));
    let store = SqliteGenerationStore::open(&settings).await.unwrap();
    GalleryFixture::keeping(store, directory)
}

mod sqlite {
    imagen4_domain::generation_store_conformance!(
        #[tokio::test(flavor = "multi_thread")]
        fixture = super::fixture().await
    );
}

mod galleries {
    imagen4_domain::gallery_store_conformance!(
        #[tokio::test(flavor = "multi_thread")]
        fixture = super::gallery().await
    );
}

/// Records that name the pictures that the index is to know, and the index over them.
async fn index(known: Vec<KnownPicture>) -> IndexFixture {
    let directory = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::new(directory.path().join("records.sqlite"));
    let store = SqliteGenerationStore::open(&settings).await.unwrap();
    let mut records: BTreeMap<String, Vec<KnownPicture>> = BTreeMap::new();
    for picture in known {
        records
            .entry(picture.record_id.clone())
            .or_default()
            .push(picture);
    }
    for (id, pictures) in records {
        completed(&store, &id, &pictures).await;
    }
    let index = Arc::new(store.picture_index());
    IndexFixture::keeping(index, (store, directory))
}

mod picture_index {
    storage::picture_index_conformance!(fixture = super::index);
}

/// Records a generation of this id that ended with these pictures.
async fn completed(store: &SqliteGenerationStore, id: &str, pictures: &[KnownPicture]) {
    let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let owner = user(&pictures[0].owner);
    let mut now = Generation::new(id.parse().unwrap(), owner, request(), at);
    store.create(&now).await.unwrap();
    let pictures = pictures.iter().map(stored).collect();
    let steps = ["submitting", "submitted", "generated"].map(step_to);
    for step in steps.into_iter().chain([Step::Completed { pictures }]) {
        let entry = JournalEntry::new(now.updated_at() + TimeDelta::seconds(1), step);
        let id = now.id();
        let advanced = store.advance(now.owner(), &id, now.revision(), &entry);
        now = advanced.await.unwrap();
    }
}

fn stored(picture: &KnownPicture) -> Picture {
    let state = PictureState::Stored(StoredPicture {
        object: picture.object.clone(),
        content_type: "image/png".to_owned(),
        size_bytes: 3,
        sha256: Sha256Digest::of(b"abc"),
        width: 1,
        height: 1,
    });
    let number = picture.number;
    Picture { number, state }
}
