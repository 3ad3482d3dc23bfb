//! Whether a delivery is FAL's, is fresh and is ours.

use chrono::{DateTime, Utc};
use ed25519_dalek::Signature;
use sha2::{Digest, Sha256};

use super::{KeySet, WebhookError, WebhookErrorKind, WebhookHeaders};

/// How far a delivery's time may be from ours either way, in seconds. Source: FAL's page on webhooks.
const WINDOW: u64 = 300;

/// What a delivery is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Verification<'a> {
    /// FAL's keys.
    pub keys: &'a KeySet,
    /// The time of day.
    pub now: DateTime<Utc>,
    /// The account that deliveries must be for; `None` for any, which is any of FAL's customers.
    pub user_id: Option<&'a str>,
}

/// Checks that a delivery is FAL's, not more than five minutes old or ahead, and for the expected account.
///
/// The signature is Ed25519 over the id, the account and the time as they stand in the headers and the SHA-256 of
/// the body, with line feeds between. Every key is tried, whichever matches, so the time that it takes does not
/// tell which. The account is looked at last: who is not FAL learns nothing of it.
///
/// # Errors
///
/// `BadHeaders`, `OutOfTime`, `BadSignature`, `WrongUser`.
pub fn verify(
    headers: &WebhookHeaders,
    body: &[u8],
    against: Verification<'_>,
) -> Result<(), WebhookError> {
    let bad_headers = || WebhookError::new(WebhookErrorKind::BadHeaders);
    let signed_at = headers.signed_at().ok_or_else(bad_headers)?;
    let signature = headers.signature_bytes().ok_or_else(bad_headers)?;
    if against.now.timestamp().abs_diff(signed_at) > WINDOW {
        return Err(WebhookError::new(WebhookErrorKind::OutOfTime));
    }
    if !is_signed(&message(headers, body), &signature, against.keys) {
        return Err(WebhookError::new(WebhookErrorKind::BadSignature));
    }
    match against.user_id {
        Some(user_id) if user_id != headers.user_id => {
            Err(WebhookError::new(WebhookErrorKind::WrongUser))
        }
        _ => Ok(()),
    }
}

/// Returns what is signed.
fn message(headers: &WebhookHeaders, body: &[u8]) -> String {
    let digest = hex::encode(Sha256::digest(body));
    let WebhookHeaders {
        request_id,
        user_id,
        timestamp,
        ..
    } = headers;
    format!("{request_id}\n{user_id}\n{timestamp}\n{digest}")
}

fn is_signed(message: &str, signature: &[u8; 64], keys: &KeySet) -> bool {
    let signature = Signature::from_bytes(signature);
    let by = |key: &ed25519_dalek::VerifyingKey| {
        key.verify_strict(message.as_bytes(), &signature).is_ok()
    };
    keys.keys().iter().fold(false, |found, key| found | by(key))
}
