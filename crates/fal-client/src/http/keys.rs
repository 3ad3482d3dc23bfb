//! FAL's webhook keys over HTTP (features `http` and `webhook`).

use async_trait::async_trait;
use reqwest::Method;

use super::{
    FalSettings,
    origin::{Call, Origin},
};
use crate::{FalError, Operation, webhook::KeySource};

/// The largest set read, in bytes.
const MAX_SET: usize = 64 * 1024;

/// FAL's webhook keys over HTTP, from `/.well-known/jwks.json` of its REST host.
///
/// They are public, so the key that pays is not sent. Clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpKeySource {
    origin: Origin,
}

impl HttpKeySource {
    /// Returns a source with the given settings. No connection is made before the first call.
    ///
    /// # Errors
    ///
    /// `Config` when another queue is set and no REST host beside it, or when the machine's TLS roots cannot be
    /// loaded.
    pub fn new(settings: &FalSettings) -> Result<Self, FalError> {
        let origin = Origin::new(settings, settings.rest_origin()?)?;
        Ok(Self { origin })
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl KeySource for HttpKeySource {
    async fn fetch(&self) -> Result<Vec<u8>, FalError> {
        const OPERATION: Operation = Operation::Keys;
        let call = Call::new(Method::GET, String::new()).most(MAX_SET);
        let url = self.origin.base().join(".well-known/jwks.json");
        let answer = self.origin.exchange_bare(OPERATION, url, &call).await?;
        Ok(answer.success(OPERATION)?.body)
    }
}
