//! What only the filesystem adapter promises: visible files, crashes, strangers in the directory.
#![cfg(feature = "fs")]
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use storage::filesystem::FilesystemStore;
use storage::testing::ManualClock;
use storage::{
    GetOptions, ListOptions, ObjectRef, ObjectStore, PutOptions, StorageError, StorageErrorKind,
};

const PICTURE: &str = "imagen4/2026/01/31/0190b7a4_1.png";

fn open(root: &Path) -> FilesystemStore {
    FilesystemStore::open(root, Arc::new(ManualClock::default())).unwrap()
}

async fn opened() -> (tempfile::TempDir, FilesystemStore) {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path());
    let bucket = "imagen4".parse().unwrap();
    store.ensure_bucket(&bucket).await.unwrap();
    (root, store)
}

fn object(text: &str) -> ObjectRef {
    text.parse().unwrap()
}

fn png() -> PutOptions {
    PutOptions::overwrite().with_content_type("image/png")
}

async fn read(
    store: &FilesystemStore,
    text: &str,
) -> Result<(String, Option<String>), StorageError> {
    let got = store.get(&object(text), GetOptions::default()).await?;
    let bytes = got.body.collect(1 << 20).await?;
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Ok((text, got.info.content_type))
}

async fn names(store: &FilesystemStore) -> Vec<String> {
    let bucket = "imagen4".parse().unwrap();
    let page = store.list(&bucket, ListOptions::default()).await.unwrap();
    let name = |entry: storage::ListEntry| entry.key.to_string();
    page.entries.into_iter().map(name).collect()
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_picture_is_a_file_at_its_key() {
    let (root, store) = opened().await;
    store
        .put(&object(PICTURE), "bytes".into(), png())
        .await
        .unwrap();
    let path = root.path().join(PICTURE);
    assert_eq!(fs::read_to_string(path).unwrap(), "bytes");
    assert!(files(&root.path().join(".tmp")).is_empty());
}

#[tokio::test]
async fn a_delete_leaves_no_file_and_no_directory() {
    let (root, store) = opened().await;
    let neighbour = object("imagen4/2026/01/30/a_1.png");
    for object in [&object(PICTURE), &neighbour] {
        store.put(object, "bytes".into(), png()).await.unwrap();
    }
    store.delete(&object(PICTURE)).await.unwrap();
    assert!(!root.path().join("imagen4/2026/01/31").exists());
    assert_eq!(files(&root.path().join(".meta")).len(), 1);
    store.delete(&neighbour).await.unwrap();
    assert!(
        fs::read_dir(root.path().join("imagen4"))
            .unwrap()
            .next()
            .is_none()
    );
    assert!(files(&root.path().join(".meta")).is_empty());
    assert!(files(&root.path().join(".tmp")).is_empty());
}

#[tokio::test]
async fn an_object_outlives_the_store() {
    let (root, store) = opened().await;
    store
        .put(&object(PICTURE), "bytes".into(), png())
        .await
        .unwrap();
    let before = store.head(&object(PICTURE)).await.unwrap();
    drop(store);
    let store = open(root.path());
    assert_eq!(store.head(&object(PICTURE)).await.unwrap(), before);
}

/// A crash between the two renames of an overwrite: the metadata is new already, the bytes are old.
#[tokio::test]
async fn a_crash_between_metadata_and_bytes_shows_the_old_object() {
    let (root, store) = opened().await;
    store
        .put(&object(PICTURE), "old".into(), png())
        .await
        .unwrap();
    let data = root.path().join(PICTURE);
    let kept = root.path().join("kept");
    // A link keeps the old file with its time, as it stood before the second rename.
    fs::hard_link(&data, &kept).unwrap();
    let gif = PutOptions::overwrite().with_content_type("image/gif");
    store
        .put(&object(PICTURE), "new".into(), gif)
        .await
        .unwrap();
    let (bytes, content_type) = read(&store, PICTURE).await.unwrap();
    assert_eq!(
        (&*bytes, content_type.as_deref()),
        ("new", Some("image/gif"))
    );

    fs::rename(&kept, &data).unwrap();
    let (bytes, content_type) = read(&store, PICTURE).await.unwrap();
    assert_eq!(
        (&*bytes, content_type.as_deref()),
        ("old", Some("image/png"))
    );
}

/// A crash before the bytes of a new object got their name.
#[tokio::test]
async fn metadata_without_bytes_is_no_object() {
    let (root, store) = opened().await;
    store
        .put(&object(PICTURE), "bytes".into(), png())
        .await
        .unwrap();
    fs::remove_file(root.path().join(PICTURE)).unwrap();
    let error = store.head(&object(PICTURE)).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::NotFound);
    assert!(names(&store).await.is_empty());
    let again = PutOptions::create_only().with_content_type("image/gif");
    store
        .put(&object(PICTURE), "again".into(), again)
        .await
        .unwrap();
    let (_, content_type) = read(&store, PICTURE).await.unwrap();
    assert_eq!(content_type.as_deref(), Some("image/gif"));
}

