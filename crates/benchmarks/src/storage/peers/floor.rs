//! The floor: a bare reqwest client with links that were signed beforehand.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Peer, Rusty, bare_client};
use crate::shared::Outcome;

/// Nothing is computed for a request, and nothing is said of its body.
#[derive(Debug)]
pub(crate) struct Floor {
    client: reqwest::Client,
    links: HashMap<String, (String, String)>,
}

impl Floor {
    /// Returns a client that has links to put and to get each of `keys`.
    pub(crate) fn new(endpoint: &str, keys: &[String]) -> Outcome<Self> {
        let signer = Rusty::new(endpoint)?;
        let links = keys.iter().map(|key| (key.clone(), signer.links(key)));
        Ok(Self {
            client: bare_client()?,
            links: links.collect(),
        })
    }

    fn links(&self, key: &str) -> Outcome<&(String, String)> {
        self.links.get(key).ok_or_else(|| "no such link".into())
    }
}

#[async_trait]
impl Peer for Floor {
    async fn put(&self, key: &str, body: Bytes) -> Outcome {
        let request = self.client.put(&self.links(key)?.0).body(body);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Outcome<Bytes> {
        let response = self.client.get(&self.links(key)?.1).send().await?;
        Ok(response.error_for_status()?.bytes().await?)
    }
}
