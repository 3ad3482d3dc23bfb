//! The floor: the same calls by a bare reqwest client, with neither checks nor repeats.

use std::sync::Arc;

use reqwest::{Client, RequestBuilder, header};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{ENDPOINT, PAUSE, PROMPT};
use crate::shared::Outcome;

/// The part of the endpoint that jobs live under.
const APP: &str = "fal-ai/imagen4";

/// A client of the queue.
pub(super) struct Bare {
    client: Client,
    queue: String,
    authorization: String,
}

impl Bare {
    /// Returns a client with one connection kept.
    pub(super) fn new(queue: &str, key: &str) -> Outcome<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        // Every header that ours sends is sent here, too.
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .user_agent("fal-client/0.1.0 (rust)");
        Ok(Self {
            client: client.build()?,
            queue: queue.to_owned(),
            authorization: format!("Key {key}"),
        })
    }

    /// Submits a job, polls it to its end, and fetches what it gave.
    pub(super) async fn job(&self) -> Outcome {
        let submit = self.client.post(format!("{}{ENDPOINT}", self.queue));
        let body = json!({ "prompt": PROMPT }).to_string();
        let submit = submit.header(header::CONTENT_TYPE, "application/json");
        let submitted = self.ask(submit.body(body)).await?;
        let id = submitted["request_id"].as_str().ok_or("no id")?;
        let result = format!("{}{APP}/requests/{id}", self.queue);
        let status = format!("{result}/status?logs=1");
        while self.ask(self.client.get(&status)).await?["status"] != "COMPLETED" {
            sleep(PAUSE).await;
        }
        let output = self.ask(self.client.get(&result)).await?;
        if output["images"].is_array() {
            Ok(())
        } else {
            Err("the output has no images".into())
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Outcome<Value> {
        let request = request
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::ACCEPT, "application/json");
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}
