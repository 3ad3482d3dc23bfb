//! The service that saves, opens, links and deletes pictures.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::bucket_map::BucketMap;
use super::budget::ByteBudget;
use super::link::LinkParser;
use super::manifest::ManifestPolicy;
use super::source::PictureSource;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::Object;
use crate::options::{GetOptions, LinkLife, SignOptions};
use crate::signed_url::SignedUrl;
use crate::store::ObjectStore;

/// The largest picture, in bytes, unless set otherwise: 32 MiB.
pub(super) const DEFAULT_PICTURE_CAP: u64 = 32 << 20;
/// The bytes of pictures in memory at once, unless set otherwise: 256 MiB.
const DEFAULT_BUDGET: u64 = 256 << 20;
/// The largest picture that is held whole, unless set otherwise.
///
/// As much as a part of an upload in parts: most generated pictures are smaller (1 to 4 MB), and a whole
/// one is worth its memory, see [`PictureStorage::with_held_size`].
const DEFAULT_HELD: u64 = 8 << 20;
/// The pictures on their way at once, unless set otherwise.
const DEFAULT_AT_ONCE: NonZeroUsize = match NonZeroUsize::new(64) {
    Some(number) => number,
    None => NonZeroUsize::MIN,
};
/// The longest save, unless set otherwise.
const DEFAULT_SAVE_TIME: Duration = Duration::from_mins(3);

/// Saves, opens, links and deletes pictures.
///
/// Clones share the store, the source, the byte budget and the knowledge that the buckets are there.
#[derive(Clone)]
pub struct PictureStorage {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) source: Arc<dyn PictureSource>,
    pub(super) buckets: Arc<BucketMap>,
    pub(super) link_parser: LinkParser,
    pub(super) budget: ByteBudget,
    budget_bytes: u64,
    at_once: NonZeroUsize,
    held_size: u64,
    pub(super) picture_cap: u64,
    pub(super) save_time: Duration,
    pub(super) link_life: LinkLife,
    pub(super) manifests: ManifestPolicy,
    ensured: Arc<OnceCell<()>>,
}

