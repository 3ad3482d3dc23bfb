//! What can be asked about a request: its status, once or as a stream, its result, and its end.

use std::sync::Arc;

use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::asked::Asked;
use super::auth;
use super::connection::Knife;
use super::fault::{Fault, Step};
use super::job::{Ending, Job, Line, Phase};
use super::route::{self, Operation, Route};
use super::spoil::spoil;
use super::state::{Cancelled, State};
use super::{stream, submit};

/// Answers a request to the queue.
pub(super) async fn handle(state: &Arc<State>, knife: &Knife, asked: &Asked) -> Response {
    let Some(route) = route::parse(&asked.path) else {
        return answer::detail(404, "Not Found");
    };
    match route {
        Route::Model(endpoint) if asked.method == Method::POST => {
            submit::handle(state, knife, &endpoint, asked).await
        }
        Route::Request { app, id, operation } if asked.method == method_of(operation) => {
            about_request(state, knife, asked, (&app, &id, operation)).await
        }
        _ => answer::detail(405, "Method Not Allowed"),
    }
}

fn method_of(operation: Operation) -> Method {
    match operation {
        Operation::Status | Operation::Stream | Operation::Result => Method::GET,
        Operation::Cancel => Method::PUT,
    }
}

/// Returns the part that all answers about a request share.
pub(super) fn links(state: &State, app: &str, id: &str) -> Value {
    let response = state.address(&format!("{app}/requests/{id}"));
    json!({
        "request_id": id,
        "status_url": format!("{response}/status"),
        "cancel_url": format!("{response}/cancel"),
        "response_url": response,
    })
}

fn not_found() -> Response {
    answer::body(404, json!({ "status": "NOT_FOUND" }))
}

async fn about_request(
    state: &Arc<State>,
    knife: &Knife,
    asked: &Asked,
    (app, id, operation): (&str, &str, Operation),
) -> Response {
    // FAL says so even to callers without a key.
    if !is_known(state, app, id) {
        return not_found();
    }
    if let Some(reason) = auth::refusal_of(state, asked, app) {
        return answer::detail(401, &reason);
    }
    let wants_logs = matches!(asked.field("logs"), Some("1" | "true"));
    let fault = fault_of(state, id, operation);
    let is_anonymous = matches!(&fault, Some(Fault::Ingress { .. }));
    let answer = spoil(state, knife, fault, || match operation {
        Operation::Status => status(state, id, wants_logs),
        Operation::Stream => stream::states(state, id, wants_logs),
        Operation::Result => result(state, id),
        Operation::Cancel => cancel(state, id),
    });
    match answer.await {
        answer if is_anonymous => answer,
        answer => answer::with(answer, answer::REQUEST_ID, id),
    }
}

fn is_known(state: &State, app: &str, id: &str) -> bool {
    let inner = state.lock();
    let job = inner.jobs.get(id);
    job.is_some_and(|job| job.app == app && job.fault != Some(Fault::Forgotten))
}

/// Returns what goes wrong with one answer about a request.
fn fault_of(state: &State, id: &str, operation: Operation) -> Option<Fault> {
    let step = match operation {
        Operation::Status => Step::Status,
        Operation::Stream => Step::Stream,
        Operation::Result => Step::Result,
        Operation::Cancel => Step::Cancel,
    };
    let mut inner = state.lock();
    let job = inner.jobs.get_mut(id)?;
    // Before the end the result is not there anyway, so its fault waits.
    if step == Step::Result && job.ending().is_none() {
        return None;
    }
    job.take_fault(step)
}

fn cancel(state: &State, id: &str) -> Response {
    match state.cancel(id) {
        Some(Cancelled::Requested) => {
            answer::body(202, json!({ "status": "CANCELLATION_REQUESTED" }))
        }
        Some(Cancelled::AlreadyCompleted) => {
            answer::body(400, json!({ "status": "ALREADY_COMPLETED" }))
        }
        None => not_found(),
    }
}

fn status(state: &State, id: &str, wants_logs: bool) -> Response {
    let inner = state.lock();
    let Some(job) = inner.jobs.get(id) else {
        return not_found();
    };
    let lines = job.log(state.time.now(), state.settings.run_time);
    let lines = wants_logs.then_some(lines.as_slice());
    let code = if job.ending().is_some() { 200 } else { 202 };
    answer::body(
        code,
        status_body(state, job, (id, inner.position(id)), lines),
    )
}

/// Returns a status with these lines of the log, or without any log.
pub(super) fn status_body(
    state: &State,
    job: &Job,
    (id, position): (&str, usize),
    lines: Option<&[Line]>,
) -> Value {
    let mut value = links(state, &job.app, id);
    let logs = lines.map_or(Value::Null, |lines| written(state, lines));
    match &job.phase {
        Phase::Waiting => {
            value["status"] = json!("IN_QUEUE");
            value["queue_position"] = json!(position);
        }
        Phase::Running { .. } => {
            value["status"] = json!("IN_PROGRESS");
            value["logs"] = logs;
        }
        Phase::Ended { ending, .. } => {
            value["status"] = json!("COMPLETED");
            value["logs"] = logs;
            value["metrics"] = json!({ "inference_time": job.inference_time() });
            if let Some((error, error_type)) = ending.failure() {
                value["error"] = json!(error);
                value["error_type"] = json!(error_type);
            }
        }
    }
    value
}

/// Returns lines as FAL writes them; one client refuses lines without all four fields.
fn written(state: &State, lines: &[Line]) -> Value {
    lines
        .iter()
        .map(|line| {
            json!({
                "message": line.message,
                "timestamp": state.time.written(line.at),
                "level": "INFO",
                "source": "USER",
            })
        })
        .collect()
}

/// Returns the answer to a `GET` of the result, which a direct run gives too.
pub(super) fn result(state: &State, id: &str) -> Response {
    let inner = state.lock();
    let Some(job) = inner.jobs.get(id).filter(|job| !job.is_erased) else {
        return not_found();
    };
    let Some(ending) = job.ending() else {
        return answer::detail(400, "Request is still in progress");
    };
    let answer = answer::body(ending.status(), ending.body());
    match ending {
        Ending::Output { units, .. } => {
            answer::with(answer, answer::BILLABLE_UNITS, &units.to_string())
        }
        Ending::Refused { .. } => answer::with(answer, answer::BILLABLE_UNITS, "0"),
        Ending::Failed { error_type, .. } => answer::with(answer, answer::ERROR_TYPE, error_type),
        Ending::Overdue => {
            let answer = answer::with(answer, answer::ERROR_TYPE, "request_timeout");
            answer::with(answer, answer::TIMEOUT_TYPE, "user")
        }
    }
}
