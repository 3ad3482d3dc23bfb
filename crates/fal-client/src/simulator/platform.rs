//! The platform: the account's requests, and what is kept of them.

use axum::http::Method;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer;
use super::asked::Asked;
use super::auth;
use super::job::{Ending, Job, Phase};
use super::state::{Inner, State};

/// How many requests a page has unless the caller says otherwise.
const USUAL_LIMIT: usize = 50;
/// The most requests of a page.
const MOST: usize = 100;

/// Answers a request to the platform; `segments` follow the version.
pub(super) fn handle(state: &State, segments: &[&str], asked: &Asked) -> Response {
    if auth::refusal(&asked.headers, &state.key, "platform").is_some() {
        return error(401, "authorization_error", "Authentication required");
    }
    match (&asked.method, segments) {
        (&Method::GET, ["models", "requests", "by-endpoint"]) => list(state, asked),
        (&Method::DELETE, ["models", "requests", id, "payloads"]) => erase(state, id),
        _ => error(404, "not_found", "Not found"),
    }
}

fn error(status: u16, kind: &str, message: &str) -> Response {
    answer::body(
        status,
        json!({ "error": { "type": kind, "message": message } }),
    )
}

/// Which requests a caller asks for.
struct Wanted<'a> {
    endpoint: &'a str,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    with_payloads: bool,
}

impl<'a> Wanted<'a> {
    fn read(asked: &'a Asked) -> Option<Self> {
        let moment = |name| match asked.field(name) {
            None => Some(None),
            Some(text) => DateTime::parse_from_rfc3339(text)
                .ok()
                .map(|moment| Some(moment.to_utc())),
        };
        Some(Self {
            endpoint: asked.field("endpoint_id")?,
            from: moment("start")?,
            until: moment("end")?,
            with_payloads: asked
                .field("expand")
                .is_some_and(|expand| expand.split(',').any(|part| part == "payloads")),
        })
    }

    fn fits(&self, state: &State, job: &Job) -> bool {
        let sent = state.time.wall(job.submitted);
        // The times of callers are cut to milliseconds.
        let is_after = self
            .from
            .is_none_or(|from| sent.timestamp_millis() >= from.timestamp_millis());
        job.model.id == self.endpoint && is_after && self.until.is_none_or(|until| sent <= until)
    }
}

/// Lists requests, the newest first.
fn list(state: &State, asked: &Asked) -> Response {
    let Some(wanted) = Wanted::read(asked) else {
        let message = "endpoint_id is needed; start and end are times of ISO 8601";
        return error(422, "validation_error", message);
    };
    let Some(skipped) = asked.field("cursor").map_or(Some(0), read_cursor) else {
        return error(422, "validation_error", "Unknown cursor");
    };
    let limit = asked.field("limit").and_then(|limit| limit.parse().ok());
    let limit = limit.unwrap_or(USUAL_LIMIT).clamp(1, MOST);
    let inner = state.lock();
    let mut found = listed(state, &inner, &wanted).skip(skipped);
    let items: Vec<Value> = found.by_ref().take(limit).collect();
    let has_more = found.next().is_some();
    let next = has_more.then(|| STANDARD.encode((skipped + limit).to_string()));
    let page = json!({ "items": items, "next_cursor": next, "has_more": has_more });
    answer::body(200, page)
}

fn listed<'a>(
    state: &'a State,
    inner: &'a Inner,
    wanted: &'a Wanted<'_>,
) -> impl Iterator<Item = Value> + 'a {
    let jobs = inner.order.iter().rev();
    jobs.filter_map(|id| Some((id, inner.jobs.get(id)?)))
        .filter(|(_, job)| wanted.fits(state, job))
        .map(|(id, job)| item(state, id, job, wanted.with_payloads))
}

fn read_cursor(text: &str) -> Option<usize> {
    let bytes = STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()?.parse().ok()
}

fn item(state: &State, id: &str, job: &Job, with_payloads: bool) -> Value {
    let moment = |at: Instant| {
        let wall = state.time.wall(at);
        json!(wall.to_rfc3339_opts(SecondsFormat::Millis, true))
    };
    let mut item = json!({
        "request_id": id,
        "endpoint_id": job.model.id,
        "sent_at": moment(job.submitted),
    });
    if let Some(since) = job.since() {
        item["started_at"] = moment(since);
    }
    if let Phase::Ended { at, ending, .. } = &job.phase {
        item["ended_at"] = moment(*at);
        item["status_code"] = json!(ending.status());
        item["duration"] = json!(job.inference_time());
    }
    if with_payloads && !job.is_erased && !job.wishes.keeps_no_payload {
        item["json_input"] = job.input.clone();
        if let Some(ending) = job.ending() {
            item["json_output"] = ending.body();
        }
    }
    item
}

/// Destroys what is kept of a request: its input and output, and the files of the output.
fn erase(state: &State, id: &str) -> Response {
    if !state.settings.has_admin_key {
        let message = "This operation requires an admin API key";
        return error(403, "forbidden", message);
    }
    let mut inner = state.lock();
    let Some(job) = inner.jobs.get_mut(id).filter(|job| !job.is_erased) else {
        return error(404, "not_found", "Request not found");
    };
    let Some(ending) = job.ending() else {
        return error(400, "validation_error", "Request is still in progress");
    };
    let links = links_of(ending);
    job.is_erased = true;
    job.input = Value::Null;
    drop(inner);
    let mut results = Vec::new();
    for link in links {
        state.media.destroy(&link);
        results.push(json!({ "link": link, "exception": null }));
    }
    answer::body(200, json!({ "cdn_delete_results": results }))
}

/// Returns the links to the files of an output.
fn links_of(ending: &Ending) -> Vec<String> {
    let Ending::Output { value, .. } = ending else {
        return Vec::new();
    };
    let images = value["images"].as_array().into_iter().flatten();
    images
        .filter_map(|image| image["url"].as_str())
        .filter(|link| link.starts_with("http"))
        .map(str::to_owned)
        .collect()
}
