//! The port on files: every step that touches the disk runs on a thread for blocking work.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::task::{self, JoinError};

use super::classify;
use super::config::FilesystemSettings;
use super::disk::{Disk, Synced, is_real_directory};
use super::left_overs::LeftOvers;
use super::opening;
use super::upload::Upload;
use crate::body::{Body, BodyStream};
use crate::clock::Clock;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{
    BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt, Sha256Digest,
};
use crate::options::{GetOptions, ListOptions, PutMode, PutOptions, SignOptions};
use crate::paging;
use crate::signed_url::SignedUrl;
use crate::sigv4::LinkSigner;
use crate::store::{Capabilities, ObjectStore};

/// How many bytes are gathered before a thread is asked to write them.
const BLOCK: usize = 256 << 10;

/// How many keys of a bulk delete go to one thread at once.
const KEYS_AT_ONCE: usize = 64;

/// Keeps objects as plain files below a root directory.
///
/// Several processes may use one root at once, on one machine or on a network file system with locks.
pub struct FilesystemStore {
    disk: Arc<Disk>,
    clock: Arc<dyn Clock>,
    links: Option<LinkSigner>,
}

impl FilesystemStore {
    /// Opens the store below `root`, making what is missing, and dates objects by `clock`.
    ///
    /// Bodies that a crash left under `.tmp` more than 24 hours ago are removed.
    /// This reads and writes files on the calling thread: call it at start.
    ///
    /// # Errors
    ///
    /// `Denied` and the other failures of the file system; `Config` when the root has a layout that this
    /// version or this file system cannot keep.
    pub fn open(root: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self> {
        let layout = opening::open(root.as_ref(), clock.now())?;
        let disk = Arc::new(Disk {
            layout,
            fsync: true,
            synced: Synced::default(),
            #[cfg(test)]
            witness: super::syncing_tests::Witness::default(),
        });
        Ok(Self {
            disk,
            clock,
            links: None,
        })
    }

    /// Opens the store that `settings` describe.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn from_settings(settings: &FilesystemSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self::open(settings.root(), clock)?.with_fsync(settings.fsync()))
    }

    /// Returns the store with or without writing through to the disk; on by default.
    ///
    /// With it a put or delete that was confirmed survives a power cut: bytes, metadata and the
    /// directories that name them are on the disk before the call returns (four or more `fsync`).
    /// Without it a confirmed change survives the end of the process, and a power cut may undo the last
    /// seconds or leave an object whose bytes or metadata are lost.
    #[must_use]
    pub fn with_fsync(mut self, fsync: bool) -> Self {
        self.disk = Arc::new(Disk {
            layout: self.disk.layout.clone(),
            fsync,
            synced: Synced::default(),
            #[cfg(test)]
            witness: super::syncing_tests::Witness::default(),
        });
        self
    }

    /// Returns the store with a signer, so that `sign_get` works; an S3 endpoint must serve the store.
    #[must_use]
    pub fn with_links(mut self, links: LinkSigner) -> Self {
        self.links = Some(links);
        self
    }

    /// Removes metadata in `bucket` whose bytes are gone, as a crash in the middle of a delete leaves it.
    ///
    /// Call it at start or now and again: it looks at the name of every file of metadata. Other users of the root may
    /// go on meanwhile.
    ///
    /// # Errors
    ///
    /// `BucketNotFound` and the failures of the file system; what was removed until then is removed.
    ///
    /// # Cancellation
    ///
    /// The work goes on until its end.
    pub async fn remove_left_overs(&self, bucket: &BucketName) -> Result<LeftOvers> {
        let target = bucket.clone();
        self.on_disk("remove_left_overs", bucket, move |disk| {
            disk.remove_left_overs(&target)
        })
        .await
    }

