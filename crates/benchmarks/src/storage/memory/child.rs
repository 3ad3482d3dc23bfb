//! The process whose memory is measured: it saves and prints how far it grew.

use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::future::join_all;
use futures_util::stream;
use storage::minio::{MinioSettings, MinioStore};
use storage::pictures::{
    BucketMap, FetchPolicy, GuardedFetch, PictureKind, PictureState, PictureStorage, RemotePicture,
    SaveRequest,
};
use storage::{Body, Metadata, ObjectStore, PutOptions, SystemClock};

use super::{MIB, pieces, usage};
use crate::shared::Outcome;
use crate::storage::servers::credentials;

/// Sixteen generations of four pictures each.
const SAVES: u8 = 16;
const PICTURES: u8 = 4;

/// Saves as told and prints by how many bytes the process grew at its peak.
pub(crate) async fn run(arguments: &[String]) -> Outcome {
    let [what, size, server] = arguments else {
        return Err("WHAT SIZE SERVER".into());
    };
    let (size, store) = (size.parse()?, Arc::new(store(server)?));
    let grown = if what == "pictures" {
        save_pictures(store, server, size).await?
    } else {
        put_object(&store, size, what == "known").await?
    };
    println!("{grown}");
    Ok(())
}

fn store(server: &str) -> Outcome<MinioStore> {
    let settings = MinioSettings::new(server.parse()?, credentials());
    Ok(MinioStore::new(&settings, Arc::new(SystemClock))?)
}

/// `budget` is in MiB.
async fn save_pictures(store: Arc<MinioStore>, server: &str, budget: u64) -> Outcome<u64> {
    let policy = FetchPolicy::default()
        .with_max_bytes(8 * MIB)
        .allow_loopback_http(server)?;
    let source = Arc::new(GuardedFetch::new(policy)?);
    let pictures = PictureStorage::new(store, source, BucketMap::default())
        .with_picture_cap(8 * MIB)
        .with_byte_budget(budget * MIB);
    pictures.ensure_buckets().await?;
    let before = usage::begin()?;
    let saves = (0..SAVES).map(|save| pictures.save(request(server, save)));
    for saved in join_all(saves).await.into_iter().flatten() {
        if !matches!(saved.state, PictureState::Stored(_)) {
            return Err(format!("a picture was not stored: {:?}", saved.state).into());
        }
    }
    Ok(usage::peak()?.saturating_sub(before))
}

fn request(server: &str, save: u8) -> SaveRequest {
    let remote = |number| RemotePicture {
        number,
        url: format!("{server}/{save}/{number}.png"),
        dies_at: None,
    };
    SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: format!("benchmark-{save}"),
        created_on: NaiveDate::default(),
        pictures: (1..=PICTURES).map(remote).collect(),
        metadata: Metadata::new(),
        provenance: None,
    }
}

async fn put_object(store: &MinioStore, mib: u64, known: bool) -> Outcome<u64> {
    let object = "imagen4/benchmark.bin".parse()?;
    // The connection and what the client keeps for it are no matter of the object's size.
    let warm = store.put(&object, "warm".into(), PutOptions::overwrite());
    warm.await?;
    let before = usage::begin()?;
    let length = known.then_some(mib * MIB);
    let body = Body::from_stream(stream::iter(pieces(mib)), length);
    store.put(&object, body, PutOptions::overwrite()).await?;
    Ok(usage::peak()?.saturating_sub(before))
}
