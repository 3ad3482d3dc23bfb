//! The document of a bucket's lifecycle rules, read and written as it is.
//!
//! The crate's own types lose what they don't know and cannot read an empty prefix, so its requests are used and its
//! types are not.

use std::sync::Arc;

use bytes::Bytes;
use minio::s3::multimap_ext::{Multimap, MultimapExt};
use minio::s3::response_traits::HasS3Fields;
use minio::s3::segmented_bytes::SegmentedBytes;
use minio::s3::types::{BucketName as DriverBucket, S3Api, S3Request};
use minio::s3::utils::md5sum_hash;
use reqwest::Method;

use super::ControlPlane;
use crate::error::Result;
use crate::minio::classify;
use crate::name::BucketName;

impl ControlPlane {
    /// Returns the document, or `None` when the bucket has none.
    pub(in crate::minio) async fn lifecycle(&self, bucket: &BucketName) -> Result<Option<String>> {
        self.repeated("rules", bucket, || async {
            let call = self.client.get_bucket_lifecycle(bucket.as_str())?;
            match call.build().send().await {
                Ok(answer) => Ok(Some(String::from_utf8_lossy(answer.body()).into_owned())),
                Err(error) if classify::is_without_lifecycle(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Writes the document over the one that stands there.
    pub(in crate::minio) async fn put_lifecycle(
        &self,
        bucket: &BucketName,
        document: String,
    ) -> Result<()> {
        let bytes = Bytes::from(document);
        self.repeated("replace", bucket, || async {
            let mut headers = Multimap::new();
            // S3 refuses a configuration without a checksum of its bytes.
            headers.add("Content-MD5", md5sum_hash(&bytes));
            headers.add("Content-Type", "application/xml");
            let mut query = Multimap::new();
            query.add("lifecycle", "");
            let body = Arc::new(SegmentedBytes::from(bytes.clone()));
            let mut request = S3Request::builder()
                .client(self.client.clone())
                .method(Method::PUT)
                .bucket(DriverBucket::new(bucket.as_str())?)
                .query_params(query)
                .headers(headers)
                .body(body)
                .build();
            request.execute().await.map(drop)
        })
        .await
    }

    /// Removes the document.
    pub(in crate::minio) async fn delete_lifecycle(&self, bucket: &BucketName) -> Result<()> {
        self.repeated("replace", bucket, || async {
            let call = self.client.delete_bucket_lifecycle(bucket.as_str())?;
            call.build().send().await.map(drop)
        })
        .await
    }
}
