//! A signer in FAL's place.

use base64::{Engine, engine::general_purpose::URL_SAFE};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{Signer, SigningKey};
use fal_client::{
    FalError,
    webhook::{KeySet, KeySource, WebhookHeaders},
};
use serde_json::json;
use sha2::{Digest, Sha256};

pub(crate) const OK: &str = include_str!("../wire/webhook/ok.json");
pub(crate) const USER: &str = "user_123";

/// The time at which everything is signed.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// A key by its number.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// The set with these keys as it is published; the padding is FAL's.
pub(crate) fn published(numbers: &[u8]) -> Vec<u8> {
    let keys: Vec<_> = numbers
        .iter()
        .map(|number| {
            let x = URL_SAFE.encode(key(*number).verifying_key().as_bytes());
            assert!(x.ends_with('='));
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
        })
        .collect();
    json!({ "keys": keys }).to_string().into_bytes()
}

pub(crate) fn keys(numbers: &[u8]) -> KeySet {
    KeySet::parse(&published(numbers)).unwrap()
}

/// The four headers as text, in the order id, account, time, signature.
pub(crate) fn signed(number: u8, body: &[u8], at: DateTime<Utc>) -> [String; 4] {
    let (id, at) = (
        "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10",
        at.timestamp().to_string(),
    );
    let digest = hex::encode(Sha256::digest(body));
    let signature = key(number).sign(format!("{id}\n{USER}\n{at}\n{digest}").as_bytes());
    [
        id.to_owned(),
        USER.to_owned(),
        at,
        hex::encode(signature.to_bytes()),
    ]
}

pub(crate) fn headers(texts: &[String; 4]) -> Option<WebhookHeaders> {
    let of = |name: &str| {
        let index = match name {
            WebhookHeaders::REQUEST_ID => 0,
            WebhookHeaders::USER_ID => 1,
            WebhookHeaders::TIMESTAMP => 2,
            WebhookHeaders::SIGNATURE => 3,
            _ => panic!("{name}"),
        };
        Some(texts[index].as_str())
    };
    WebhookHeaders::read(of).ok()
}

/// A source whose set can be changed, and which counts how often it is asked.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) set: std::sync::Mutex<Option<Vec<u8>>>,
    pub(crate) asked: std::sync::atomic::AtomicUsize,
}

impl Published {
    pub(crate) fn of(numbers: &[u8]) -> std::sync::Arc<Self> {
        let source = Self::default();
        source.change(numbers);
        std::sync::Arc::new(source)
    }

    pub(crate) fn change(&self, numbers: &[u8]) {
        *self.set.lock().unwrap() = Some(published(numbers));
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl KeySource for Published {
    async fn fetch(&self) -> Result<Vec<u8>, FalError> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // Long enough for others to come meanwhile.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let set = self.set.lock().unwrap().clone();
        set.ok_or_else(|| {
            FalError::new(
                fal_client::FalErrorKind::Unavailable,
                fal_client::Operation::Keys,
            )
        })
    }
}
