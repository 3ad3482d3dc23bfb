//! The routes of the queue: submit, status, result, cancel.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State as Shared};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::answer;
use super::auth;
use super::connection::Knife;
use super::control::{Host, RecordedRequest};
use super::fault::{Fault, Step};
use super::input;
use super::job::{Ending, Job, Line, Phase};
use super::models::{self, Model};
use super::route::{self, Operation, Route};
use super::state::{Cancelled, State};

/// The most bytes of an input.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// The query of a request, by name.
type Fields = HashMap<String, String>;

/// Answers a request on the queue's listener.
pub(super) async fn handle(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    state
        .lock()
        .record(RecordedRequest::of(Host::Queue, &request));
    let Some(route) = route::parse(request.uri().path()) else {
        return answer::detail(404, "Not Found");
    };
    let fields = Query::<Fields>::try_from_uri(request.uri())
        .map_or_else(|_| Fields::new(), |query| query.0);
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return answer::detail(413, "Request body too large");
    };
    match route {
        Route::Model(endpoint) if parts.method == Method::POST => {
            let call = Submit {
                endpoint,
                headers: parts.headers,
                fields,
                bytes,
            };
            submit(&state, &knife, &call)
        }
        Route::Request { app, id, operation } if parts.method == method_of(operation) => {
            about_request(&state, &parts.headers, &app, &id, (operation, &fields))
        }
        _ => answer::detail(405, "Method Not Allowed"),
    }
}

fn method_of(operation: Operation) -> Method {
    match operation {
        Operation::Status | Operation::Result => Method::GET,
        Operation::Cancel => Method::PUT,
    }
}

/// A submit as it arrived.
struct Submit {
    endpoint: String,
    headers: HeaderMap,
    fields: Fields,
    bytes: Bytes,
}

