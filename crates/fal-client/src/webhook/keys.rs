//! The keys that FAL signs webhooks with.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use ed25519_dalek::VerifyingKey;
use serde::Deserialize;

use super::{WebhookError, WebhookErrorKind};

/// The most bytes of a set that are read.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// The most keys of a set; each costs a check of every delivery that is not FAL's.
const MAX_KEYS: usize = 16;

/// Base64url with and without padding: FAL's live keys have it, which the standard (RFC 7515) forbids.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys that FAL signs webhooks with, ready to check signatures.
#[derive(Debug, Clone)]
pub struct KeySet(Vec<VerifyingKey>);

/// A set as it is published (RFC 7517).
#[derive(Deserialize)]
struct Published {
    keys: Vec<PublishedKey>,
}

#[derive(Deserialize)]
struct PublishedKey {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
}

impl KeySet {
    /// Reads a set as it is published: at most 64 KiB, at most 16 keys of Ed25519; keys of other kinds are left
    /// out.
    ///
    /// # Errors
    ///
    /// `Unavailable` when it is no such set or has no key of Ed25519: nothing could be checked with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, WebhookError> {
        let unusable = || WebhookError::new(WebhookErrorKind::Unavailable);
        if bytes.len() > MAX_BYTES {
            return Err(unusable());
        }
        let published: Published = serde_json::from_slice(bytes).map_err(|_| unusable())?;
        let keys = published.keys.iter().filter_map(PublishedKey::read);
        let keys: Vec<_> = keys.take(MAX_KEYS).collect();
        if keys.is_empty() {
            return Err(unusable());
        }
        Ok(Self(keys))
    }

    /// Returns the keys.
    pub(super) fn keys(&self) -> &[VerifyingKey] {
        &self.0
    }
}

impl PublishedKey {
    fn read(&self) -> Option<VerifyingKey> {
        if self.kty != "OKP" || self.crv != "Ed25519" {
            return None;
        }
        let bytes: [u8; 32] = BASE64.decode(&self.x).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok()?;
        // Such a key would take a signature that anybody can make.
        (!key.is_weak()).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PADDED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    fn set(keys: &str) -> Result<KeySet, WebhookError> {
        KeySet::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes())
    }

    fn key(x: &str) -> String {
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"k"}}"#)
    }

    #[test]
    fn keys_are_read_with_and_without_padding() {
        let padded = set(&key(PADDED)).unwrap();
        let bare = set(&key(PADDED.trim_end_matches('='))).unwrap();
        assert_eq!(padded.keys(), bare.keys());
    }

    #[test]
    fn keys_of_other_kinds_are_left_out() {
        let other =
            r#"{"kty":"EC","crv":"P-256","x":"a","y":"b"},{"kty":"OKP","crv":"X25519","x":"a"},{}"#;
        assert_eq!(
            set(&format!("{other},{}", key(PADDED)))
                .unwrap()
                .keys()
                .len(),
            1
        );
        assert!(set(other).is_err());
    }

    #[test]
    fn a_set_that_is_of_no_use_is_none() {
        let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for bad in [zeros, "", "AAAA", "not base64!", &PADDED.repeat(2)] {
            assert!(set(&key(bad)).is_err(), "{bad}");
        }
        for bad in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#] {
            assert!(KeySet::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let mut large = format!(r#"{{"keys":[{}]}}"#, key(PADDED)).into_bytes();
        large.resize(MAX_BYTES + 1, b' ');
        assert!(KeySet::parse(&large).is_err());
        let many = vec![key(PADDED); MAX_KEYS + 9].join(",");
        assert_eq!(set(&many).unwrap().keys().len(), MAX_KEYS);
    }
}
