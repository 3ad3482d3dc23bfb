//! Metadata whose bytes are gone: what a crash in the middle of a delete leaves.
//!
//! A delete removes the bytes first, so nobody sees the object any more; but its small file of metadata stays until
//! the same key is put or deleted again, and most keys never are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::classify;
use super::disk::{Disk, Found, is_real_directory};
use super::record::Records;
use crate::error::Result;
use crate::name::{BucketName, ObjectRef};

/// What [`FilesystemStore::remove_left_overs`](super::FilesystemStore::remove_left_overs) met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOvers {
    /// Files of metadata that were removed, since their bytes are gone.
    pub removed: u64,
    /// Files of metadata that belong to bytes which are there.
    pub in_use: u64,
    /// Files that are none of ours, and stay.
    pub foreign: u64,
}

impl Disk {
    /// Removes the metadata in `bucket` that belongs to no bytes.
    pub(super) fn remove_left_overs(&self, bucket: &BucketName) -> Result<LeftOvers> {
        self.check_bucket("remove_left_overs", bucket)?;
        let failed = |cause| classify::error("remove_left_overs", bucket, cause);
        let mut met = LeftOvers::default();
        let top = self.layout.meta_bucket(bucket);
        if !is_real_directory(&top) {
            return Ok(met);
        }
        let mut open = vec![fs::read_dir(top).map_err(failed)?];
        while let Some(directory) = open.last_mut() {
            let Some(entry) = directory.next() else {
                open.pop();
                continue;
            };
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                match fs::read_dir(entry.path()) {
                    Ok(names) => open.push(names),
                    // A delete has removed it meanwhile.
                    Err(cause) if classify::is_absent(&cause) => {}
                    Err(cause) => return Err(failed(cause)),
                }
            } else if kind.is_file() {
                self.look_at(bucket, &entry.path(), &mut met)?;
            } else {
                met.foreign += 1;
            }
        }
        Ok(met)
    }

    fn look_at(&self, bucket: &BucketName, meta: &Path, met: &mut LeftOvers) -> Result<()> {
        let failed = |cause| classify::error("remove_left_overs", bucket, cause);
        if self
            .data_of(bucket, meta)
            .is_some_and(|data| data.symlink_metadata().is_ok())
        {
            met.in_use += 1;
            return Ok(());
        }
        let object = match self.named_in(bucket, meta) {
            Ok(Some(object)) => object,
            Ok(None) => {
                met.foreign += 1;
                return Ok(());
            }
            Err(cause) if classify::is_absent(&cause) => return Ok(()),
            Err(cause) => return Err(failed(cause)),
        };
        // A put writes the metadata first and then names the bytes, and holds the lock over both.
        let _lock = self.lock(&object).map_err(failed)?;
        if let Found::Bytes(_) = self.look("remove_left_overs", &object)? {
            met.in_use += 1;
            return Ok(());
        }
        self.remove_meta(&object).map_err(failed)?;
        met.removed += 1;
        Ok(())
    }

    /// Returns where the bytes are that a file of metadata belongs to.
    fn data_of(&self, bucket: &BucketName, meta: &Path) -> Option<PathBuf> {
        let below = meta.strip_prefix(self.layout.meta_bucket(bucket)).ok()?;
        let name = below.to_str()?.strip_suffix(".json")?;
        Some(self.layout.bucket(bucket).join(name))
    }

    /// Returns the object that a file of metadata names, if the file is where that object's metadata is.
    fn named_in(&self, bucket: &BucketName, meta: &Path) -> io::Result<Option<ObjectRef>> {
        let text = fs::read(meta)?;
        let Ok(records) = serde_json::from_slice::<Records>(&text) else {
            return Ok(None);
        };
        let key = records.key().parse().ok();
        let object = key.map(|key| ObjectRef::new(bucket.clone(), key));
        Ok(object.filter(|object| self.layout.meta(object) == meta))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::filesystem::FilesystemStore;
    use crate::options::PutOptions;
    use crate::store::ObjectStore;

    fn object(key: &str) -> ObjectRef {
        format!("bucket/{key}").parse().unwrap()
    }

    async fn store(root: &Path) -> FilesystemStore {
        let store = FilesystemStore::open(root, Arc::new(SystemClock)).unwrap();
        let store = store.with_fsync(false);
        store.ensure_bucket(&object("a").bucket).await.unwrap();
        store
    }

    async fn put(store: &FilesystemStore, key: &str) {
        let options = PutOptions::create_only().with_content_type("image/png");
        store
            .put(&object(key), "abc".into(), options)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_a_crash_in_a_delete_leaves_is_removed_and_nothing_else_is() {
        let root = tempfile::tempdir().unwrap();
        let store = store(root.path()).await;
        let long = "l".repeat(300);
        for key in ["a/b/gone.png", "a", "v1.2/odd name%", &long, "a/kept.png"] {
            put(&store, key).await;
        }
        // A process dies between the two steps of a delete.
        for key in ["a/b/gone.png", "a", "v1.2/odd name%", &long] {
            fs::remove_file(store.disk().layout.data(&object(key))).unwrap();
        }
        let by_hand = root.path().join(".meta/bucket/a/by-hand.json");
        fs::write(&by_hand, "{}").unwrap();

        let met = store.remove_left_overs(&object("a").bucket).await.unwrap();
        let expected = LeftOvers {
            removed: 4,
            in_use: 1,
            foreign: 1,
        };
        assert_eq!(met, expected);
        assert!(by_hand.exists() && !root.path().join(".meta/bucket/v1%2E2").exists());
        let kept = store.head(&object("a/kept.png")).await.unwrap();
        assert_eq!(kept.content_type.as_deref(), Some("image/png"));
        let again = store.remove_left_overs(&object("a").bucket).await.unwrap();
        assert_eq!((again.removed, again.in_use), (0, 1));
    }

    #[tokio::test]
    async fn metadata_of_a_put_that_is_under_way_stays() {
        let root = tempfile::tempdir().unwrap();
        let store = Arc::new(store(root.path()).await);
        for round in 0..40 {
            let key = format!("a/{round}.png");
            let (putting, bucket) = (Arc::clone(&store), object("a").bucket);
            let name = key.clone();
            let put = tokio::spawn(async move { put(&putting, &name).await });
            store.remove_left_overs(&bucket).await.unwrap();
            put.await.unwrap();
            let info = store.head(&object(&key)).await.unwrap();
            assert_eq!(info.content_type.as_deref(), Some("image/png"), "{key}");
        }
    }
}
