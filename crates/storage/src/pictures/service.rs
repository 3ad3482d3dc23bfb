//! The service that saves, opens, links and deletes pictures.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::bucket_map::BucketMap;
use super::budget::ByteBudget;
use super::link::LinkParser;
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
    pub(super) picture_cap: u64,
    pub(super) save_time: Duration,
    pub(super) link_life: LinkLife,
    ensured: Arc<OnceCell<()>>,
}

impl PictureStorage {
    /// Returns a service over `store` that fetches through `source`.
    ///
    /// At most 32 MiB a picture, 256 MiB of pictures in memory, 180 s a save, links of one day.
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
            budget: ByteBudget::new(DEFAULT_BUDGET),
            budget_bytes: DEFAULT_BUDGET,
            picture_cap: DEFAULT_PICTURE_CAP,
            save_time: DEFAULT_SAVE_TIME,
            link_life: LinkLife::DAY,
            ensured: Arc::default(),
        }
    }

    /// Returns the service with a bound on the bytes of pictures in memory, over all saves together.
    ///
    /// A picture reserves the largest size before it is fetched and gives back what it does not need, so
    /// as many pictures are fetched at once as the budget holds of the largest.
    /// A budget below the largest picture counts as one picture. Earlier clones keep their own budget.
    #[must_use]
    pub fn with_byte_budget(mut self, bytes: u64) -> Self {
        self.budget_bytes = bytes;
        self.budget = ByteBudget::new(bytes.max(self.picture_cap));
        self
    }

    /// Returns the service with another largest size of a picture, in bytes; it should be the one of the
    /// source.
    #[must_use]
    pub fn with_picture_cap(mut self, bytes: u64) -> Self {
        self.picture_cap = bytes;
        let budget = self.budget_bytes;
        self.with_byte_budget(budget)
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
