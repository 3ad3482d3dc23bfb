//! The controls for programs in other languages, over HTTP and below `/_simulator/`.

use axum::http::Method;
use axum::response::Response;
use core_config::parse_duration;
use serde::Deserialize;
use serde_json::json;

use super::answer;
use super::asked::Asked;
use super::auth;
use super::fault::script_from_json;
use super::state::State;

/// The wish to move the time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    by: String,
}

/// Answers a request to the controls.
pub(super) fn handle(state: &State, segments: &[&str], asked: &Asked) -> Response {
    if let Some(reason) = auth::refusal(&asked.headers, &state.key, "simulator") {
        return answer::detail(401, &reason);
    }
    match (&asked.method, segments) {
        (&Method::POST, ["rules"]) => add_rules(state, asked),
        (&Method::DELETE, ["rules"]) => {
            state.lock().rules.clear();
            answer::body(200, json!({}))
        }
        (&Method::POST, ["advance"]) => advance(state, asked),
        (&Method::GET, ["record"]) => record(state),
        _ => answer::detail(404, "Not Found"),
    }
}

fn add_rules(state: &State, asked: &Asked) -> Response {
    match script_from_json(&String::from_utf8_lossy(&asked.bytes)) {
        Ok(rules) => {
            state.lock().rules.extend(rules);
            answer::body(200, json!({}))
        }
        Err(error) => answer::detail(422, &error.to_string()),
    }
}

fn advance(state: &State, asked: &Asked) -> Response {
    let step = serde_json::from_slice::<Step>(&asked.bytes).ok();
    let Some(by) = step.and_then(|step| parse_duration(&step.by).ok()) else {
        return answer::detail(422, "by is a length of time, such as 30s");
    };
    if !state.settings.is_virtual {
        return answer::detail(409, "The time of this simulator passes by itself");
    }
    state.time.advance(by);
    answer::body(200, json!({}))
}

fn record(state: &State) -> Response {
    let inner = state.lock();
    let record = json!({
        "accepted_submits": inner.accepted,
        "accepted_ids": inner.order,
        "requests": inner.requests(),
        "deliveries": inner.deliveries(),
    });
    answer::body(200, record)
}
