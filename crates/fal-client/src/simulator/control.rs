//! The handle of a running simulator: adds faults, moves the time, and tells what was asked.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use serde::Serialize;

use super::fault::Rule;
use super::state::State;

/// The two origins that a simulator listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Host {
    /// The queue, and beside it direct runs, uploads, tokens and the platform: all that the key is for.
    Queue,
    /// The files behind links and the bytes of uploads; the key must never come here.
    Media,
}

/// A request that arrived: never its body, and of its headers the names alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedRequest {
    host: Host,
    method: String,
    path: String,
    header_names: Vec<String>,
}

impl RecordedRequest {
    pub(super) fn of(host: Host, request: &Request) -> Self {
        let names = request.headers().keys();
        Self {
            host,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            header_names: names.map(|name| name.as_str().to_owned()).collect(),
        }
    }

    /// Returns the origin that was asked.
    pub fn host(&self) -> Host {
        self.host
    }

    /// Returns the method, in capital letters.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the names of the headers, in small letters.
    pub fn header_names(&self) -> &[String] {
        &self.header_names
    }
}

/// A webhook that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedDelivery {
    pub(super) request_id: String,
    pub(super) attempt: u32,
    pub(super) status: Option<u16>,
}

impl RecordedDelivery {
    /// Returns the id of the request whose end was told.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Returns which delivery of this request it was, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns what the receiver answered; `None` when it did not answer in time, or is not on loopback.
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

/// A handle of a running simulator; clones share it.
#[derive(Debug, Clone)]
pub struct Control(pub(super) Arc<State>);

impl Control {
    /// Adds a rule after those that are there.
    pub fn add(&self, rule: Rule) {
        self.0.lock().rules.push(rule);
    }

    /// Drops all rules that have not struck yet.
    pub fn clear_rules(&self) {
        self.0.lock().rules.clear();
    }

    /// Returns how many submits were accepted, each of which FAL would have charged; direct runs count.
    pub fn accepted_submits(&self) -> u64 {
        self.0.lock().accepted
    }

    /// Returns the ids of the requests that were accepted, oldest first, at most the last 10 000.
    pub fn accepted_ids(&self) -> Vec<String> {
        self.0.lock().order.iter().cloned().collect()
    }

    /// Returns the requests that arrived on both origins, oldest first, at most the last 10 000.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.0.lock().requests()
    }

    /// Returns the webhooks that were sent, oldest first, at most the last 10 000.
    pub fn deliveries(&self) -> Vec<RecordedDelivery> {
        self.0.lock().deliveries()
    }

    /// Moves the time on, for a simulator with [`virtual_time`](super::FalSimulatorBuilder::virtual_time).
    ///
    /// What is due meanwhile happens at its own moment. Whether a runner or a limit to start comes first within
    /// one step is not defined, so move in steps where that matters.
    pub fn advance(&self, by: Duration) {
        self.0.time.advance(by);
    }

    /// Signs webhooks with a new key from now on; the old one is no longer among the published keys.
    pub fn rotate_webhook_key(&self) {
        self.0.signer.rotate();
    }
}
