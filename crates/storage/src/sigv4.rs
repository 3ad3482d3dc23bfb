//! AWS signature version 4 for S3: signed links and requests signed in their headers.
//!
//! Source: AWS, "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference.

mod encode;
mod host;
mod key;
mod link;
mod signer;

use std::fmt;

use core_config::Secret;

#[cfg(feature = "s3-endpoint")]
pub(crate) use encode::encode_path;
#[cfg(feature = "minio")]
pub(crate) use encode::encode_segment;
pub use host::{InvalidHost, SignedHost};
pub use link::LinkSigner;
#[cfg(feature = "minio")]
pub(crate) use link::path_of;
#[cfg(feature = "minio")]
pub(crate) use signer::{Payload, Request, Signer};

/// The pair of keys that requests are signed with.
///
/// `Debug` shows the access key, which travels in every request, and hides the secret.
#[derive(Clone)]
pub struct Credentials {
    /// The access key: who signs.
    pub access_key: String,
    /// The secret key: never sent, only used to sign.
    pub secret_key: Secret,
}

impl Credentials {
    /// Returns the pair.
    pub fn new(access_key: impl Into<String>, secret_key: Secret) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secret() {
        let credentials = Credentials::new("who", Secret::new("canary"));
        let shown = format!("{credentials:?}");
        assert!(shown.contains("who") && !shown.contains("canary"));
    }
}
