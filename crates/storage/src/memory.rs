//! The adapter that keeps objects in memory: for tests, trials and whatever may be lost at the end.

mod buckets;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::SubsecRound;
use futures_util::StreamExt;

use self::buckets::{Buckets, Stored};
use crate::body::Body;
use crate::clock::Clock;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::gathered::Gathered;
use crate::intake::Intake;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{
    BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt, Sha256Digest,
};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::paging;
use crate::signed_url::SignedUrl;
use crate::sigv4::LinkSigner;
use crate::store::{Capabilities, ObjectStore};

/// Keeps objects in memory until it is dropped.
///
/// Create-only is atomic; there is no limit on sizes; reading shares the bytes and copies none.
/// An entity tag is of the put, not of its bytes, unless the put is given their digest.
/// Links work after [`with_links`](Self::with_links), and open only where an S3 endpoint serves this store.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use storage::{GetOptions, MemoryStore, ObjectRef, ObjectStore, PutOptions, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new(Arc::new(SystemClock));
/// let object: ObjectRef = "imagen4/2026/01/31/a_1.png".parse()?;
/// store.ensure_bucket(&object.bucket).await?;
/// store.put(&object, "bytes".into(), PutOptions::create_only()).await?;
/// let found = store.get(&object, GetOptions::default()).await?;
/// assert_eq!(found.body.collect(1024).await?, "bytes");
/// # Ok(())
/// # }
/// ```
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    links: Option<LinkSigner>,
    tags: Tags,
    buckets: Mutex<Buckets>,
}

impl MemoryStore {
    /// Returns a store without buckets that dates its objects by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            links: None,
            tags: Tags::default(),
            buckets: Mutex::default(),
        }
    }

    /// Returns the store with a signer, so that `sign_get` works.
    #[must_use]
    pub fn with_links(mut self, links: LinkSigner) -> Self {
        self.links = Some(links);
        self
    }

    /// The lock is held for single map operations, never over an await; a panic cannot tear one of them.
    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self, operation: &'static str, object: &ObjectRef) -> Result<Stored> {
        self.buckets().find(operation, object)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic_create: true,
            signed_links: self.links.is_some(),
            shared: false,
        }
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        // Asked twice: here so that a put that cannot succeed reads no body, and again when it counts.
        self.buckets().check_free(object, options.mode)?;
        let digest = body.unproved(options.sha256);
        let bytes = read(object, body, digest).await?;
        let etag = options.sha256.map_or_else(|| self.tags.next(), tag_of);
        let receipt = PutReceipt {
            size_bytes: bytes.len() as u64,
            etag: Some(etag.clone()),
        };
        let mode = options.mode;
        let info = ObjectInfo {
            size_bytes: receipt.size_bytes,
            content_type: options.content_type,
            etag: Some(etag),
            last_modified: Some(self.clock.now().trunc_subsecs(0)),
            sha256: options.sha256,
            metadata: options.metadata,
        };
        let mut buckets = self.buckets();
        buckets.check_free(object, mode)?;
        buckets.insert(object, Stored { info, bytes })?;
        Ok(receipt)
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let Stored { info, bytes } = self.stored("get", object)?;
        let range = options.range.within(info.size_bytes).ok_or_else(|| {
            StorageError::new(StorageErrorKind::RangeNotSatisfiable, "get", object)
                .with_detail(format!("it has {} bytes", info.size_bytes))
        })?;
        let body = bytes.slice(index(range.start)..index(range.end)).into();
        Ok(Object { info, range, body })
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        Ok(self.stored("head", object)?.info)
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        self.buckets()
            .remove("delete", &object.bucket, [&object.key])
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        self.buckets().remove("delete_many", bucket, keys)?;
        let gone = |key: &ObjectKey| Deletion {
            key: key.clone(),
            outcome: Ok(()),
        };
        Ok(keys.iter().map(gone).collect())
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        paging::check_limit(bucket, &options)?;
        self.buckets().list(bucket, &options)
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
        Ok(self.buckets().ensure(bucket))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("signed_links", &self.links.is_some())
            .finish_non_exhaustive()
    }
}

async fn read(object: &ObjectRef, body: Body, digest: Option<Sha256Digest>) -> Result<Bytes> {
    let mut intake = Intake::new(digest);
    if let Some(whole) = body.as_bytes() {
        intake.feed(whole);
        intake.finish(object)?;
        return Ok(whole.clone());
    }
    let mut all = Gathered::new(body.length());
    let mut pieces = body.into_stream();
    while let Some(piece) = pieces.next().await.transpose()? {
        intake.feed(&piece);
        all.add(piece);
    }
    intake.finish(object)?;
    Ok(all.into_own_bytes())
}

/// Entity tags that no two puts share.
///
/// A tag need not tell the bytes, only that they may be others, and to hash them would cost more than
/// all else that a put does.
#[derive(Debug, Default)]
struct Tags {
    keys: RandomState,
    puts: AtomicU64,
}

impl Tags {
    /// Returns the next tag, as long as the MD5 that S3 tools are used to.
    fn next(&self) -> String {
        let put = self.puts.fetch_add(1, Ordering::Relaxed);
        let half = |half: u8| self.keys.hash_one((put, half));
        format!("{:016x}{:016x}", half(0), half(1))
    }
}

/// Returns the tag of bytes whose digest is known: its first half, which outlives the store.
fn tag_of(digest: Sha256Digest) -> String {
    hex::encode(&digest.as_bytes()[..16])
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_puts_share_a_tag_nor_do_two_stores() {
        let (here, there) = (Tags::default(), Tags::default());
        let mut tags = [here.next(), here.next(), there.next(), there.next()].to_vec();
        assert!(tags.iter().all(|tag| tag.len() == 32));
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 4);
    }
}
