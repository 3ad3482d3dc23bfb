//! Buckets, listings, bulk deletes and the beginning of multipart uploads, by the `minio` crate.

mod lifecycle;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use minio::s3::builders::ObjectToDelete;
use minio::s3::error::Error as DriverError;
use minio::s3::http::BaseUrl;
use minio::s3::multimap_ext::{Multimap, MultimapExt};
use minio::s3::response::ListObjectsResponse;
use minio::s3::response_traits::HasS3Fields;
use minio::s3::types::{Region, S3Api, ToStream};
use minio::s3::{MinioClient, MinioClientBuilder};

use super::classify::{self, element};
use super::config::MinioSettings;
use super::data_plane::{DataPlane, timed_out};
use super::headers;
use super::signing::{Signing, SigningHook};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::options::PutOptions;

/// The client of the crate with a time limit for each call, since it has none of its own.
pub(super) struct ControlPlane {
    client: MinioClient,
    data: Arc<DataPlane>,
    limit: Duration,
}

impl ControlPlane {
    /// The crate does not let us see the headers of a refusal, so the server's time is asked for on the data
    /// plane.
    pub(super) fn new(
        settings: &MinioSettings,
        signing: Arc<Signing>,
        data: Arc<DataPlane>,
    ) -> Result<Self> {
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
        let client = MinioClientBuilder::new(base)
            .hook(Arc::new(SigningHook(signing)))
            .build()
            .map_err(broken)?;
        Ok(Self {
            client,
            data,
            limit: settings.limits.call,
        })
    }

    pub(super) async fn bucket_exists(&self, bucket: &BucketName) -> Result<bool> {
        self.repeated("ensure_bucket", bucket, || async {
            let call = self.client.bucket_exists(bucket.as_str())?;
            Ok(call.build().send().await?.exists())
        })
        .await
    }

