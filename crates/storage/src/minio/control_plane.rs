//! Buckets, listings, bulk deletes and the beginning of multipart uploads, by the `minio` crate.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use minio::s3::builders::ObjectToDelete;
use minio::s3::creds::StaticProvider;
use minio::s3::error::Error as DriverError;
use minio::s3::http::BaseUrl;
use minio::s3::multimap_ext::{Multimap, MultimapExt};
use minio::s3::response::ListObjectsResponse;
use minio::s3::response_traits::HasS3Fields;
use minio::s3::types::{Region, S3Api, ToStream};
use minio::s3::{MinioClient, MinioClientBuilder};

use super::classify::{self, element};
use super::config::MinioSettings;
use super::data_plane::timed_out;
use super::headers;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::options::PutOptions;

/// The client of the crate with a time limit for each call, since it has none of its own.
pub(super) struct ControlPlane {
    client: MinioClient,
    limit: Duration,
}

impl ControlPlane {
    pub(super) fn new(settings: &MinioSettings) -> Result<Self> {
        let endpoint = settings.endpoint.to_string();
        let broken = |error: DriverError| {
            StorageError::new(StorageErrorKind::Config, "connect", &settings.endpoint)
                .with_source(error)
        };
        let mut base: BaseUrl = endpoint
            .parse()
            .map_err(|error: minio::s3::error::ValidationErr| broken(error.into()))?;
        // Without a region the crate asks the server for one before the first call on each bucket.
        base.region = Region::new(settings.region.clone()).map_err(|error| broken(error.into()))?;
        let credentials = &settings.credentials;
        let provider = StaticProvider::new(
            &credentials.access_key,
            credentials.secret_key.expose(),
            None,
        );
        let client = MinioClientBuilder::new(base)
            .provider(Some(provider))
            .build()
            .map_err(broken)?;
        Ok(Self {
            client,
            limit: settings.limits.call,
        })
    }

    pub(super) async fn bucket_exists(&self, bucket: &BucketName) -> Result<bool> {
        let call = self.client.bucket_exists(bucket.as_str());
        self.bounded("ensure_bucket", bucket, async {
            Ok(call?.build().send().await?.exists())
        })
        .await
    }

    pub(super) async fn create_bucket(&self, bucket: &BucketName) -> Result<()> {
        let call = self.client.create_bucket(bucket.as_str());
        self.bounded("ensure_bucket", bucket, async {
            call?.build().send().await.map(drop)
        })
        .await
    }

    /// Returns one page of keys.
    pub(super) async fn list(
        &self,
        bucket: &BucketName,
        prefix: &str,
        start_after: Option<&str>,
        limit: u16,
    ) -> Result<ListObjectsResponse> {
        let call = self.client.list_objects(bucket.as_str());
        let page = self.bounded("list", bucket, async {
            let mut pages = call?
                .prefix(Some(prefix.to_owned()))
                .start_after(start_after.map(str::to_owned))
                .max_keys(limit)
                .recursive(true)
                .build()
                .to_stream()
                .await;
            pages.next().await.transpose()
        });
        page.await?.ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unexpected, "list", bucket)
                .with_detail("no page at all")
        })
    }

    /// Deletes up to 1000 keys and returns the errors by key; a key without error is gone.
    ///
    /// The crate writes keys into XML as they are, so none may hold a character that XML reserves.
    /// Its reader of the answer panics on what it does not expect, so the answer is read here.
    pub(super) async fn delete_batch(
        &self,
        bucket: &BucketName,
        keys: &[&ObjectKey],
    ) -> Result<HashMap<String, StorageError>> {
        let call = keys
            .iter()
            .map(|key| ObjectToDelete::try_from(key.as_str()))
            .collect::<Result<Vec<_>, _>>()
            .and_then(|keys| self.client.delete_objects(bucket.as_str(), keys));
        let answer = self
            .bounded("delete_many", bucket, async { call?.build().send().await })
            .await?;
        Ok(errors_by_key(&String::from_utf8_lossy(answer.body())))
    }

    /// Begins a multipart upload and returns its identity.
    pub(super) async fn begin_upload(
        &self,
        object: &ObjectRef,
        options: &PutOptions,
    ) -> Result<String> {
        let call = self
            .client
            .create_multipart_upload(object.bucket.as_str(), object.key.as_str());
        let mut extra = Multimap::new();
        let mut content_type = None;
        for (name, value) in headers::of_put(options) {
            if name == "content-type" {
                content_type = Some(value);
            } else {
                extra.add(name, value);
            }
        }
        let answer = self.bounded("put", object, async {
            call?
                .extra_headers(Some(extra))
                .content_type(content_type)
                .build()
                .send()
                .await
        });
        let text = String::from_utf8_lossy(answer.await?.body()).into_owned();
        element(&text, "UploadId").map(unescape).ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unexpected, "put", object)
                .with_detail("no upload identity in the answer")
        })
    }

    async fn bounded<T>(
        &self,
        operation: &'static str,
        subject: &(impl fmt::Display + Sync),
        call: impl Future<Output = Result<T, DriverError>> + Send,
    ) -> Result<T> {
        tokio::time::timeout(self.limit, call)
            .await
            .map_err(|_| timed_out(operation, subject, self.limit))?
            .map_err(|error| classify::of_driver(operation, subject, error))
    }
}

impl fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client of the crate would show its credentials.
        f.debug_struct("ControlPlane")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

fn errors_by_key(text: &str) -> HashMap<String, StorageError> {
    text.split("<Error>")
        .skip(1)
        .filter_map(|error| {
            let key = unescape(element(error, "Key")?);
            let code = element(error, "Code").map(str::to_ascii_lowercase);
            let kind = classify::kind_of(500, code.as_deref(), None);
            Some((key.clone(), StorageError::new(kind, "delete", key)))
        })
        .filter(|(_, error)| error.kind() != StorageErrorKind::NotFound)
        .collect()
}

/// Returns the text with the five entities of XML replaced.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_bulk_delete_are_found_by_key() {
        let text = "<DeleteResult><Deleted><Key>a</Key></Deleted>\n\
            <Error><Key>b</Key><Code>AccessDenied</Code><Message>m</Message></Error>\
            <Error><Key>c</Key><Code>InternalError</Code></Error>\
            <Error><Key>d</Key><Code>NoSuchKey</Code></Error></DeleteResult>";
        let errors = errors_by_key(text);
        assert_eq!(errors.len(), 2);
        assert_eq!(errors["b"].kind(), StorageErrorKind::Denied);
        assert_eq!(errors["c"].kind(), StorageErrorKind::Unavailable);
    }

    #[test]
    fn an_answer_of_another_form_has_no_errors() {
        assert!(errors_by_key("").is_empty());
        assert!(errors_by_key("garbage <Error> without end").is_empty());
    }
}
