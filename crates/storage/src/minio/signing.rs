//! Signatures for the server's time, on both planes.

use std::sync::Arc;

use async_trait::async_trait;
use minio::s3::client::Method;
use minio::s3::client::hooks::{Extensions, RequestHooks};
use minio::s3::error::Error as DriverError;
use minio::s3::http::Url;
use minio::s3::multimap_ext::{Multimap, MultimapExt};
use minio::s3::segmented_bytes::SegmentedBytes;
use minio::s3::types::{BucketName, ObjectKey};

use super::config::MinioSettings;
use super::server_clock::ServerClock;
use crate::clock::Clock;
use crate::sigv4::{Payload, Request, SignedHeaders, Signer, encode_segment};

const DATE: &str = "X-Amz-Date";
const CONTENT_SHA256: &str = "X-Amz-Content-SHA256";

/// Signs requests to the server with the present credentials, by the server's time.
#[derive(Debug)]
pub(super) struct Signing {
    signer: Signer,
    pub(super) clock: ServerClock,
}

impl Signing {
    pub(super) fn new(settings: &MinioSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            signer: Signer::new(
                &settings.endpoint,
                settings.region.clone(),
                settings.credentials.clone(),
            ),
            clock: ServerClock::new(clock),
        }
    }

    pub(super) fn sign(&self, request: &Request<'_>) -> SignedHeaders {
        self.signer.sign(request, self.clock.read().now)
    }
}

/// Signs the requests of the `minio` crate, which is given no credentials.
///
/// Its own signer takes the machine's clock for the server's, and keeps a signing key for a day whatever
/// the secret.
#[derive(Debug)]
pub(super) struct SigningHook(pub(super) Arc<Signing>);

#[async_trait]
impl RequestHooks for SigningHook {
    fn name(&self) -> &'static str {
        "signing"
    }

    async fn before_signing_mut(
        &self,
        method: &Method,
        url: &mut Url,
        _region: &str,
        headers: &mut Multimap,
        query: &Multimap,
        _bucket: Option<&BucketName>,
        _object: Option<&ObjectKey>,
        _body: Option<&SegmentedBytes>,
        _extensions: &mut Extensions,
    ) -> Result<(), DriverError> {
        let digest = headers.get(CONTENT_SHA256).cloned();
        let signed = self.0.sign(&Request {
            method: method.as_str(),
            host: &url.host_header_value(),
            path: &url.path,
            query: &encoded(query),
            headers: &to_sign(headers),
            payload: &digest.map_or(Payload::Unsigned, Payload::Sha256),
        });
        headers.remove(DATE);
        headers.remove(CONTENT_SHA256);
        headers.add(DATE, signed.date);
        headers.add(CONTENT_SHA256, signed.content_sha256);
        headers.add("Authorization", signed.authorization);
        if let Some(token) = signed.security_token {
            headers.add("X-Amz-Security-Token", token.expose());
        }
        Ok(())
    }
}

fn encoded(query: &Multimap) -> Vec<(String, String)> {
    let values = query.iter_all();
    let pairs = values.flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    pairs
        .map(|(name, value)| (encode_segment(name), encode_segment(value)))
        .collect()
}

/// Returns what S3 wants signed of the headers, without those that the signature brings along.
fn to_sign(headers: &Multimap) -> Vec<(String, String)> {
    let lower = headers
        .iter_all()
        .map(|(name, values)| (name.to_ascii_lowercase(), values.join(",")));
    lower
        .filter(|(name, _)| name.starts_with("x-amz-") || name.starts_with("content-"))
        .filter(|(name, _)| {
            !["x-amz-date", "x-amz-content-sha256", "content-length"].contains(&name.as_str())
        })
        .collect()
}