    pub(super) async fn create_bucket(&self, bucket: &BucketName) -> Result<()> {
        self.repeated("ensure_bucket", bucket, || async {
            let call = self.client.create_bucket(bucket.as_str())?;
            call.build().send().await.map(drop)
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
        let page = self.repeated("list", bucket, || async {
            let call = self.client.list_objects(bucket.as_str())?;
            let mut pages = call
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

    /// Deletes up to 1000 keys and returns, for each that the server did not name as deleted, what it said.
    ///
    /// The crate writes keys into XML as they are, so none may hold a character that XML reserves.
    /// Its reader of the answer panics on what it does not expect, so the answer is read here; and it is asked
    /// to name what it deleted, since silence would also be the answer of something that is no S3 server.
    pub(super) async fn delete_batch(
        &self,
        bucket: &BucketName,
        keys: &[&ObjectKey],
    ) -> Result<HashMap<String, StorageErrorKind>> {
        let answer = self.repeated("delete_many", bucket, || async {
            let keys = keys
                .iter()
                .map(|key| ObjectToDelete::try_from(key.as_str()));
            let keys = keys.collect::<Result<Vec<_>, _>>()?;
            let call = self.client.delete_objects(bucket.as_str(), keys)?;
            call.verbose_mode(true).build().send().await
        });
        let answer = answer.await?;
        Ok(undeleted(keys, &String::from_utf8_lossy(answer.body())))
    }

    /// Begins a multipart upload and returns its identity.
    pub(super) async fn begin_upload(
        &self,
        object: &ObjectRef,
        options: &PutOptions,
    ) -> Result<String> {
        let mut extra = Multimap::new();
        let mut content_type = None;
        for (name, value) in headers::of_put(options) {
            if name == "content-type" {
                content_type = Some(value);
            } else {
                extra.add(name, value);
            }
        }
        let (bucket, key) = (object.bucket.as_str(), object.key.as_str());
        let answer = self.repeated("put", object, || async {
            let call = self.client.create_multipart_upload(bucket, key)?;
            call.extra_headers(Some(extra.clone()))
                .content_type(content_type.clone())
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

    /// Makes a call, and makes it once more when it was refused because the clocks differ.
    async fn repeated<T: Send + Sync, F>(
        &self,
        operation: &'static str,
        subject: &(impl fmt::Display + Sync),
        call: impl Fn() -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, DriverError>> + Send,
    {
        let first = self.bounded(operation, subject, call()).await;
        let denied = |error: &StorageError| error.kind() == StorageErrorKind::Denied;
        if first.as_ref().is_err_and(denied) && self.data.hear_time().await {
            return self.bounded(operation, subject, call()).await;
        }
        first
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

/// Returns the keys that `text`, the answer to a bulk delete, does not name as deleted, each with the reason.
fn undeleted(keys: &[&ObjectKey], text: &str) -> HashMap<String, StorageErrorKind> {
    let named = |element_name: &str| {
        let start = format!("<{element_name}>");
        let pieces = text.split(&start).skip(1);
        let entries = pieces.filter_map(|piece| Some((unescape(element(piece, "Key")?), piece)));
        entries.collect::<HashMap<_, _>>()
    };
    let (deleted, refused) = (named("Deleted"), named("Error"));
    // An answer that is no result as a whole is an error as a whole.
    let whole = if text.contains("<DeleteResult") {
        StorageErrorKind::Unexpected
    } else {
        kind_of_error(text)
    };
    let reason = |key: &str| match refused.get(key) {
        Some(error) => {
            Some(kind_of_error(error)).filter(|kind| *kind != StorageErrorKind::NotFound)
        }
        None if deleted.contains_key(key) => None,
        None => Some(whole),
    };
    let keys = keys.iter().map(|key| key.as_str());
    keys.filter_map(|key| Some((key.to_owned(), reason(key)?)))
        .collect()
}

/// Returns the kind of the first code in `text`; an answer without one makes no sense.
fn kind_of_error(text: &str) -> StorageErrorKind {
    match element(text, "Code") {
        Some(code) => classify::kind_of(500, Some(&code.to_ascii_lowercase()), None),
        None => StorageErrorKind::Unexpected,
    }
}

/// Returns the text with the entities of XML replaced, each once; an unknown one stays as it is.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after
            .split_once(';')
            .and_then(|(name, behind)| Some((character(name)?, behind)));
        let (letter, behind) = entity.unwrap_or(('&', after));
        plain.push(letter);
        rest = behind;
    }
    plain.push_str(rest);
    plain
}

/// Returns the character that an entity without `&` and `;` stands for.
fn character(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undeleted_of(keys: &[&str], text: &str) -> Vec<(String, StorageErrorKind)> {
        let keys: Vec<ObjectKey> = keys.iter().map(|key| key.parse().unwrap()).collect();
        let keys: Vec<_> = keys.iter().collect();
        let mut found: Vec<_> = undeleted(&keys, text).into_iter().collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    #[test]
    fn what_was_not_deleted_is_found_by_key() {
        use StorageErrorKind::{Denied, Unavailable, Unexpected};
        let text = "<DeleteResult><Deleted><Key>a</Key></Deleted>\n\
            <Error><Key>b</Key><Code>AccessDenied</Code><Message>m</Message></Error>\
            <Error><Key>&#252;</Key><Code>InternalError</Code></Error>\
            <Error><Key>d</Key><Code>NoSuchKey</Code></Error></DeleteResult>";
        let found = undeleted_of(&["a", "b", "ü", "d", "e"], text);
        let expected = [("b", Denied), ("e", Unexpected), ("ü", Unavailable)];
        assert_eq!(found, expected.map(|(key, kind)| (key.to_owned(), kind)));
    }

    #[test]
    fn an_answer_of_another_form_deletes_nothing() {
        use StorageErrorKind::{Unavailable, Unexpected};
        for (text, kind) in [
            ("", Unexpected),
            ("<html>login</html>", Unexpected),
            ("garbage <Error> without end", Unexpected),
            ("<Error><Code>InternalError</Code></Error>", Unavailable),
        ] {
            assert_eq!(
                undeleted_of(&["a"], text),
                [("a".to_owned(), kind)],
                "{text}"
            );
        }
    }

    #[test]
    fn entities_are_replaced_once() {
        assert_eq!(
            unescape("a &amp;lt; &#252;&#xFC; &unknown; & &#1114112;"),
            "a &lt; üü &unknown; & &#1114112;"
        );
    }
}
