//! Paths in use: what stands at a path, which directories lead to it, and who may change it.
//!
//! Every path is checked before use: it must lead through real directories only, so that a symbolic link
//! below the root cannot lead a key out of it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::classify;
use super::layout::Layout;
use super::record::Stamp;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectRef};

/// How often a step is repeated when others keep removing its directory: each time somebody else got on.
const TRIES: u32 = 100;

/// A root in use.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    pub(super) layout: Layout,
    pub(super) fsync: bool,
    pub(super) synced: Synced,
    #[cfg(test)]
    pub(super) witness: super::syncing_tests::Witness,
}

/// What stands where an object's bytes would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Bytes(Stamp),
}

impl Disk {
    /// Returns the error for a missing bucket, if it is missing.
    pub(super) fn check_bucket(&self, operation: &'static str, bucket: &BucketName) -> Result<()> {
        if is_real_directory(&self.layout.bucket(bucket)) {
            return Ok(());
        }
        Err(StorageError::new(
            StorageErrorKind::BucketNotFound,
            operation,
            bucket,
        ))
    }

    /// Takes the lock of `object`: one writer at a time, in this process and in others.
    pub(super) fn lock(&self, object: &ObjectRef) -> io::Result<File> {
        let file = self.lock_file(object)?;
        file.lock()?;
        Ok(file)
    }

    /// Keeps writers of `object` out, and lets other readers in.
    pub(super) fn lock_shared(&self, object: &ObjectRef) -> io::Result<File> {
        let file = self.lock_file(object)?;
        file.lock_shared()?;
        Ok(file)
    }

    fn lock_file(&self, object: &ObjectRef) -> io::Result<File> {
        let path = self.layout.lock(object);
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
    }

    pub(super) fn look(&self, operation: &'static str, object: &ObjectRef) -> Result<Found> {
        let path = self.layout.data(object);
        let failed = |cause| classify::error(operation, object, cause);
        if !leads_through_real_directories(&path).map_err(failed)? {
            return Ok(Found::Nothing);
        }
        match fs::symlink_metadata(&path) {
            Ok(file) if file.is_file() => Ok(Found::Bytes(Stamp::of(&file).map_err(failed)?)),
            Ok(_) => Err(in_the_way(operation, object)),
            Err(cause) if classify::is_absent(&cause) => Ok(Found::Nothing),
            Err(cause) => Err(failed(cause)),
        }
    }

    /// Does `place`, which puts a file at `path`, with the directories below `base` made before.
    ///
    /// A delete may remove an empty directory between the two steps, so they are repeated together.
    pub(super) fn place(
        &self,
        base: &Path,
        path: &Path,
        mut place: impl FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        let parent = path.parent().unwrap_or(base);
        for _ in 1..TRIES {
            match self
                .make_directories(base, parent)
                .and_then(|()| place())
                .and_then(|()| self.sync_directory(parent))
            {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound && base.exists() => {}
                other => return other,
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// Removes the empty directories from the parent of `path` up to `base`, which stays.
    pub(super) fn prune(&self, base: &Path, path: &Path) -> io::Result<()> {
        let mut parents = path.ancestors().skip(1);
        for parent in parents.by_ref().take_while(|parent| *parent != base) {
            match fs::remove_dir(parent) {
                Ok(()) => self.synced.remove(parent),
                Err(cause) if classify::is_absent(&cause) => self.synced.remove(parent),
                // Another object lies there, or was put there just now.
                Err(_) => {
                    return match self.sync_directory(parent) {
                        Err(cause) if !classify::is_absent(&cause) => Err(cause),
                        _ => Ok(()),
                    };
                }
            }
        }
        self.sync_directory(base)
    }

    /// Writes the names in `directory` through to the disk, if that is asked for.
    pub(super) fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        if self.fsync && cfg!(unix) {
            File::open(directory)?.sync_all()?;
            #[cfg(test)]
            self.witness.note(directory);
        }
        Ok(())
    }

    /// Makes the directories from `base` down to `directory`, with their names on the disk.
    ///
    /// That a directory is there does not say that its name is on the disk: its maker may be about to write it
    /// through, or may have been killed before that. So whoever uses it first in this process does it too.
    fn make_directories(&self, base: &Path, directory: &Path) -> io::Result<()> {
        let is_there = fs::canonicalize(directory).is_ok_and(|real| real == directory);
        if is_there && self.synced.contains(directory) {
            return Ok(());
        }
        let below = directory.strip_prefix(base).unwrap_or(Path::new(""));
        let mut path = base.to_path_buf();
        for name in below.components() {
            let parent = path.clone();
            path.push(name);
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                    // It may also have vanished again, which repeats the whole.
                    if !fs::symlink_metadata(&path)?.is_dir() {
                        return Err(io::ErrorKind::NotADirectory.into());
                    }
                }
                Err(cause) => return Err(cause),
            }
            self.sync_directory(&parent)?;
        }
        self.synced.add(directory);
        Ok(())
    }
}

/// The directories whose names this process has written through to the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Synced(Arc<Mutex<HashSet<PathBuf>>>);

impl Synced {
    /// So many are remembered; past that all are forgotten, which costs a few writes and loses nothing.
    const MOST: usize = 10_000;

    fn contains(&self, directory: &Path) -> bool {
        self.all().contains(directory)
    }

    fn add(&self, directory: &Path) {
        let mut all = self.all();
        if all.len() >= Self::MOST {
            all.clear();
        }
        all.insert(directory.to_path_buf());
    }

    fn remove(&self, directory: &Path) {
        self.all().remove(directory);
    }

    fn all(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether there is a directory at `path` that is no symbolic link.
pub(super) fn is_real_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Tells whether the parent of `path` is there; a symbolic link on the way is refused.
fn leads_through_real_directories(path: &Path) -> io::Result<bool> {
    let Some(parent) = path.parent() else {
        return Ok(false);
    };
    match fs::canonicalize(parent) {
        Ok(real) if real == parent => Ok(true),
        Ok(_) => Err(io::ErrorKind::PermissionDenied.into()),
        Err(cause) if classify::is_absent(&cause) => Ok(false),
        Err(cause) => Err(cause),
    }
}

fn in_the_way(operation: &'static str, object: &ObjectRef) -> StorageError {
    StorageError::new(StorageErrorKind::Denied, operation, object)
        .with_detail("something that is no plain file stands at its path")
}
