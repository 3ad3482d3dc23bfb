//! Pictures read back and compared with what was recorded of them.

use std::sync::Arc;

use bytes::Bytes;
use storage::pictures::testing::ScriptedSource;
use storage::pictures::{BucketMap, PictureStorage, StoredPicture, Verification};
use storage::testing::ManualClock;
use storage::{MemoryStore, ObjectStore, PutOptions, Sha256Digest, StorageErrorKind};

use super::{link, png, request, stored};

/// Longer than a block of any adapter, so that the bytes come in pieces.
fn picture() -> Bytes {
    png(&vec![7; 600_000])
}

/// The picture with one bit changed, far behind the first block.
fn flipped() -> Bytes {
    let mut bytes = picture().to_vec();
    let at = bytes.len() - 1000;
    bytes[at] ^= 0b0000_0100;
    bytes.into()
}

async fn saved_in(store: &Arc<dyn ObjectStore>, held: u64) -> (PictureStorage, StoredPicture) {
    let source = ScriptedSource::new().in_pieces(100_000);
    source.serve(&link(1), picture());
    let pictures = PictureStorage::new(Arc::clone(store), Arc::new(source), BucketMap::default())
        .with_held_size(held);
    pictures.ensure_buckets().await.unwrap();
    let saved = pictures.save(request(1)).await;
    (pictures, stored(&saved[0]).clone())
}

fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(MemoryStore::new(Arc::new(ManualClock::default())))
}

fn wrong_bytes() -> Verification {
    Verification::WrongBytes {
        expected: Sha256Digest::of(&picture()),
        found: Sha256Digest::of(&flipped()),
    }
}

fn wrong_size(found: usize) -> Verification {
    Verification::WrongSize {
        expected: picture().len() as u64,
        found: found as u64,
    }
}

#[tokio::test]
async fn what_was_not_touched_is_intact() {
    for held in [u64::MAX, 0] {
        let store = memory();
        let (pictures, saved) = saved_in(&store, held).await;
        let verified = pictures.verify(&saved).await.unwrap();
        assert_eq!(verified, Verification::Intact);
        let expected = if held == 0 {
            Verification::Unrecorded
        } else {
            Verification::Intact
        };
        let alone = pictures.verify_object(&saved.object).await.unwrap();
        assert_eq!(alone, expected);
    }
}

#[tokio::test]
async fn each_change_behind_our_back_is_found_in_memory() {
    let store = memory();
    let (pictures, saved) = saved_in(&store, u64::MAX).await;
    for (bytes, expected) in [
        (flipped(), wrong_bytes()),
        (picture().slice(1..), wrong_size(picture().len() - 1)),
        (Bytes::new(), wrong_size(0)),
    ] {
        // Somebody replaces the object together with its digest.
        let options = PutOptions::overwrite().with_sha256(Sha256Digest::of(&bytes));
        store
            .put(&saved.object, bytes.into(), options)
            .await
            .unwrap();
        assert_eq!(pictures.verify(&saved).await.unwrap(), expected);
        let alone = pictures.verify_object(&saved.object).await.unwrap();
        assert_eq!(alone, Verification::Intact);
    }
    store.delete(&saved.object).await.unwrap();
    let gone = Verification::Missing;
    assert_eq!(pictures.verify(&saved).await.unwrap(), gone);
    assert_eq!(pictures.verify_object(&saved.object).await.unwrap(), gone);
}

#[cfg(feature = "fs")]
#[tokio::test]
async fn each_change_behind_our_back_is_found_in_files() {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let files = storage::filesystem::FilesystemStore::open(root.path(), clock).unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(files);
    for held in [u64::MAX, 0] {
        let (pictures, saved) = saved_in(&store, held).await;
        let path = root.path().join(saved.object.to_string());
        assert_eq!(std::fs::read(&path).unwrap(), picture());
        for (bytes, expected) in [
            (flipped(), wrong_bytes()),
            (picture().slice(1..), wrong_size(picture().len() - 1)),
            (Bytes::new(), wrong_size(0)),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(pictures.verify(&saved).await.unwrap(), expected);
        }
        std::fs::write(&path, picture()).unwrap();
        let verified = pictures.verify(&saved).await.unwrap();
        assert_eq!(verified, Verification::Intact);
        std::fs::remove_file(&path).unwrap();
        let verified = pictures.verify(&saved).await.unwrap();
        assert_eq!(verified, Verification::Missing);
    }
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_not_read() {
    let store = memory();
    let (pictures, mut saved) = saved_in(&store, u64::MAX).await;
    saved.object = "elsewhere/a.png".parse().unwrap();
    let error = pictures.verify(&saved).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
    let error = pictures.verify_object(&saved.object).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
}
