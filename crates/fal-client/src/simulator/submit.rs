//! Submits: the check of the caller, the script, and the place in the line.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::timeout;
use url::Url;
use uuid::Uuid;

use super::asked::Asked;
use super::auth;
use super::connection::Knife;
use super::fault::{Fault, Step};
use super::job::Job;
use super::models::{self, Model};
use super::queue::links;
use super::spoil::spoil;
use super::state::State;
use super::wishes::Wishes;
use super::{answer, input, route};

/// The longest time that a submit waits for its own webhook to be delivered.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A call of a model that may be answered by a job.
pub(super) struct Call {
    pub(super) app: String,
    pub(super) model: &'static Model,
    pub(super) input: Value,
    pub(super) wishes: Wishes,
    pub(super) webhook: Option<Url>,
}

impl Call {
    /// Checks the caller, the model and the shape of a request; the error is the answer.
    pub(super) fn check(
        state: &State,
        endpoint: &str,
        asked: &Asked,
    ) -> Result<Self, Box<Response>> {
        let app = route::app_of(endpoint);
        if let Some(reason) = auth::refusal_of(state, asked, &app) {
            return Err(Box::new(answer::detail(401, &reason)));
        }
        let Some(model) = served(state, endpoint) else {
            let alias = app.rsplit('/').next().unwrap_or(&app);
            let text = format!("Application \"{alias}\" not found");
            return Err(Box::new(answer::detail(404, &text)));
        };
        let wishes = Wishes::read(&asked.headers)
            .map_err(|text| Box::new(answer::infrastructure(400, text, "bad_request")))?;
        let input = read_input(asked)?;
        let webhook = asked.field("fal_webhook").map(str::parse).transpose();
        let webhook = webhook.map_err(|_| {
            Box::new(answer::infrastructure(
                400,
                "Invalid webhook URL",
                "bad_request",
            ))
        })?;
        Ok(Self {
            app,
            model,
            input,
            wishes,
            webhook,
        })
    }

    /// Returns the prompt, which rules of the script may look at.
    pub(super) fn prompt(&self) -> &str {
        self.input["prompt"].as_str().unwrap_or_default()
    }

    /// Returns the job, which begins now.
    pub(super) fn into_job(self, state: &State, fault: Option<Fault>) -> Job {
        let mut job = Job::new(self.app, self.model, self.input, state.time.now());
        if let (true, Ok(order)) = (state.settings.draws_thumbnails, &mut job.order) {
            order.shrink();
        }
        job.wishes = self.wishes;
        job.webhook = self.webhook;
        job.fault = fault;
        job
    }
}

fn read_input(asked: &Asked) -> Result<Value, Box<Response>> {
    serde_json::from_slice(&asked.bytes).map_err(|_| {
        let text = Value::String(String::from_utf8_lossy(&asked.bytes).into_owned());
        let detail = input::detail(None, "json_invalid", "JSON decode error", None, &text);
        Box::new(answer::body(422, json!({ "detail": [detail] })))
    })
}

/// Returns the model behind an endpoint unless it is retired.
fn served(state: &State, endpoint: &str) -> Option<&'static Model> {
    let gone = state.settings.retired.iter().any(|retired| {
        endpoint
            .strip_prefix(retired.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if gone { None } else { models::find(endpoint) }
}

/// Answers a submit.
pub(super) async fn handle(
    state: &Arc<State>,
    knife: &Knife,
    endpoint: &str,
    asked: &Asked,
) -> Response {
    let call = match Call::check(state, endpoint, asked) {
        Ok(call) => call,
        Err(answer) => return *answer,
    };
    let fault = state.lock().next_fault(call.prompt());
    if fault.as_ref().is_some_and(Fault::prevents_acceptance) {
        return spoil(state, knife, fault, || answer::detail(500, "never sent")).await;
    }
    let room = asked.field("fal_max_queue_length");
    let room = room.and_then(|length| length.parse::<usize>().ok());
    if room.is_some_and(|room| state.lock().line.len() > room) {
        let full = answer::detail(429, "Queue is full");
        return answer::with(full, answer::NEEDS_RETRY, "1");
    }
    let accepted = accept(state, call.into_job(state, fault)).await;
    let fault = accepted.fault.clone();
    spoil(state, knife, fault, || accepted.answer(state)).await
}

/// A submit that was accepted.
struct Accepted {
    id: String,
    app: String,
    position: usize,
    /// What goes wrong with the answer.
    fault: Option<Fault>,
}

/// Puts a job into the line.
async fn accept(state: &State, mut job: Job) -> Accepted {
    let id = Uuid::now_v7().to_string();
    let waits_for_webhook = job.fault == Some(Fault::WebhookFirst) && job.webhook.is_some();
    let mut told = job.is_told.subscribe();
    let fault = job.take_fault(Step::Submit);
    let app = job.app.clone();
    let position = state.lock().accept(&id, job);
    state.changed.notify_waiters();
    if waits_for_webhook {
        let heard = timeout(LONGEST_WAIT, told.wait_for(|is_told| *is_told)).await;
        if heard.is_err() {
            tracing::debug!("a submit is answered before its webhook could be delivered");
        }
    }
    Accepted {
        id,
        app,
        position,
        fault,
    }
}

impl Accepted {
    fn answer(&self, state: &State) -> Response {
        let mut value = links(state, &self.app, &self.id);
        if self.fault == Some(Fault::ForeignLinks) {
            let (own, foreign) = (state.base.as_str(), state.media.base().as_str());
            for name in ["status_url", "cancel_url", "response_url"] {
                let link = value[name].as_str().unwrap_or_default();
                value[name] = json!(link.replacen(own, foreign, 1));
            }
        }
        value["status"] = json!("IN_QUEUE");
        value["queue_position"] = json!(self.position);
        value["logs"] = Value::Null;
        value["metrics"] = json!({});
        let answer = answer::body(200, value);
        match self.fault {
            // A body and an id that are both lost leave nothing to go by.
            Some(Fault::GarbageJson { .. }) => answer,
            _ => answer::with(answer, answer::REQUEST_ID, &self.id),
        }
    }
}
