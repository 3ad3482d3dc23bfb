//! The key that webhooks are signed with, and its public half as FAL publishes it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The key that webhooks are signed with.
pub(in super::super) struct Signer(Mutex<SigningKey>);

impl Default for Signer {
    fn default() -> Self {
        Self(Mutex::new(new_key()))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    /// Takes a new key in place of the old one.
    pub(in super::super) fn rotate(&self) {
        *self.lock() = new_key();
    }

    /// Returns the set of keys that FAL publishes; as with FAL the text of a key has its padding.
    pub(in super::super) fn published(&self) -> Value {
        let public = self.lock().verifying_key();
        let text = URL_SAFE.encode(public.as_bytes());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": text }] })
    }

    /// Returns the signature of a message in hexadecimal digits.
    pub(super) fn sign(&self, message: &str) -> String {
        sign(&self.lock(), message)
    }

    fn lock(&self) -> MutexGuard<'_, SigningKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the signature of a message by a key that nobody publishes.
pub(super) fn forge(message: &str) -> String {
    sign(&new_key(), message)
}

fn sign(key: &SigningKey, message: &str) -> String {
    hex::encode(key.sign(message.as_bytes()).to_bytes())
}

/// Returns a key that was never there before. It guards nothing but a simulator.
fn new_key() -> SigningKey {
    let seed = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    SigningKey::from_bytes(&Sha256::digest(seed).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_published_with_padding_and_never_shown() {
        let signer = Signer::default();
        let published = signer.published();
        let text = published["keys"][0]["x"].as_str().unwrap();
        assert_eq!((text.len(), text.ends_with('=')), (44, true));
        assert_eq!(format!("{signer:?}"), "Signer { .. }");
        signer.rotate();
        assert_ne!(signer.published(), published);
    }
}
