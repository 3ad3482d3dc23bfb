//! Names are written through to the disk: of every change the directory that names it, and after the change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::FilesystemStore;
use crate::clock::SystemClock;
use crate::name::ObjectRef;
use crate::options::PutOptions;
use crate::store::ObjectStore;

/// A directory that was written through, with the names that were in it then.
type Sight = (PathBuf, Vec<String>);

/// Sees every directory that is written through.
#[derive(Debug, Clone, Default)]
pub(super) struct Witness(Arc<Mutex<Vec<Sight>>>);

impl Witness {
    pub(super) fn note(&self, directory: &Path) {
        let names = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = names
            .map(|name| name.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((directory.to_path_buf(), names));
    }

    fn take(&self) -> Vec<Sight> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the names that the last write-through of a directory has put on the disk.
fn last_names(seen: &[Sight], root: &Path, directory: &str) -> Option<Vec<String>> {
    let path = root.join(directory);
    let mut sights = seen.iter().rev();
    sights
        .find(|(at, _)| *at == path)
        .map(|(_, names)| names.clone())
}

struct Scene {
    root: PathBuf,
    store: FilesystemStore,
    _directory: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = FilesystemStore::open(directory.path(), Arc::new(SystemClock)).unwrap();
        let scene = Self {
            root: fs::canonicalize(directory.path()).unwrap(),
            store,
            _directory: directory,
        };
        scene.store.ensure_bucket(&object().bucket).await.unwrap();
        scene
    }

    async fn put(&self, options: PutOptions) -> Vec<Sight> {
        self.store.disk().witness.take();
        self.store
            .put(&object(), "abc".into(), options)
            .await
            .unwrap();
        self.store.disk().witness.take()
    }
}

fn object() -> ObjectRef {
    "bucket/a/b/c.png".parse().unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_put_writes_every_name_on_its_way_through() {
    let scene = Scene::new().await;
    let seen = scene.put(PutOptions::create_only()).await;
    for (directory, inside) in [
        ("bucket", "a"),
        ("bucket/a", "b"),
        ("bucket/a/b", "c.png"),
        (".meta", "bucket"),
        (".meta/bucket", "a"),
        (".meta/bucket/a", "b"),
        (".meta/bucket/a/b", "c.png.json"),
    ] {
        let last = last_names(&seen, &scene.root, directory);
        assert_eq!(last, Some(names(&[inside])), "{directory}");
    }
    // The metadata is on the disk before the bytes have their name.
    let place = |directory: &str| {
        seen.iter()
            .rposition(|(at, _)| *at == scene.root.join(directory))
    };
    assert!(place(".meta/bucket/a/b") < place("bucket/a/b"));
}

#[tokio::test]
async fn an_overwrite_writes_both_directories_through() {
    let scene = Scene::new().await;
    scene.put(PutOptions::create_only()).await;
    let seen = scene.put(PutOptions::overwrite()).await;
    let paths: Vec<_> = seen.iter().map(|(path, _)| path.clone()).collect();
    let expected = [".meta/bucket/a/b", "bucket/a/b"].map(|path| scene.root.join(path));
    assert_eq!(paths, expected);
}

#[tokio::test]
async fn a_delete_writes_through_that_the_names_are_gone() {
    let scene = Scene::new().await;
    scene.put(PutOptions::create_only()).await;
    let neighbour: ObjectRef = "bucket/a/d.png".parse().unwrap();
    let options = PutOptions::create_only();
    scene
        .store
        .put(&neighbour, "abc".into(), options)
        .await
        .unwrap();
    scene.store.disk().witness.take();
    scene.store.delete(&object()).await.unwrap();
    let seen = scene.store.disk().witness.take();
    assert_eq!(
        last_names(&seen, &scene.root, "bucket/a"),
        Some(names(&["d.png"]))
    );
    assert_eq!(
        last_names(&seen, &scene.root, ".meta/bucket/a"),
        Some(names(&["d.png.json"]))
    );

    scene.store.delete(&neighbour).await.unwrap();
    let seen = scene.store.disk().witness.take();
    assert_eq!(last_names(&seen, &scene.root, "bucket"), Some(names(&[])));
    assert_eq!(
        last_names(&seen, &scene.root, ".meta/bucket"),
        Some(names(&[]))
    );
}

#[tokio::test]
async fn a_new_bucket_is_written_through_and_nothing_is_without_fsync() {
    let scene = Scene::new().await;
    let seen = scene.store.disk().witness.take();
    let last = last_names(&seen, &scene.root, "").unwrap();
    assert!(last.contains(&"bucket".to_owned()), "{last:?}");

    let directory = tempfile::tempdir().unwrap();
    let store = FilesystemStore::open(directory.path(), Arc::new(SystemClock)).unwrap();
    let store = store.with_fsync(false);
    store.ensure_bucket(&object().bucket).await.unwrap();
    store
        .put(&object(), "abc".into(), PutOptions::create_only())
        .await
        .unwrap();
    store.delete(&object()).await.unwrap();
    assert_eq!(store.disk().witness.take(), []);
}
