//! The JSON of uploads. Source: FAL's JS client, `storage.ts`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer to the wish to upload. Its addresses let whoever has them write and read, so `Debug` hides them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Initiated {
    pub(crate) upload_url: String,
    pub(crate) file_url: String,
}

impl fmt::Debug for Initiated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiated").finish_non_exhaustive()
    }
}

/// The wish to complete a file of parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Completion {
    pub(crate) parts: Vec<Part>,
}

/// One part that was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Part {
    #[serde(rename = "partNumber")]
    pub(crate) number: usize,
    pub(crate) etag: String,
}

/// The answer to a part that was sent, as FAL's JS client reads it; others read the header `etag`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Taken {
    etag: String,
}

impl Taken {
    /// Returns the tag that a body names.
    pub(crate) fn tag(body: &[u8]) -> Option<String> {
        let taken: Self = serde_json::from_slice(body).ok()?;
        Some(taken.etag)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn recorded_bodies_are_read_and_written() {
        let recorded = include_str!("../../../tests/wire/upload/initiated.json");
        let read: Initiated = serde_json::from_str(recorded).unwrap();
        assert_eq!(
            serde_json::to_value(&read).unwrap(),
            serde_json::from_str::<Value>(recorded).unwrap()
        );
        assert!(!format!("{read:?}").contains("v3.fal.media"));
        let recorded = include_str!("../../../tests/wire/upload/complete.json");
        let read: Completion = serde_json::from_str(recorded).unwrap();
        assert_eq!(
            serde_json::to_value(&read).unwrap(),
            serde_json::from_str::<Value>(recorded).unwrap()
        );
    }
}
