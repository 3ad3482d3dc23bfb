//! The port over both planes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use reqwest::{Method, Response};

use super::config::{ConditionalPut, DigestCheck, MinioSettings};
use super::control_plane::ControlPlane;
use super::data_plane::{Call, DataPlane};
use super::multipart::{self, Parts};
use super::outgoing::Outgoing;
use super::signing::Signing;
use super::{headers, listing};
use crate::body::Body;
use crate::clock::Clock;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::intake::Intake;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, Deletion, ListPage, Object, ObjectInfo, PutReceipt};
use crate::options::{ByteRange, GetOptions, ListOptions, PutMode, PutOptions, SignOptions};
use crate::signed_url::SignedUrl;
use crate::sigv4::{LinkSigner, Payload};
use crate::store::{Capabilities, ObjectStore};

/// The longest object that S3 takes in one put: 5 GiB.
const MAX_SINGLE_PUT: u64 = 5 * 1024 * 1024 * 1024;

/// So many single deletes run at once.
const DELETES_IN_FLIGHT: usize = 8;

/// A bulk delete takes so many keys.
const MAX_BATCH: usize = 1000;

/// Keeps objects on a MinIO or other S3 server.
///
/// There is no retry in it: wrap it in the layer that retries.
/// New credentials are taken from the [`SharedCredentials`](crate::SharedCredentials) that it was set up
/// with, from the next request and the next link on.
///
/// It signs by the server's time, learned from the answers, when the clocks are more than 2 s apart; a
/// request refused for its time is signed and sent once more, unless its body is a stream.
/// The end of a link is the server's, and where our clock is behind the server's it is told as earlier by
/// as much, so that it is not late by either clock.
/// Until the first answer there is nothing to learn from: a link that is signed before it is signed by our
/// own clock.
///
/// A body of unknown length longer than 8 MiB goes up in parts and takes up to 32 MiB of memory.
#[derive(Debug)]
pub struct MinioStore {
    pub(super) control: ControlPlane,
    data: Arc<DataPlane>,
    signing: Arc<Signing>,
    links: LinkSigner,
    conditional_put: ConditionalPut,
    digest_check: DigestCheck,
}

impl MinioStore {
    /// Returns a store for the server that `settings` name; nothing is sent.
    ///
    /// # Errors
    ///
    /// `Config` when no client can be made of the settings, such as for an `https` endpoint on a machine
    /// without trusted certificates.
    pub fn new(settings: &MinioSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let public = settings.public_endpoint.as_ref();
        let signing = Arc::new(Signing::new(settings, clock));
        let data = Arc::new(DataPlane::new(settings, Arc::clone(&signing))?);
        Ok(Self {
            control: ControlPlane::new(settings, Arc::clone(&signing), Arc::clone(&data))?,
            data,
            signing,
            links: LinkSigner::new(
                public.unwrap_or(&settings.endpoint).clone(),
                settings.region.clone(),
                settings.credentials.clone(),
            ),
            conditional_put: settings.conditional_put,
            digest_check: settings.digest_check,
        })
    }

