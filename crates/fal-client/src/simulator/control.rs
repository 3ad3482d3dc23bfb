//! The handle of a running simulator: adds faults and tells what was asked.

use std::sync::Arc;

use axum::extract::Request;

use super::fault::Rule;
use super::state::State;

/// The two origins that a simulator listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// The queue.
    Queue,
    /// The files behind the links of an output; the key must never come here.
    Media,
}

/// A request that arrived: never its body, and of its headers the names alone.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Returns how many submits were accepted, each of which FAL would have charged.
    pub fn accepted_submits(&self) -> u64 {
        self.0.lock().accepted
    }

    /// Returns the requests that arrived on both origins, oldest first, at most the last 10 000.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.0.lock().requests()
    }
}
