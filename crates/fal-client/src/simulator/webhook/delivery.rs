//! What a webhook says, and the headers that prove whose it is.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use url::Url;

use super::signer;
use crate::simulator::fault::Fault;
use crate::simulator::job::{Ending, Job};
use crate::simulator::state::State;
use crate::webhook::WebhookHeaders;

/// The account that all requests belong to.
pub(in super::super) const USER_ID: &str = "simulated-account";
/// How old a signature is that came too late.
const STALE: Duration = Duration::from_mins(10);
/// What FAL says of an output that it cannot deliver.
const NO_PAYLOAD: &str = "Response payload is not JSON serializable. Either return a JSON serializable object or \
     use the queue endpoint to retrieve the response.";

/// What is to be told of one job.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) id: String,
    pub(super) target: Url,
    pub(super) fault: Option<Fault>,
    pub(super) told: watch::Sender<bool>,
    body: Value,
}

/// A delivery, ready to be sent.
pub(super) struct Signed {
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Notice {
    /// Returns what is to be told of a job that has ended and whose caller wants to know.
    pub(super) fn of(state: &State, id: &str) -> Option<Self> {
        let inner = state.lock();
        let job = inner.jobs.get(id)?;
        Some(Self {
            id: id.to_owned(),
            target: job.webhook.clone()?,
            fault: job.fault.clone(),
            told: job.is_told.clone(),
            body: body(id, job, job.ending()?),
        })
    }

    /// Returns a delivery that is signed now, or what the script makes of it.
    pub(super) fn signed(&self, state: &State) -> Signed {
        let mut body = self.body.to_string();
        let age = match self.fault {
            Some(Fault::WebhookStale) => STALE,
            _ => Duration::ZERO,
        };
        // The receiver goes by the time of the wall, so moved time does not count here.
        let signed_at = DateTime::<Utc>::from(SystemTime::now()) - age;
        let timestamp = signed_at.timestamp().to_string();
        let digest = hex::encode(Sha256::digest(&body));
        let message = format!("{}\n{USER_ID}\n{timestamp}\n{digest}", self.id);
        let signature = match self.fault {
            Some(Fault::WebhookForged) => signer::forge(&message),
            _ => state.signer.sign(&message),
        };
        if self.fault == Some(Fault::WebhookTampered) {
            body = body.replace("\"status\"", " \"status\"");
        }
        let headers = match self.fault {
            Some(Fault::WebhookUnsigned) => HeaderMap::new(),
            _ => headers([&self.id, USER_ID, &timestamp, &signature]),
        };
        Signed {
            headers: with_type(headers),
            body,
        }
    }
}

fn with_type(mut headers: HeaderMap) -> HeaderMap {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

fn headers(texts: [&str; 4]) -> HeaderMap {
    let names = [
        WebhookHeaders::REQUEST_ID,
        WebhookHeaders::USER_ID,
        WebhookHeaders::TIMESTAMP,
        WebhookHeaders::SIGNATURE,
    ];
    let pairs = names.into_iter().zip(texts);
    pairs
        .filter_map(|(name, text)| {
            let value = HeaderValue::from_str(text).ok()?;
            Some((HeaderName::from_static(name), value))
        })
        .collect()
}

fn body(id: &str, job: &Job, ending: &Ending) -> Value {
    let mut body = json!({
        "request_id": id,
        "gateway_request_id": job.gateway_id,
        "status": "OK",
        "payload": ending.body(),
    });
    if job.fault == Some(Fault::WebhookWithoutPayload) {
        body["payload"] = Value::Null;
        body["payload_error"] = json!(NO_PAYLOAD);
    }
    if ending.status() != 200 {
        body["status"] = json!("ERROR");
        body["error"] = json!(format!("Invalid status code: {}", ending.status()));
    }
    body
}