    /// Finds out whether the server refuses a conditional put, by two puts of one random key in `bucket`,
    /// which is deleted afterwards.
    ///
    /// Call it once at start and give the answer to
    /// [`MinioSettings::with_conditional_put`].
    ///
    /// # Errors
    ///
    /// The failures of the puts and of the delete.
    ///
    /// # Cancellation
    ///
    /// The key under `probe-` may be left in the bucket.
    pub async fn probe_conditional_put(&self, bucket: &BucketName) -> Result<ConditionalPut> {
        let key = format!("probe-{:032x}", fastrand::u128(..));
        let key = key.parse().map_err(|error| {
            StorageError::new(StorageErrorKind::Unexpected, "put", bucket).with_source(error)
        })?;
        let object = ObjectRef::new(bucket.clone(), key);
        let options = PutOptions::create_only();
        self.put_whole(&object, Body::from("first"), 5, &options)
            .await?;
        let second = self
            .put_whole(&object, Body::from("second"), 6, &options)
            .await;
        self.delete(&object).await?;
        match second {
            Ok(_) => Ok(ConditionalPut::Ignored),
            Err(error) if error.kind() == StorageErrorKind::AlreadyExists => {
                Ok(ConditionalPut::Honoured)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the server for what it calls itself in the header `Server`, such as `MinIO`, 100 characters at most;
    /// `None` when it tells nothing or does not answer.
    ///
    /// The question is not signed, so it says nothing of the credentials.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn server_name(&self) -> Option<String> {
        self.data.hear_name().await
    }

    async fn put_whole(
        &self,
        object: &ObjectRef,
        body: Body,
        length: u64,
        options: &PutOptions,
    ) -> Result<PutReceipt> {
        let mut headers = headers::of_put(options);
        if options.mode == PutMode::CreateOnly {
            headers.push(("if-none-match".to_owned(), "*".to_owned()));
        }
        let call = Call {
            headers,
            payload: match options.sha256 {
                Some(digest) => Payload::Sha256(digest.to_string()),
                None => Payload::Unsigned,
            },
            content: Some(self.outgoing(object, body, length, options)?),
            ..Call::new("put", object, Method::PUT)
        };
        let response = self.data.send(call).await?;
        // Every S3 server names the tag of what it stored; a proxy's page that says 200 does not.
        let etag = headers::etag(response.headers()).ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unavailable, "put", object)
                .with_detail("no entity tag in the answer")
        })?;
        Ok(PutReceipt {
            size_bytes: length,
            etag: Some(etag),
        })
    }

    fn outgoing(
        &self,
        object: &ObjectRef,
        body: Body,
        length: u64,
        options: &PutOptions,
    ) -> Result<Outgoing> {
        let mut intake = Intake::new(match self.digest_check {
            DigestCheck::Local => options.sha256,
            DigestCheck::Server => None,
        });
        match body.as_bytes() {
            Some(bytes) => {
                intake.feed(bytes);
                intake.finish(object)?;
                Ok(Outgoing::of_bytes(bytes.clone()))
            }
            None => Ok(Outgoing::of_stream(object, body, length, intake)),
        }
    }

    async fn put_parts(
        &self,
        object: &ObjectRef,
        body: Body,
        options: &PutOptions,
    ) -> Result<PutReceipt> {
        let mut parts = Parts::of(body);
        let first = parts.next().await?.unwrap_or_default();
        if parts.is_done() {
            let length = first.len() as u64;
            return self.put_whole(object, first.into(), length, options).await;
        }
        multipart::upload(&self.control, &self.data, object, options, first, parts).await
    }

    async fn refuse_taken_key(&self, object: &ObjectRef) -> Result<()> {
        match self.head(object).await {
            Ok(_) => Err(StorageError::new(
                StorageErrorKind::AlreadyExists,
                "put",
                object,
            )),
            Err(error) if error.kind() == StorageErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes keys in bulk, and one by one those that the bulk request would not carry unharmed.
    async fn delete_each(
        &self,
        bucket: &BucketName,
        keys: &[ObjectKey],
    ) -> Result<HashMap<String, StorageErrorKind>> {
        let (plain, odd): (Vec<_>, Vec<_>) = keys.iter().partition(|key| is_plain(key.as_str()));
        let mut errors = HashMap::new();
        for (at, batch) in plain.chunks(MAX_BATCH).enumerate() {
            match self.control.delete_batch(bucket, batch).await {
                Ok(found) => errors.extend(found),
                Err(error) if at == 0 => return Err(error),
                Err(error) => {
                    errors.extend(
                        batch
                            .iter()
                            .map(|key| (key.as_str().to_owned(), error.kind())),
                    );
                }
            }
        }
        let odd: Vec<_> = odd
            .into_iter()
            .map(|key| ObjectRef::new(bucket.clone(), key.clone()))
            .collect();
        let singles: Vec<_> = stream::iter(odd)
            .map(|object| self.delete_odd(object))
            .buffer_unordered(DELETES_IN_FLIGHT)
            .collect()
            .await;
        errors.extend(singles.into_iter().flatten());
        Ok(errors)
    }

    async fn delete_odd(&self, object: ObjectRef) -> Option<(String, StorageErrorKind)> {
        let error = self.delete(&object).await.err()?;
        Some((object.key.as_str().to_owned(), error.kind()))
    }

    fn read(&self, object: &ObjectRef, range: ByteRange, response: Response) -> Result<Object> {
        let strange = |detail| {
            StorageError::new(StorageErrorKind::Unexpected, "get", object).with_detail(detail)
        };
        let length = headers::content_length(response.headers())
            .ok_or_else(|| strange("no length in the answer"))?;
        // Some servers give nothing of an empty object instead of refusing the range.
        if length == 0 && range != ByteRange::Whole {
            return Err(out_of_range(object));
        }
        let partial = response.status().as_u16() == 206;
        let (start, size_bytes) = match (partial, range) {
            (true, _) => headers::content_range(response.headers())
                .ok_or_else(|| strange("no range in the answer"))?,
            (false, ByteRange::Whole) => (0, length),
            (false, _) => return Err(strange("the whole object instead of a range")),
        };
        let given = start..start.saturating_add(length);
        if range.within(size_bytes).as_ref() != Some(&given) {
            return Err(strange("another range than the one asked for"));
        }
        Ok(Object {
            info: headers::info(response.headers(), size_bytes),
            range: given,
            body: self.data.body("get", object, response, Some(length)),
        })
    }
}

fn out_of_range(object: &ObjectRef) -> StorageError {
    StorageError::new(StorageErrorKind::RangeNotSatisfiable, "get", object)
}

/// Tells whether a key stays the same when it is put into XML as it is.
fn is_plain(key: &str) -> bool {
    !key.contains(['&', '<', '>', '"', '\'']) && key.trim() == key
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for MinioStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic_create: self.conditional_put == ConditionalPut::Honoured,
            signed_links: true,
            shared: true,
        }
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        if options.mode == PutMode::CreateOnly && self.conditional_put == ConditionalPut::Ignored {
            self.refuse_taken_key(object).await?;
        }
        match body.length() {
            Some(length) if length <= MAX_SINGLE_PUT => {
                self.put_whole(object, body, length, &options).await
            }
            _ => self.put_parts(object, body, &options).await,
        }
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        // A range that names no byte of any object has no form on the wire.
        if options.range != ByteRange::Whole && options.range.within(u64::MAX).is_none() {
            return Err(out_of_range(object));
        }
        let mut call = Call::new("get", object, Method::GET);
        call.headers
            .extend(headers::of_range(options.range).map(|range| ("range".to_owned(), range)));
        let response = self.data.send(call).await?;
        self.read(object, options.range, response)
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        let response = self
            .data
            .send(Call::new("head", object, Method::HEAD))
            .await?;
        let length = headers::content_length(response.headers()).ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unexpected, "head", object)
                .with_detail("no length in the answer")
        })?;
        Ok(headers::info(response.headers(), length))
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        let call = Call::new("delete", object, Method::DELETE);
        match self.data.send(call).await {
            Err(error) if error.kind() != StorageErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        let errors = self.delete_each(bucket, keys).await?;
        let named: HashSet<_> = keys.iter().collect();
        let lost = |kind: &StorageErrorKind| *kind == StorageErrorKind::BucketNotFound;
        if !named.is_empty() && errors.len() == named.len() && errors.values().all(lost) {
            return Err(StorageError::new(
                StorageErrorKind::BucketNotFound,
                "delete_many",
                bucket,
            ));
        }
        let outcome = |key: &ObjectKey| match errors.get(key.as_str()) {
            Some(kind) => Err(StorageError::new(*kind, "delete", key)),
            None => Ok(()),
        };
        let deletion = |key: &ObjectKey| Deletion {
            key: key.clone(),
            outcome: outcome(key),
        };
        Ok(keys.iter().map(deletion).collect())
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        listing::page(&self.control, bucket, options).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        let server = self.signing.clock.read();
        let link = self.links.sign_get(object, &options, server.now)?;
        Ok(link.told_earlier_by(server.ahead))
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        // Several servers answer a second creation like the first, so one has to look before.
        if self.control.bucket_exists(bucket).await? {
            return Ok(BucketOutcome::AlreadyThere);
        }
        match self.control.create_bucket(bucket).await {
            Ok(()) => Ok(BucketOutcome::Created),
            // Somebody else was faster; whether it is ours shows when we may look at it.
            Err(error) if self.control.bucket_exists(bucket).await.unwrap_or(false) => {
                tracing::debug!(%bucket, error = %error, "the bucket was made meanwhile");
                Ok(BucketOutcome::AlreadyThere)
            }
            Err(error) => Err(error),
        }
    }
}
