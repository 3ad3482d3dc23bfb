//! The signing key of a day.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::Credentials;

/// The block size of SHA-256, to which HMAC pads its key.
const BLOCK_BYTES: usize = 64;

/// Derives the signing key of a day and keeps the last one.
///
/// Four of the five HMACs of a signature depend on the day alone.
/// One cache serves one secret, so a new secret can never meet a key of the old one.
pub(crate) struct DayKeys {
    last: Mutex<Option<(String, [u8; 32])>>,
}

impl DayKeys {
    pub(crate) fn new() -> Self {
        Self {
            last: Mutex::new(None),
        }
    }

    /// Returns the key for `day` (`YYYYMMDD`).
    pub(crate) fn of_day(&self, credentials: &Credentials, region: &str, day: &str) -> [u8; 32] {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, key)) = &*last
            && known == day
        {
            return *key;
        }
        let key = derive(credentials, region, day);
        *last = Some((day.to_owned(), key));
        key
    }
}

impl fmt::Debug for DayKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKeys(hidden)")
    }
}

fn derive(credentials: &Credentials, region: &str, day: &str) -> [u8; 32] {
    let secret = format!("AWS4{}", credentials.secret_key.expose());
    ["s3", "aws4_request"].iter().fold(
        hmac_sha256(
            &hmac_sha256(secret.as_bytes(), day.as_bytes()),
            region.as_bytes(),
        ),
        |key, part| hmac_sha256(&key, part.as_bytes()),
    )
}

/// Returns the HMAC-SHA256 of `data` (RFC 2104: longer keys are hashed, shorter ones padded with zeros).
pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = <Hmac<Sha256> as Mac>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use core_config::Secret;

    use super::*;

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let short = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert!(hex::encode(short).starts_with("5bdcc146bf60754e6a042426089575c7"));
        let long = hmac_sha256(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert!(hex::encode(long).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }

    #[test]
    fn another_day_has_another_key() {
        let keys = DayKeys::new();
        let credentials = Credentials::new("who", Secret::new("word"));
        let first = keys.of_day(&credentials, "us-east-1", "20260101");
        assert_ne!(first, keys.of_day(&credentials, "us-east-1", "20260102"));
        assert_eq!(first, keys.of_day(&credentials, "us-east-1", "20260101"));
    }
}
