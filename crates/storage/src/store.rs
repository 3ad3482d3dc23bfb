//! The port of an object store, with its contract.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::body::Body;
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{GetOptions, ListOptions, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;

/// What a store can do beyond the contract that every store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Create-only is one atomic step, also among several writers.
    /// Without it a create-only put is a look and then a put, and two writers at once may both succeed.
    pub atomic_create: bool,
    /// `sign_get` works.
    pub signed_links: bool,
    /// Several processes may use the store at once.
    pub shared: bool,
}

/// Keeps objects by bucket and key.
///
/// # Contract
///
/// - **Atomic**: an object is there whole or not at all. A put that fails, is cut short or is dropped
///   leaves nothing, or the earlier object; after an ambiguous failure (`Unavailable`, `TimedOut`) it
///   may have happened whole.
/// - **Read after write**: what a put confirmed is seen by every later get, head and list.
/// - **Missing things**: get and head of a missing key are `NotFound`, any call on a missing bucket is
///   `BucketNotFound` (where the server lets the two be told apart), delete of a missing key is `Ok`.
///   Buckets are made by `ensure_bucket` alone.
/// - **Repeats** of get, head, list, delete, `sign_get`, `ensure_bucket` and of an overwriting put of the
///   same bytes are safe.
/// - **Order**: a listing goes by the bytes of the keys, ascending, each key once.
/// - **Clones** of a handle (`Arc`) share the store.
///
/// The conformance suite under `testing` holds each of these rules as a test.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait ObjectStore: fmt::Debug + Send + Sync + 'static {
    /// Returns what the store can do beyond the contract.
    fn capabilities(&self) -> Capabilities;

    /// Stores `body` at `object`.
    ///
    /// The body is read to its end and checked against its known length and against
    /// [`PutOptions::sha256`] before the object becomes visible.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` for a create-only put on a key that holds an object; `BucketNotFound`;
    /// `BodyFailed` or the error of the body; `Corrupt` for a wrong length or digest; and the failures of
    /// the connection.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the transfer. The object is not there, or there whole.
    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt>;

    /// Opens `object` for reading.
    ///
    /// # Errors
    ///
    /// `NotFound`, `BucketNotFound`, `RangeNotSatisfiable`, and the failures of the connection; an error
    /// after the first byte comes out of the body.
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the body stops the transfer.
    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object>;

    /// Returns what is known of `object` without its bytes.
    ///
    /// # Errors
    ///
    /// `NotFound` (also for a missing bucket where the server does not tell), `BucketNotFound`, and the
    /// failures of the connection.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo>;

    /// Sees to it that the key of `object` holds nothing.
    ///
    /// `Ok` says that it holds nothing now, not that it held something before.
    ///
    /// # Errors
    ///
    /// `BucketNotFound` and the failures of the connection.
    ///
    /// # Cancellation
    ///
    /// The object is there or gone.
    async fn delete(&self, object: &ObjectRef) -> Result<()>;

    /// Sees to it that none of `keys` holds anything, and reports each, in the order given.
    ///
    /// One key's failure does not stop the others. Any number of keys may be given.
    ///
    /// # Errors
    ///
    /// Only failures that concern the whole call, such as `BucketNotFound`, before anything was deleted.
    ///
    /// # Cancellation
    ///
    /// Some keys are gone and some are not; repeat the call.
    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>>;

    /// Returns a page of the objects in `bucket`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a limit outside 1 to 1000, `BucketNotFound`, and the failures of the connection.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage>;

    /// Returns a link with which anybody can read `object` until its end; whether the object exists is
    /// not asked, and no network is used.
    ///
    /// # Errors
    ///
    /// `NotSupported` for a store without links (see [`Capabilities::signed_links`]).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl>;

    /// Makes `bucket` if it is missing.
    ///
    /// # Errors
    ///
    /// `Denied` when the right to make it is missing or the name belongs to somebody else.
    ///
    /// # Cancellation
    ///
    /// The bucket is there or not; repeat the call.
    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome>;
}

macro_rules! forward_to_the_inside {
    ($holder:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: ObjectStore + ?Sized> ObjectStore for $holder<S> {
            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }
            async fn put(
                &self,
                object: &ObjectRef,
                body: Body,
                options: PutOptions,
            ) -> Result<PutReceipt> {
                (**self).put(object, body, options).await
            }
            async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
                (**self).get(object, options).await
            }
            async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
                (**self).head(object).await
            }
            async fn delete(&self, object: &ObjectRef) -> Result<()> {
                (**self).delete(object).await
            }
            async fn delete_many(
                &self,
                bucket: &BucketName,
                keys: &[ObjectKey],
            ) -> Result<Vec<Deletion>> {
                (**self).delete_many(bucket, keys).await
            }
            async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
                (**self).list(bucket, options).await
            }
            async fn sign_get(
                &self,
                object: &ObjectRef,
                options: SignOptions,
            ) -> Result<SignedUrl> {
                (**self).sign_get(object, options).await
            }
            async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
                (**self).ensure_bucket(bucket).await
            }
        }
    };
}

forward_to_the_inside!(Arc);
forward_to_the_inside!(Box);
