//! What a delivery says.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{WebhookError, WebhookErrorKind};
use crate::RequestId;

/// What FAL reports of one job. Only what was verified becomes one outside of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The job; deliveries of the same job have the same.
    pub request_id: RequestId,
    /// FAL's name of the try that ended; another one after FAL repeated it.
    pub gateway_request_id: Option<String>,
    /// How the job ended.
    pub outcome: DeliveryOutcome,
}

/// How the job of a delivery ended.
///
/// `Debug` leaves out what the model gave and said, which holds links to pictures and may echo the input.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// Well, with this output.
    Output(Value),
    /// Well, but the output could not be delivered: fetch it from the queue.
    FetchResult,
    /// Badly. The result at the queue has the error with its status; this is what the delivery says of it.
    Failed {
        /// The answer of the model, mostly with its `detail`.
        payload: Option<Value>,
    },
}

impl fmt::Debug for DeliveryOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output(_) => "Output",
            Self::FetchResult => "FetchResult",
            Self::Failed { .. } => "Failed",
        })
    }
}

/// A delivery as it is written. Source: FAL's page on webhooks.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Body {
    request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateway_request_id: Option<String>,
    status: String,
    #[serde(default)]
    payload: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_error: Option<Value>,
}

impl Delivery {
    /// Reads the body of a delivery, without checking whose it is.
    ///
    /// # Errors
    ///
    /// `BadBody` for anything but a delivery.
    pub fn parse(body: &[u8]) -> Result<Self, WebhookError> {
        // The error of the parser is left out: it may quote the body.
        let bad_body = || WebhookError::new(WebhookErrorKind::BadBody);
        let body: Body = serde_json::from_slice(body).map_err(|_| bad_body())?;
        let outcome = match (body.status.as_str(), body.payload) {
            ("OK", Some(payload)) if !payload.is_null() => DeliveryOutcome::Output(payload),
            // `payload_error` says why it is missing; the job went well all the same.
            ("OK", _) => DeliveryOutcome::FetchResult,
            ("ERROR", payload) => DeliveryOutcome::Failed { payload },
            _ => return Err(bad_body()),
        };
        Ok(Self {
            request_id: RequestId::try_from(body.request_id).map_err(|_| bad_body())?,
            gateway_request_id: body.gateway_request_id,
            outcome,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(body: &str) -> DeliveryOutcome {
        let read: Body = serde_json::from_str(body).unwrap();
        let written = serde_json::to_string(&read).unwrap();
        assert!(serde_json::from_str::<Body>(&written).unwrap() == read);
        Delivery::parse(body.as_bytes()).unwrap().outcome
    }

    #[test]
    fn recorded_deliveries_are_read_and_written() {
        let output = outcome(include_str!("../../tests/wire/webhook/ok.json"));
        assert!(matches!(output, DeliveryOutcome::Output(value) if value["images"].is_array()));
        assert_eq!(
            outcome(include_str!("../../tests/wire/webhook/payload_error.json")),
            DeliveryOutcome::FetchResult
        );
        let failed = outcome(include_str!("../../tests/wire/webhook/error.json"));
        assert!(
            matches!(&failed, DeliveryOutcome::Failed { payload: Some(value) } if value["detail"].is_array())
        );
        assert!(!format!("{failed:?}").contains("canary"));
    }

    #[test]
    fn a_body_that_is_no_delivery_is_none() {
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"request_id":"1"}"#,
            r#"{"request_id":"1","status":"IN_QUEUE"}"#,
            r#"{"request_id":"../1","status":"OK"}"#,
            r#"{"request_id":7,"status":"OK"}"#,
        ] {
            let error = Delivery::parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), WebhookErrorKind::BadBody, "{bad}");
        }
    }
}
