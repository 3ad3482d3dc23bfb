//! rusty-s3, which signs links, and a bare reqwest client that opens them.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rusty_s3::actions::S3Action;
use rusty_s3::{Bucket, Credentials, UrlStyle};
use storage::ObjectRef;

use super::{LINK_SECONDS, Peer, Signs, bare_client};
use crate::shared::Outcome;
use crate::storage::servers::{self, ACCESS_KEY, BUCKET, REGION};

const LIFE: Duration = Duration::from_secs(LINK_SECONDS as u64);

/// The pair that reaches almost to the floor.
#[derive(Debug)]
pub(crate) struct Rusty {
    client: reqwest::Client,
    bucket: Bucket,
    credentials: Credentials,
}

impl Rusty {
    pub(crate) fn new(endpoint: &str) -> Outcome<Self> {
        let secret = servers::credentials().secret_key;
        Ok(Self {
            client: bare_client()?,
            bucket: Bucket::new(endpoint.parse()?, UrlStyle::Path, BUCKET, REGION)?,
            credentials: Credentials::new(ACCESS_KEY, secret.expose()),
        })
    }

    /// Returns links to put and to get `key`.
    pub(crate) fn links(&self, key: &str) -> (String, String) {
        let put = self.bucket.put_object(Some(&self.credentials), key);
        let get = self.bucket.get_object(Some(&self.credentials), key);
        (put.sign(LIFE).into(), get.sign(LIFE).into())
    }
}

#[async_trait]
impl Peer for Rusty {
    async fn put(&self, key: &str, body: Bytes) -> Outcome {
        let action = self.bucket.put_object(Some(&self.credentials), key);
        let request = self.client.put(action.sign(LIFE)).body(body);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Outcome<Bytes> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let response = self.client.get(action.sign(LIFE)).send().await?;
        Ok(response.error_for_status()?.bytes().await?)
    }
}

#[async_trait]
impl Signs for Rusty {
    async fn sign_get(&self, object: &ObjectRef) -> Outcome<usize> {
        let key = object.key.as_str();
        let action = self.bucket.get_object(Some(&self.credentials), key);
        Ok(action.sign(LIFE).as_str().len())
    }
}
