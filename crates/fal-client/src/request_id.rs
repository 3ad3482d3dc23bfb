//! The name that FAL gives to one job.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest id accepted, in bytes; FAL's are UUIDs of 36.
const MAX_LEN: usize = 128;

/// The name that FAL gives to one job of an app.
///
/// - 1 to 128 ASCII letters, digits, `-`, `.`, `_`, `~`: one path segment that needs no encoding.
/// - Never `.` or `..`, which would lead to another resource.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

impl RequestId {
    /// Returns the id as FAL wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = RequestIdError;

    fn try_from(text: String) -> Result<Self, RequestIdError> {
        if text.is_empty() || text.len() > MAX_LEN {
            return Err(RequestIdError::Length);
        }
        if text == "." || text == ".." {
            return Err(RequestIdError::Dots);
        }
        if !text.bytes().all(is_unreserved) {
            return Err(RequestIdError::BadCharacter);
        }
        Ok(Self(text))
    }
}

impl TryFrom<&str> for RequestId {
    type Error = RequestIdError;

    fn try_from(text: &str) -> Result<Self, RequestIdError> {
        Self::try_from(text.to_owned())
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        Self::try_from(text)
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({:?})", self.0)
    }
}

/// Why a text is not a [`RequestId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestIdError {
    /// Empty, or more than 128 bytes.
    #[error("a request id has 1 to 128 bytes")]
    Length,
    /// `.` or `..`.
    #[error("a request id is not made of dots alone")]
    Dots,
    /// A character that would not stay in one path segment as it is.
    #[error("a request id has only ASCII letters, digits, '-', '.', '_' and '~'")]
    BadCharacter,
}

/// Returns whether a byte stands for itself in a path (RFC 3986 §2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_an_id() {
        let id: RequestId = "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10".parse().unwrap();
        assert_eq!(id.to_string(), "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10");
    }

    #[test]
    fn nothing_that_leaves_its_segment_is_an_id() {
        for (text, error) in [
            ("", RequestIdError::Length),
            (".", RequestIdError::Dots),
            ("..", RequestIdError::Dots),
            ("a/b", RequestIdError::BadCharacter),
            ("a\\b", RequestIdError::BadCharacter),
            ("a?x", RequestIdError::BadCharacter),
            ("a#x", RequestIdError::BadCharacter),
            ("%2e%2e", RequestIdError::BadCharacter),
            ("a b", RequestIdError::BadCharacter),
            ("a\n", RequestIdError::BadCharacter),
        ] {
            assert_eq!(text.parse::<RequestId>(), Err(error), "{text:?}");
        }
        assert_eq!(
            "a".repeat(129).parse::<RequestId>(),
            Err(RequestIdError::Length)
        );
    }
}
