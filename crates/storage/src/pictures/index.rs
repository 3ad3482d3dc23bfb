//! What the records know of objects: the port that sweeps and lookups ask.

mod memory;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use self::memory::MemoryPictureIndex;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};

/// The most objects of a page, and the most to ask for at once.
pub(super) const PAGE: u16 = 1000;

/// What an error of an index is about.
const SUBJECT: &str = "the picture index";

/// An object that a record names as its picture.
///
/// It identifies and says nothing else: no prompt, no link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KnownPicture {
    /// The object, as the record has it.
    pub object: ObjectRef,
    /// Whose record it is, as the records name their owners.
    pub owner: String,
    /// The id of the record.
    pub record_id: String,
    /// The number of the picture within its record.
    pub number: u8,
}

/// Tells which objects the records name as stored pictures.
///
/// # Contract
///
/// - **Truth**: what a record named before a call began, and still names after it has ended, is in the answer;
///   what no record names is not. A picture that is hidden by a staged delete is still named.
/// - **Order**: a page goes by the bytes of the keys, and of one object by record and number; no entry twice.
/// - **One object, several records** is possible: each record is an entry of its own.
/// - **An error is no answer**: where the records cannot be read whole, the call fails. An empty answer says that
///   no record names the object, and objects are deleted on that word.
/// - **Repeats** are safe, since nothing changes.
///
/// The conformance suite under [`testing`](super::testing) holds each of these rules as a test.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait PictureIndex: fmt::Debug + Send + Sync + 'static {
    /// Returns the entries of those of `objects` that records name, in any order.
    ///
    /// At most 1000 objects may be asked for at once; one that is asked for twice is answered once.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for more than 1000 objects, `Corrupt` for records that cannot be read, and the failures of the
    /// connection.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn find(&self, objects: &[ObjectRef]) -> Result<Vec<KnownPicture>>;

    /// Returns the entries of the next objects in `bucket` after the key `after`.
    ///
    /// The page holds the entries of at least one and at most `limit` objects, unless there are no more: then it is
    /// empty. The entries of one object are never parted, so the last key of a page is where the next one starts.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a limit outside 1 to 1000, `Corrupt` for records that cannot be read, and the failures of
    /// the connection.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn page(
        &self,
        bucket: &BucketName,
        after: Option<ObjectKey>,
        limit: u16,
    ) -> Result<Vec<KnownPicture>>;

    /// Returns the buckets that records name, each once, in the order of their bytes.
    ///
    /// # Errors
    ///
    /// `Corrupt` for records that cannot be read, and the failures of the connection.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn buckets(&self) -> Result<Vec<BucketName>>;
}

macro_rules! forward_to_the_inside {
    ($holder:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<I: PictureIndex + ?Sized> PictureIndex for $holder<I> {
            async fn find(&self, objects: &[ObjectRef]) -> Result<Vec<KnownPicture>> {
                (**self).find(objects).await
            }
            async fn page(
                &self,
                bucket: &BucketName,
                after: Option<ObjectKey>,
                limit: u16,
            ) -> Result<Vec<KnownPicture>> {
                (**self).page(bucket, after, limit).await
            }
            async fn buckets(&self) -> Result<Vec<BucketName>> {
                (**self).buckets().await
            }
        }
    };
}

forward_to_the_inside!(Arc);
forward_to_the_inside!(Box);

/// Checks that not too many objects are asked for at once, for an adapter of [`PictureIndex::find`].
///
/// # Errors
///
/// `InvalidInput` for more than 1000 objects.
pub fn check_batch(objects: &[ObjectRef]) -> Result<()> {
    if objects.len() <= usize::from(PAGE) {
        return Ok(());
    }
    Err(
        StorageError::new(StorageErrorKind::InvalidInput, "find", SUBJECT)
            .with_detail(format!("{} objects, at most {PAGE}", objects.len())),
    )
}

/// Checks the limit of a page, for an adapter of [`PictureIndex::page`].
///
/// # Errors
///
/// `InvalidInput` for a limit outside 1 to 1000.
pub fn check_limit(limit: u16) -> Result<()> {
    if (1..=PAGE).contains(&limit) {
        return Ok(());
    }
    Err(
        StorageError::new(StorageErrorKind::InvalidInput, "page", SUBJECT)
            .with_detail(format!("the limit is {limit}, write 1 to {PAGE}")),
    )
}