impl PictureStorage {
    /// Returns a service over `store` that fetches through `source`.
    ///
    /// At most 32 MiB a picture, those up to 8 MiB held whole, 256 MiB of pictures in memory, 64 on their
    /// way at once, 180 s a save, links of one day.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        source: Arc<dyn PictureSource>,
        buckets: BucketMap,
    ) -> Self {
        let buckets = Arc::new(buckets);
        Self {
            store,
            source,
            link_parser: LinkParser::new([], Arc::clone(&buckets)),
            buckets,
            budget: ByteBudget::new(DEFAULT_BUDGET, DEFAULT_AT_ONCE),
            budget_bytes: DEFAULT_BUDGET,
            at_once: DEFAULT_AT_ONCE,
            held_size: DEFAULT_HELD,
            picture_cap: DEFAULT_PICTURE_CAP,
            save_time: DEFAULT_SAVE_TIME,
            link_life: LinkLife::DAY,
            manifests: ManifestPolicy::default(),
            ensured: Arc::default(),
        }
    }

    /// Returns the service with a bound on the bytes of pictures in memory, over all saves together.
    ///
    /// - A picture that may be held reserves the largest held size before it is fetched, and gives back
    ///   what it does not need as soon as its length is known.
    /// - One that is passed on while it comes takes 1 MiB, however long it is.
    /// - One above the held size whose length the server does not tell takes up to 32 MiB more, since a
    ///   store may gather it in parts (the MinIO adapter does).
    ///
    /// What connections buffer comes on top: up to 256 KiB for each picture on its way.
    /// A budget below what one picture takes lets that one through alone. Earlier clones keep their own
    /// budget.
    #[must_use]
    pub fn with_byte_budget(mut self, bytes: u64) -> Self {
        self.budget_bytes = bytes;
        self.budget = ByteBudget::new(bytes, self.at_once);
        self
    }

    /// Returns the service that has at most so many pictures on their way at once, over all saves
    /// together: from the first try to fetch one to the end of its put, without the pauses between tries.
    /// Earlier clones keep their own number.
    #[must_use]
    pub fn with_pictures_at_once(mut self, number: NonZeroUsize) -> Self {
        self.at_once = number;
        let budget = self.budget_bytes;
        self.with_byte_budget(budget)
    }

    /// Returns the service with another size, in bytes, up to which a picture is held whole in memory;
    /// larger ones are passed on to the store while they come.
    ///
    /// - A held picture goes up with its SHA-256 as the signed hash of the request, and the store keeps
    ///   the digest. A layer that retries can send it again without a new fetch.
    /// - A picture that is passed on has no digest in front: its request signs the payload as unsigned,
    ///   the digest is taken on the way and is in the [`StoredPicture`](super::StoredPicture) alone, and
    ///   after a failure the save fetches it again. Each costs one `head` more.
    ///
    /// 0 passes on every picture. Never more is held than the byte budget has.
    #[must_use]
    pub fn with_held_size(mut self, bytes: u64) -> Self {
        self.held_size = bytes;
        self
    }

    /// Returns the service with another largest size of a picture, in bytes; it should be the one of the
    /// source.
    #[must_use]
    pub fn with_picture_cap(mut self, bytes: u64) -> Self {
        self.picture_cap = bytes;
        self
    }

    /// Returns the size up to which a picture is held, in bytes.
    pub(super) fn held_size(&self) -> u64 {
        self.held_size.min(self.budget_bytes)
    }

    /// Returns the service with another life of its links.
    #[must_use]
    pub fn with_link_life(mut self, life: LinkLife) -> Self {
        self.link_life = life;
        self
    }

    /// Returns the service with another limit on the whole time of a save; pictures that are not stored by
    /// then fall back.
    #[must_use]
    pub fn with_save_time_limit(mut self, limit: Duration) -> Self {
        self.save_time = limit;
        self
    }

    /// Returns the buckets and folders.
    pub fn buckets(&self) -> &BucketMap {
        &self.buckets
    }

    /// Returns what pictures are fetched through.
    pub fn source(&self) -> &Arc<dyn PictureSource> {
        &self.source
    }

    /// Makes the buckets that are missing.
    ///
    /// Call it at start. After it has been `Ok` once, further calls do nothing; of several calls at once
    /// one does the work and the others wait for it.
    ///
    /// # Errors
    ///
    /// The error of the first bucket that could not be made, with its name as the subject: `Denied` when
    /// the right to make it is missing, and the failures of the connection. The next call tries again.
    ///
    /// # Cancellation
    ///
    /// Some buckets are there; repeat the call.
    pub async fn ensure_buckets(&self) -> Result<()> {
        self.ensured
            .get_or_try_init(|| async {
                for bucket in self.buckets.buckets() {
                    self.store.ensure_bucket(bucket).await?;
                }
                Ok(())
            })
            .await
            .copied()
    }

    /// Returns a link with which anybody can read `object` until its end.
    ///
    /// Whether the object exists is not asked. Never save the link; mint one when somebody reads.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures, `NotSupported` for a store without links.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn link(&self, object: &ObjectRef) -> Result<SignedUrl> {
        self.check_ours("sign_get", object)?;
        let options = SignOptions {
            life: self.link_life,
            ..SignOptions::default()
        };
        self.store.sign_get(object, options).await
    }

    /// Opens a picture for reading.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures, and the errors of [`ObjectStore::get`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the body stops the transfer.
    pub async fn open(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        self.check_ours("get", object)?;
        self.store.get(object, options).await
    }

    pub(super) fn check_ours(&self, operation: &'static str, object: &ObjectRef) -> Result<()> {
        if self.buckets.contains(&object.bucket) {
            return Ok(());
        }
        Err(
            StorageError::new(StorageErrorKind::InvalidInput, operation, object)
                .with_detail("the bucket holds no pictures"),
        )
    }
}

impl fmt::Debug for PictureStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PictureStorage")
            .field("store", &self.store)
            .field("source", &self.source)
            .field("buckets", &self.buckets)
            .field("budget_bytes", &self.budget_bytes)
            .field("save_time", &self.save_time)
            .field("link_life", &self.link_life)
            .finish_non_exhaustive()
    }
}