fn submit(state: &State, knife: &Knife, call: &Submit) -> Response {
    let app = route::app_of(&call.endpoint);
    if let Some(reason) = auth::refusal(&call.headers, &state.key, &app) {
        return answer::detail(401, &reason);
    }
    let Some(model) = served(state, &call.endpoint) else {
        let alias = app.rsplit('/').next().unwrap_or(&app);
        return answer::detail(404, &format!("Application \"{alias}\" not found"));
    };
    let Ok(input) = serde_json::from_slice::<Value>(&call.bytes) else {
        let text = Value::String(String::from_utf8_lossy(&call.bytes).into_owned());
        let detail = input::detail(None, "json_invalid", "JSON decode error", None, &text);
        return answer::body(422, json!({ "detail": [detail] }));
    };
    accept(state, knife, &call.fields, (app, model, input))
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

/// Puts a request into the line, or lets the script get in its way.
fn accept(
    state: &State,
    knife: &Knife,
    fields: &Fields,
    asked: (String, &'static Model, Value),
) -> Response {
    let mut inner = state.lock();
    let prompt = asked.2["prompt"].as_str().unwrap_or_default();
    let fault = inner.next_fault(prompt);
    if let Some(answer) = turn_away(knife, fault.as_ref()) {
        return answer;
    }
    let room = fields
        .get("fal_max_queue_length")
        .and_then(|length| length.parse().ok());
    if room.is_some_and(|room: usize| inner.waiting.len() > room) {
        return answer::too_many(1);
    }
    let id = Uuid::now_v7().to_string();
    let mut job = new_job(asked, fault);
    if job.fault == Some(Fault::DropAfterAccept) {
        knife.cut();
    }
    let garbage = job.take_fault(Step::Submit).is_some();
    let mut value = links(state, &job.app, &id);
    let position = inner.accept(&id, job);
    drop(inner);
    state.changed.notify_waiters();
    if garbage {
        return answer::garbage();
    }
    value["status"] = json!("IN_QUEUE");
    value["queue_position"] = json!(position);
    value["logs"] = Value::Null;
    value["metrics"] = json!({});
    answer::with(answer::body(200, value), answer::REQUEST_ID, &id)
}

fn new_job(asked: (String, &'static Model, Value), fault: Option<Fault>) -> Job {
    let (app, model, input) = asked;
    Job {
        order: input::check(model, &input),
        app,
        input,
        fault,
        submitted: Instant::now(),
        phase: Phase::Waiting,
        stop: Arc::new(Notify::new()),
    }
}

/// Returns the answer to a submit that the script keeps from being accepted.
fn turn_away(knife: &Knife, fault: Option<&Fault>) -> Option<Response> {
    match fault? {
        Fault::DropBeforeAccept => {
            knife.cut();
            Some(answer::detail(500, "never sent"))
        }
        Fault::TooManyRequests { retry_after } => Some(answer::too_many(retry_after.as_secs())),
        Fault::Ingress {
            status,
            at: Step::Submit,
        } => Some(answer::nginx(*status)),
        _ => None,
    }
}

/// Returns the part that all answers about a request share.
fn links(state: &State, app: &str, id: &str) -> Value {
    let base = state.queue_url.as_str().trim_end_matches('/');
    let response = format!("{base}/{app}/requests/{id}");
    json!({
        "request_id": id,
        "status_url": format!("{response}/status"),
        "cancel_url": format!("{response}/cancel"),
        "response_url": response,
    })
}

/// Answers a request about a job.
fn about_request(
    state: &State,
    headers: &HeaderMap,
    app: &str,
    id: &str,
    asked: (Operation, &Fields),
) -> Response {
    let (operation, fields) = asked;
    // FAL says so even to callers without a key.
    if state.lock().jobs.get(id).is_none_or(|job| job.app != app) {
        return answer::body(404, json!({ "status": "NOT_FOUND" }));
    }
    if let Some(reason) = auth::refusal(headers, &state.key, app) {
        return answer::detail(401, &reason);
    }
    let step = match operation {
        Operation::Status => Step::Status,
        Operation::Result => Step::Result,
        Operation::Cancel => return cancel(state, id),
    };
    if let Some(answer) = struck(state, id, step) {
        return answer;
    }
    let answer = match operation {
        Operation::Status => status(state, id, fields),
        _ => result(state, id),
    };
    answer::with(answer, answer::REQUEST_ID, id)
}

/// Returns the answer that the script puts in the place of the right one.
fn struck(state: &State, id: &str, step: Step) -> Option<Response> {
    let mut inner = state.lock();
    let job = inner.jobs.get_mut(id)?;
    // Before the end the result is not there anyway, so its fault waits.
    if step == Step::Result && !matches!(job.phase, Phase::Ended { .. }) {
        return None;
    }
    match job.take_fault(step)? {
        Fault::Ingress { status, .. } => Some(answer::nginx(status)),
        Fault::GarbageJson { .. } => Some(answer::with(answer::garbage(), answer::REQUEST_ID, id)),
        _ => {
            let answer = answer::infrastructure(504, "Request timed out", "request_timeout");
            Some(answer::with(answer, answer::REQUEST_ID, id))
        }
    }
}

fn cancel(state: &State, id: &str) -> Response {
    let outcome = state.lock().cancel(id, Instant::now());
    let answer = match outcome {
        Some(Cancelled::Requested) => {
            answer::body(202, json!({ "status": "CANCELLATION_REQUESTED" }))
        }
        Some(Cancelled::AlreadyCompleted) => {
            answer::body(400, json!({ "status": "ALREADY_COMPLETED" }))
        }
        None => answer::body(404, json!({ "status": "NOT_FOUND" })),
    };
    state.changed.notify_waiters();
    answer::with(answer, answer::REQUEST_ID, id)
}

fn status(state: &State, id: &str, fields: &Fields) -> Response {
    let inner = state.lock();
    let Some(job) = inner.jobs.get(id) else {
        return answer::body(404, json!({ "status": "NOT_FOUND" }));
    };
    let wanted = matches!(fields.get("logs").map(String::as_str), Some("1" | "true"));
    let lines = job.log(Instant::now(), state.settings.run_time);
    let logs = if wanted {
        written(state, &lines)
    } else {
        Value::Null
    };
    let mut value = links(state, &job.app, id);
    match &job.phase {
        Phase::Waiting => {
            value["status"] = json!("IN_QUEUE");
            value["queue_position"] = json!(inner.position(id));
            answer::body(202, value)
        }
        Phase::Running { .. } => {
            value["status"] = json!("IN_PROGRESS");
            value["logs"] = logs;
            answer::body(202, value)
        }
        Phase::Ended { ending, .. } => {
            value["status"] = json!("COMPLETED");
            value["logs"] = logs;
            value["metrics"] = json!({ "inference_time": job.inference_time() });
            if let Ending::Failed {
                error, error_type, ..
            } = ending
            {
                value["error"] = json!(error);
                value["error_type"] = json!(error_type);
            }
            answer::body(200, value)
        }
    }
}

/// Returns lines as FAL writes them; one client refuses lines without all four fields.
fn written(state: &State, lines: &[Line]) -> Value {
    lines
        .iter()
        .map(|line| {
            json!({
                "message": line.message,
                "timestamp": state.timestamp(line.at),
                "level": "INFO",
                "source": "USER",
            })
        })
        .collect()
}

fn result(state: &State, id: &str) -> Response {
    let inner = state.lock();
    let phase = inner.jobs.get(id).map(|job| &job.phase);
    let Some(Phase::Ended { ending, .. }) = phase else {
        return answer::detail(400, "Request is still in progress");
    };
    match ending {
        Ending::Output { value, units } => {
            let answer = answer::body(200, value.clone());
            answer::with(answer, answer::BILLABLE_UNITS, &units.to_string())
        }
        Ending::Refused { status, body } => {
            let answer = answer::body(*status, body.clone());
            answer::with(answer, answer::BILLABLE_UNITS, "0")
        }
        Ending::Failed {
            status,
            error,
            error_type,
        } => answer::infrastructure(*status, error, error_type),
    }
}
