//! The headers of a delivery, as they came.

use super::{WebhookError, WebhookErrorKind};

/// The longest header accepted, in bytes; FAL's are UUIDs, account names, numbers and 128 digits.
const MAX_LEN: usize = 512;

/// The four headers of a delivery, as they came: the signature is over these very texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookHeaders {
    pub(super) request_id: String,
    pub(super) user_id: String,
    pub(super) timestamp: String,
    pub(super) signature: String,
}

impl WebhookHeaders {
    /// FAL's id of the request.
    pub const REQUEST_ID: &'static str = "x-fal-webhook-request-id";
    /// The account.
    pub const USER_ID: &'static str = "x-fal-webhook-user-id";
    /// When it was signed, in seconds since 1970.
    pub const TIMESTAMP: &'static str = "x-fal-webhook-timestamp";
    /// The signature in hexadecimal digits.
    pub const SIGNATURE: &'static str = "x-fal-webhook-signature";

    /// Returns the headers that `of` gives for their lower-case names.
    ///
    /// # Errors
    ///
    /// `BadHeaders` when one is missing, empty, longer than 512 bytes or has a line break, which would let its text
    /// pass for another's.
    pub fn read<'a>(of: impl Fn(&str) -> Option<&'a str>) -> Result<Self, WebhookError> {
        let text = |name| match of(name) {
            Some(text) if is_plain(text) => Ok(text.to_owned()),
            _ => Err(WebhookError::new(WebhookErrorKind::BadHeaders)),
        };
        Ok(Self {
            request_id: text(Self::REQUEST_ID)?,
            user_id: text(Self::USER_ID)?,
            timestamp: text(Self::TIMESTAMP)?,
            signature: text(Self::SIGNATURE)?,
        })
    }

    /// Returns when it was signed, in seconds since 1970; `None` for anything but up to 18 digits.
    pub(super) fn signed_at(&self) -> Option<i64> {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let text = Some(self.timestamp.as_str()).filter(|text| is_number(text));
        text.filter(|text| text.len() <= 18)?.parse().ok()
    }

    /// Returns the bytes of the signature.
    pub(super) fn signature_bytes(&self) -> Option<[u8; 64]> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(&self.signature, &mut bytes).ok()?;
        Some(bytes)
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_LEN && !text.contains(['\n', '\r', '\0'])
}