    #[cfg(test)]
    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Runs `work` on a thread for blocking work; once begun it ends, whether or not anybody waits.
    async fn on_disk<T: Send + 'static>(
        &self,
        operation: &'static str,
        subject: impl fmt::Display + Send,
        work: impl FnOnce(&Disk) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let disk = Arc::clone(&self.disk);
        match task::spawn_blocking(move || work(&disk)).await {
            Ok(done) => done,
            Err(cause) => Err(broken(operation, subject, cause)),
        }
    }

    /// Writes `pieces` behind what `upload` holds, which begins with the first ones.
    async fn write(
        &self,
        object: &ObjectRef,
        (mode, digest): (PutMode, Option<Sha256Digest>),
        upload: Option<Upload>,
        pieces: Vec<Bytes>,
    ) -> Result<Upload> {
        let target = object.clone();
        self.on_disk("put", object, move |disk| {
            let failed = |cause| classify::error("put", &target, cause);
            let mut upload = if let Some(upload) = upload {
                upload
            } else {
                disk.check_put(&target, mode)?;
                Upload::begin(disk, digest).map_err(failed)?
            };
            upload.write(&pieces).map_err(failed)?;
            Ok(upload)
        })
        .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for FilesystemStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic_create: true,
            signed_links: self.links.is_some(),
            shared: true,
        }
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        let expected = (options.mode, body.unproved(options.sha256));
        let mut stream = body.into_stream();
        let mut upload = None;
        loop {
            let (pieces, ended) = gather(&mut stream).await?;
            upload = Some(self.write(object, expected, upload, pieces).await?);
            if ended {
                break;
            }
        }
        let (target, now) = (object.clone(), self.clock.now());
        self.on_disk("put", object, move |disk| match upload {
            Some(upload) => disk.commit(&target, upload, &options, now),
            None => Err(StorageError::new(
                StorageErrorKind::Unexpected,
                "put",
                &target,
            )),
        })
        .await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let target = object.clone();
        self.on_disk("get", object, move |disk| disk.get(&target, options))
            .await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let target = object.clone();
        self.on_disk("head", object, move |disk| disk.head(&target))
            .await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let target = object.clone();
        self.on_disk("delete", object, move |disk| disk.delete("delete", &target))
            .await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        const NAME: &str = "delete_many";
        let target = bucket.clone();
        self.on_disk(NAME, bucket, move |disk| disk.check_bucket(NAME, &target))
            .await?;
        let mut report = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let (target, keys) = (bucket.clone(), keys.to_vec());
            let delete = move |disk: &Disk| {
                let one = |key: ObjectKey| {
                    let object = ObjectRef::new(target.clone(), key.clone());
                    let outcome = disk.delete(NAME, &object);
                    Deletion { key, outcome }
                };
                Ok(keys.into_iter().map(one).collect::<Vec<_>>())
            };
            report.extend(self.on_disk(NAME, bucket, delete).await?);
        }
        Ok(report)
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        paging::check_limit(bucket, &options)?;
        let target = bucket.clone();
        self.on_disk("list", bucket, move |disk| disk.list(&target, &options))
            .await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        match &self.links {
            Some(links) => links.sign_get(object, &options, self.clock.now()),
            None => Err(StorageError::new(
                StorageErrorKind::NotSupported,
                "sign_get",
                object,
            )),
        }
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        let target = bucket.clone();
        self.on_disk("ensure_bucket", bucket, move |disk| {
            make_bucket(disk, &target)
                .map_err(|cause| classify::error("ensure_bucket", &target, cause))
        })
        .await
    }
}

impl fmt::Debug for FilesystemStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilesystemStore")
            .field("root", &self.disk.layout.root())
            .field("fsync", &self.disk.fsync)
            .field("signed_links", &self.links.is_some())
            .finish_non_exhaustive()
    }
}

/// Gathers pieces for one write, and tells whether they were the last ones.
async fn gather(stream: &mut BodyStream) -> Result<(Vec<Bytes>, bool)> {
    let mut pieces = Vec::new();
    let mut size = 0;
    while size < BLOCK {
        match stream.next().await.transpose()? {
            Some(piece) => {
                size += piece.len();
                pieces.push(piece);
            }
            None => return Ok((pieces, true)),
        }
    }
    Ok((pieces, false))
}

fn make_bucket(disk: &Disk, bucket: &BucketName) -> io::Result<BucketOutcome> {
    let path = disk.layout.bucket(bucket);
    match fs::create_dir(&path) {
        Ok(()) => {
            disk.sync_directory(disk.layout.root())?;
            Ok(BucketOutcome::Created)
        }
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && is_real_directory(&path) => {
            Ok(BucketOutcome::AlreadyThere)
        }
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            Err(io::ErrorKind::PermissionDenied.into())
        }
        Err(cause) => Err(cause),
    }
}

/// Returns the error for work on the disk that panicked or that the runtime gave up at its end.
pub(super) fn broken(
    operation: &'static str,
    subject: impl fmt::Display,
    cause: JoinError,
) -> StorageError {
    StorageError::new(StorageErrorKind::Unexpected, operation, subject)
        .with_detail("the work on the disk did not end")
        .with_source(cause)
}
