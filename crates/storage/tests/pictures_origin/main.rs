//! Where pictures come from: the manifests beside them, what a bucket tells by itself, and earlier records.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]
#![expect(
    clippy::clone_on_ref_ptr,
    reason = "`Arc::clone` does not turn into an `Arc` of the port"
)]

mod import;
mod layouts;
mod manifest;
mod stalling;
mod survey;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{
    BucketMap, ImageFormat, PictureKind, PictureState, PictureStorage, Provenance, RemotePicture,
    SaveRequest, SavedPicture, StoredPicture,
};
use storage::testing::{CountingStore, FailingStore, ManualClock};
use storage::{GetOptions, ListOptions, MemoryStore, Metadata, ObjectRef, ObjectStore};

type Store = Arc<FailingStore<CountingStore<MemoryStore>>>;

struct World {
    store: Store,
    source: Arc<ScriptedSource>,
    pictures: PictureStorage,
}

async fn world() -> World {
    world_with(BucketMap::default()).await
}

async fn world_with(buckets: BucketMap) -> World {
    let memory = MemoryStore::new(Arc::new(ManualClock::default()));
    let store = Arc::new(FailingStore::new(CountingStore::new(memory)));
    let source = Arc::new(ScriptedSource::new());
    let pictures = PictureStorage::new(store.clone(), source.clone(), buckets)
        .with_hosts(["http://minio:9000".parse().unwrap()]);
    pictures.ensure_buckets().await.unwrap();
    World {
        store,
        source,
        pictures,
    }
}

fn picture(filler: &[u8]) -> Bytes {
    sample_picture(ImageFormat::Png, 1024, 768, filler)
}

fn provenance(pictures: u8) -> Provenance {
    Provenance {
        owner: "tg:7".to_owned(),
        pictures,
        created_at: "2026-03-01T23:59:58.123456Z".parse().unwrap(),
        submitted_at: Some("2026-03-01T23:59:59Z".parse().unwrap()),
        generated_at: Some("2026-03-02T00:00:10.5Z".parse().unwrap()),
        model_asked: "fal-ai/imagen4/preview".to_owned(),
        model_used: "fal-ai/nano-banana".to_owned(),
        request_id: Some("job-1".to_owned()),
        billable_micros: Some(1_000_000),
        seed: Some(7),
        prompt: "a lighthouse at dawn".to_owned(),
        negative_prompt: Some("people".to_owned()),
        inputs: BTreeMap::from([
            ("aspect_ratio".to_owned(), "16:9".to_owned()),
            (
                "image_url".to_owned(),
                "https://canary.test/a.png".to_owned(),
            ),
        ]),
    }
}

/// Returns a request for the pictures of a generation, whose links hold what must not be seen again.
fn request(world: &World, id: &str, count: u8) -> SaveRequest {
    let remote = |number| {
        let url = format!("https://v3.fal.media/canary/{id}-{number}.png?X-Amz-Signature=canary");
        let filler = format!("{id}-{number}");
        world.source.serve(&url, picture(filler.as_bytes()));
        RemotePicture {
            number,
            url,
            dies_at: Some(DateTime::UNIX_EPOCH),
        }
    };
    SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: id.to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        pictures: (1..=count).map(remote).collect(),
        metadata: Metadata::new(),
        provenance: Some(provenance(count)),
    }
}

fn stored(picture: &SavedPicture) -> &StoredPicture {
    match &picture.state {
        PictureState::Stored(stored) => stored,
        other => panic!("picture {} is {other:?}", picture.number),
    }
}

/// Returns the place of the manifest of `picture`.
fn beside(picture: &ObjectRef) -> ObjectRef {
    format!("{picture}.json").parse().unwrap()
}

async fn read(store: &Store, object: &ObjectRef) -> Bytes {
    let object = store.get(object, GetOptions::default()).await.unwrap();
    object.body.collect(1 << 20).await.unwrap()
}

async fn keys(store: &Store, bucket: &str) -> Vec<String> {
    let bucket = bucket.parse().unwrap();
    let page = store.list(&bucket, ListOptions::default()).await.unwrap();
    page.entries
        .iter()
        .map(|entry| entry.key.to_string())
        .collect()
}
