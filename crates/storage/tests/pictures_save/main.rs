//! Saving pictures: nothing is lost, nothing is stored twice, nothing is replaced.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

mod buckets;
#[cfg(all(feature = "http", feature = "minio"))]
mod dropped;
#[cfg(feature = "minio")]
mod failing_server;
mod limits;
mod once;
mod retried;
mod saving;
mod streamed;
mod verified;
#[cfg(all(feature = "http", feature = "minio"))]
mod wire;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta};
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{
    BucketMap, ImageFormat, PictureKind, PictureState, PictureStorage, RemotePicture, SaveRequest,
    SavedPicture, StoredPicture,
};
use storage::testing::{CountingStore, FailingStore, ManualClock};
use storage::{GetOptions, MemoryStore, Metadata, ObjectRef};

type Store = Arc<FailingStore<CountingStore<MemoryStore>>>;

struct Fixture {
    store: Store,
    source: Arc<ScriptedSource>,
    pictures: PictureStorage,
}

async fn fixture() -> Fixture {
    fixture_with(ScriptedSource::new()).await
}

async fn fixture_with(source: ScriptedSource) -> Fixture {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let store = Arc::new(FailingStore::new(CountingStore::new(memory)));
    let source = Arc::new(source);
    let pictures = PictureStorage::new(store.clone(), source.clone(), BucketMap::default());
    pictures.ensure_buckets().await.unwrap();
    Fixture {
        store,
        source,
        pictures,
    }
}

fn link(number: u8) -> String {
    format!("https://v3.fal.media/files/canary-{number}.png?sig=canary")
}

fn request(count: u8) -> SaveRequest {
    let dies_at = DateTime::UNIX_EPOCH + TimeDelta::days(7);
    let remote = |number| RemotePicture {
        number,
        url: link(number),
        dies_at: Some(dies_at),
    };
    SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: "0190-abc".to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        pictures: (1..=count).map(remote).collect(),
        metadata: Metadata::new().with("generation", "0190-abc").unwrap(),
        provenance: None,
    }
}

fn png(filler: &[u8]) -> Bytes {
    sample_picture(ImageFormat::Png, 1024, 768, filler)
}

fn serve(source: &ScriptedSource, count: u8) {
    for number in 1..=count {
        source.serve(&link(number), png(&[number]));
    }
}

fn stored(picture: &SavedPicture) -> &StoredPicture {
    match &picture.state {
        PictureState::Stored(stored) => stored,
        other => panic!("picture {} is {other:?}", picture.number),
    }
}

fn reason(picture: &SavedPicture) -> &str {
    match &picture.state {
        PictureState::ProviderFallback(fallback) => &fallback.reason,
        other => panic!("picture {} is {other:?}", picture.number),
    }
}

async fn read(pictures: &PictureStorage, object: &ObjectRef) -> Bytes {
    let object = pictures.open(object, GetOptions::default()).await.unwrap();
    object.body.collect(1 << 20).await.unwrap()
}
