//! A submit of which nobody knows whether it was accepted.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Endpoint, InputHash, RequestId};

/// All that is needed to find a submit again whose answer was lost.
///
/// It holds no prompt and no key, so a journal may keep it. The adapter puts one into each
/// [`Unacknowledged`](crate::FalErrorKind::Unacknowledged) error; a process that died in between rebuilds it
/// from what its journal says of the step before the submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownSubmit {
    /// The model that was asked.
    pub endpoint: Endpoint,
    /// The hash of what it was given.
    pub input_hash: InputHash,
    /// When the submit began, by our clock.
    pub not_before: DateTime<Utc>,
    /// When it was given up, by our clock; for a process that died, when it was found dead.
    pub not_after: DateTime<Utc>,
    /// Our id in the address of the webhook that was asked for: the delivery that bears it is the job's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<String>,
    /// The id in the head of a broken answer; it is the job's only if a request bears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
}

impl UnknownSubmit {
    /// Returns a submit that began and was given up at these times.
    pub fn new(
        endpoint: Endpoint,
        input_hash: InputHash,
        not_before: DateTime<Utc>,
        not_after: DateTime<Utc>,
    ) -> Self {
        Self {
            endpoint,
            input_hash,
            not_before,
            not_after,
            webhook_id: None,
            request_id: None,
        }
    }

    /// Sets our id in the address of the webhook.
    #[must_use]
    pub fn with_webhook_id(mut self, id: Option<&str>) -> Self {
        self.webhook_id = id.map(str::to_owned);
        self
    }

    /// Sets the id in the head of a broken answer.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<&RequestId>) -> Self {
        self.request_id = id.cloned();
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_journal_can_keep_it_and_it_tells_no_prompt() {
        let start = DateTime::UNIX_EPOCH;
        let lost = UnknownSubmit::new(
            "fal-ai/imagen4/preview".parse().unwrap(),
            InputHash::of(&json!({ "prompt": "canary" })),
            start,
            start + chrono::TimeDelta::seconds(30),
        )
        .with_webhook_id(Some("0199"));
        let json = serde_json::to_string(&lost).unwrap();
        assert_eq!(serde_json::from_str::<UnknownSubmit>(&json).unwrap(), lost);
        assert!(!format!("{json} {lost:?}").contains("canary"));
    }
}
