//! Our client, worn as the assembly wears it.

use std::sync::Arc;

use core_config::Secret;
use fal_client::http::{FalSettings, HttpFalQueue};
use fal_client::layer::{Retrying, Traced};
use fal_client::{Endpoint, FalClient, FalKey, FalModel, PollPolicy, RetryPolicy, SubmitOptions};
use serde_json::{Value, json};

use super::{ENDPOINT, PAUSE, PROMPT};
use crate::shared::Outcome;

/// A client and the model that it asks.
pub(super) struct Ours {
    client: FalClient,
    model: Model,
}

struct Model(Endpoint);

impl FalModel for Model {
    type Input = Value;
    type Output = Value;

    fn endpoint(&self) -> &Endpoint {
        &self.0
    }
}

impl Ours {
    /// Returns a client of the queue.
    pub(super) fn new(queue: &str, key: &str) -> Outcome<Self> {
        let key = FalKey::new(&Secret::new(key))?;
        let settings = FalSettings::new(key).with_queue_url(queue.parse()?);
        let queue = HttpFalQueue::new(&settings)?;
        let queue = Traced::new(Retrying::new(queue, RetryPolicy::default()));
        let poll = PollPolicy::default().with_interval(PAUSE, PAUSE);
        Ok(Self {
            client: FalClient::new(Arc::new(queue)).with_poll(poll),
            model: Model(ENDPOINT.parse()?),
        })
    }

    /// Submits a job, polls it to its end, and fetches what it gave.
    pub(super) async fn job(&self) -> Outcome {
        let (input, options) = (json!({ "prompt": PROMPT }), SubmitOptions::default());
        let job = self.client.subscribe(&self.model, &input, &options, |_| {});
        if job.await?.output["images"].is_array() {
            Ok(())
        } else {
            Err("the output has no images".into())
        }
    }
}
