//! Signed links, which are never kept for as long as they can be used.

use std::fmt;
use std::time::Duration;

use core_config::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{FamilyKey, ReadThrough};

/// The name of an object in the keys of links: the first 16 bytes of the SHA-256 of bucket, a zero byte and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectHash([u8; 16]);

impl ObjectHash {
    /// Returns the hash of the object `key` in `bucket`.
    pub fn new(bucket: &str, key: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(bucket);
        hasher.update([0]);
        hasher.update(key);
        let mut first = [0; 16];
        first.copy_from_slice(&hasher.finalize()[..16]);
        Self(first)
    }
}

impl fmt::Display for ObjectHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A link as it is kept. Whoever has it can open the object, so its text is a secret.
#[derive(Debug, Clone)]
pub struct KeptLink {
    /// The link.
    pub url: Secret,
    /// When it ends, in seconds since 1970 (UTC).
    pub ends_at_unix: u64,
}

/// The form in the cache. It has no `Debug`, so that no message shows the link.
#[derive(Serialize, Deserialize)]
struct Form {
    url: String,
    ends_at_unix: u64,
}

/// Signed links, kept until a tenth of their remaining life before their end, and at least a minute before.
///
/// No option lets a link stay for longer. Clones share everything.
#[derive(Debug, Clone)]
pub struct SignedLinks(ReadThrough);

impl SignedLinks {
    /// Returns the links in `through`.
    pub fn new(through: ReadThrough) -> Self {
        Self(through)
    }

    /// Returns the link to `object`, which can be used for another minute at least.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn get(&self, object: &ObjectHash) -> Option<KeptLink> {
        let form: Form = self.0.get(&FamilyKey::of_link(object)?).await?;
        Some(KeptLink {
            url: Secret::new(form.url),
            ends_at_unix: form.ends_at_unix,
        })
    }

    /// Keeps a link that can be used for `left` from now, unless that is too short.
    ///
    /// # Cancellation
    ///
    /// The link is kept or not.
    pub async fn put(&self, object: &ObjectHash, link: &KeptLink, left: Duration) {
        let Some(key) = FamilyKey::signed_link(object, left) else {
            return;
        };
        let form = Form {
            url: link.url.expose().to_owned(),
            ends_at_unix: link.ends_at_unix,
        };
        self.0.put(&key, &form).await;
    }

    /// Removes the link to an object that was deleted.
    ///
    /// # Cancellation
    ///
    /// The link is removed or not; it is not read by this process until it is.
    pub async fn forget(&self, object: &ObjectHash) {
        if let Some(key) = FamilyKey::of_link(object) {
            self.0.forget(&key).await;
        }
    }
}