#[tokio::test]
async fn a_file_put_there_by_hand_is_an_object_without_type() {
    let (root, store) = opened().await;
    store
        .put(&object(PICTURE), "ours".into(), png())
        .await
        .unwrap();
    fs::write(root.path().join(PICTURE), "changed by hand").unwrap();
    let (bytes, content_type) = read(&store, PICTURE).await.unwrap();
    assert_eq!((&*bytes, content_type), ("changed by hand", None));
    fs::write(root.path().join("imagen4/by-hand.png"), "x").unwrap();
    fs::write(root.path().join("imagen4/.DS_Store"), "x").unwrap();
    fs::write(root.path().join("imagen4/README"), "x").unwrap();
    assert_eq!(
        names(&store).await,
        ["2026/01/31/0190b7a4_1.png", "by-hand.png"]
    );
}

#[tokio::test]
async fn unreadable_metadata_is_told_and_can_be_replaced() {
    let (root, store) = opened().await;
    store
        .put(&object(PICTURE), "one".into(), png())
        .await
        .unwrap();
    let meta = root.path().join(format!(".meta/{PICTURE}.json"));
    fs::write(&meta, "{").unwrap();
    let error = store.head(&object(PICTURE)).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Corrupt);
    store
        .put(&object(PICTURE), "two".into(), png())
        .await
        .unwrap();
    assert_eq!(read(&store, PICTURE).await.unwrap().0, "two");
}

#[cfg(unix)]
#[tokio::test]
async fn symbolic_links_lead_nowhere() {
    use std::os::unix::fs::symlink;

    let (root, store) = opened().await;
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    let bucket = root.path().join("imagen4");
    symlink(outside.path(), bucket.join("out")).unwrap();
    symlink(outside.path().join("secret.txt"), bucket.join("file.txt")).unwrap();
    symlink(outside.path(), root.path().join("linked")).unwrap();

    for text in [
        "imagen4/out/secret.txt",
        "imagen4/file.txt",
        "linked/secret.txt",
    ] {
        let error = read(&store, text).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Denied, "{text}");
        assert!(store.delete(&object(text)).await.is_err(), "{text}");
        assert!(
            store.put(&object(text), "x".into(), png()).await.is_err(),
            "{text}"
        );
    }
    let below = object("imagen4/out/new/a.png");
    assert!(store.put(&below, "x".into(), png()).await.is_err());
    assert_eq!(files(outside.path()).len(), 1);
    assert_eq!(
        fs::read_to_string(outside.path().join("secret.txt")).unwrap(),
        "secret"
    );
    assert!(names(&store).await.is_empty());
    let linked = store.ensure_bucket(&"linked".parse().unwrap()).await;
    assert_eq!(linked.unwrap_err().kind(), StorageErrorKind::Denied);
}

/// Locks and exclusive links belong to open files, so two stores stand for two processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_stores_on_one_root_one_creates() {
    let (root, one) = opened().await;
    let stores = [Arc::new(one), Arc::new(open(root.path()))];
    for round in 0..20 {
        let target = object(&format!("imagen4/a/{round}.png"));
        let race = (0..8).map(|racer| {
            let store = Arc::clone(&stores[racer % 2]);
            let target = target.clone();
            tokio::spawn(async move {
                let body = format!("racer {racer}").into_bytes().into();
                store.put(&target, body, PutOptions::create_only()).await
            })
        });
        let mut won = 0;
        for racer in race.collect::<Vec<_>>() {
            match racer.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert_eq!(error.kind(), StorageErrorKind::AlreadyExists),
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
}

#[tokio::test]
async fn an_overwrite_within_the_same_second_has_another_tag() {
    let (_root, store) = opened().await;
    let mut tags = Vec::new();
    for _ in 0..10 {
        let receipt = store
            .put(&object(PICTURE), "same".into(), png())
            .await
            .unwrap();
        tags.push(receipt.etag.unwrap());
    }
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 10);
}

#[tokio::test]
async fn debug_shows_where_the_files_are() {
    let (root, store) = opened().await;
    let real = fs::canonicalize(root.path()).unwrap();
    assert!(format!("{store:?}").contains(real.to_str().unwrap()));
}
