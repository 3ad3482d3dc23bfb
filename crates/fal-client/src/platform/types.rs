//! What is asked of the platform and what it answers.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{Endpoint, RequestId};

/// Which requests to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestQuery {
    /// The model.
    pub endpoint: Endpoint,
    /// The first moment. FAL does not say to which of a request's times it applies.
    pub since: DateTime<Utc>,
    /// The moment before which it happened; `None` for now, by FAL's clock.
    pub until: Option<DateTime<Utc>>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// How many requests a page has at most, 1 to 100.
    pub limit: u8,
    /// Whether inputs come along.
    pub with_inputs: bool,
}

impl RequestQuery {
    /// Returns the query for the requests to `endpoint` from `since` until now, 100 a page, with inputs.
    pub fn new(endpoint: Endpoint, since: DateTime<Utc>) -> Self {
        Self {
            endpoint,
            since,
            until: None,
            cursor: None,
            limit: 100,
            with_inputs: true,
        }
    }
}

/// One request of the account.
///
/// `Debug` leaves the input out, which holds the prompt.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// FAL's id.
    pub request_id: RequestId,
    /// The model that was asked.
    pub endpoint: Endpoint,
    /// When FAL took the request.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it ended, if it did.
    pub ended_at: Option<DateTime<Utc>>,
    /// The status of its result, if it has one.
    pub status_code: Option<u16>,
    /// What it was given; `None` when FAL did not keep it or was not asked for it.
    pub input: Option<Value>,
}

impl fmt::Debug for RequestRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestRecord")
            .field("request_id", &self.request_id)
            .field("endpoint", &self.endpoint)
            .field("sent_at", &self.sent_at)
            .field("ended_at", &self.ended_at)
            .field("status_code", &self.status_code)
            .finish_non_exhaustive()
    }
}

/// One page of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPage {
    /// The requests.
    pub requests: Vec<RequestRecord>,
    /// Where the next page begins; `None` after the last.
    pub next_cursor: Option<String>,
}

/// What became of what FAL kept of a request.
///
/// `Debug` shows how many links are left and not which.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadDeletion {
    /// Input and output are destroyed, and so many files of the output; the links of those that are left, with
    /// which the delete is to be repeated, are listed. FAL answers the same again for ten minutes.
    Deleted {
        /// How many files were destroyed.
        files: usize,
        /// Links to the files that could not be destroyed.
        left: Vec<String>,
    },
    /// FAL keeps nothing of such a request: it never did, or it was destroyed before.
    AlreadyGone,
}

impl PayloadDeletion {
    /// Returns whether nothing is left.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Deleted { left, .. } => left.is_empty(),
            Self::AlreadyGone => true,
        }
    }
}

impl fmt::Debug for PayloadDeletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted { files, left } => f
                .debug_struct("Deleted")
                .field("files", files)
                .field("left", &left.len())
                .finish(),
            Self::AlreadyGone => f.write_str("AlreadyGone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_input_and_no_link() {
        let record = RequestRecord {
            request_id: "1".parse().unwrap(),
            endpoint: "a/b".parse().unwrap(),
            sent_at: None,
            ended_at: None,
            status_code: Some(200),
            input: Some(serde_json::json!({ "prompt": "canary" })),
        };
        let deletion = PayloadDeletion::Deleted {
            files: 1,
            left: vec!["https://v3.fal.media/canary".to_owned()],
        };
        assert!(!deletion.is_complete() && PayloadDeletion::AlreadyGone.is_complete());
        assert!(!format!("{record:?} {deletion:?}").contains("canary"));
    }
}
