//! Uploads with a token of the CDN, as FAL's Python client does them.

use axum::http::header;
use axum::response::Response;
use serde_json::json;

use super::{Asked, Lifecycle, Pending, State, complete_parts, full, keep, take_part};
use crate::simulator::{answer, auth};

/// Gives out a token: `POST /storage/auth/token`.
pub(in super::super) fn token(state: &State, asked: &Asked) -> Response {
    if let Some(reason) = auth::refusal(&asked.headers, &state.key, "storage") {
        return answer::detail(401, &reason);
    }
    let (token, ends) = state.uploads.issue_token(state.time.now());
    let body = json!({
        "token": token,
        "token_type": "Bearer",
        "base_url": state.media.link(""),
        // With an offset in digits: older readers of ISO 8601 know no `Z`.
        "expires_at": state.time.wall(ends).to_rfc3339(),
    });
    answer::body(200, body)
}

/// Takes a whole file: `POST /files/upload`.
pub(in super::super) fn send(state: &State, asked: &Asked) -> Response {
    let pending = match awaited(state, asked) {
        Ok(pending) => pending,
        Err(answer) => return *answer,
    };
    if !state.uploads.reserve(asked.bytes.len()) {
        return full();
    }
    keep(state, &pending, asked.bytes.clone());
    answer::body(
        200,
        json!({ "access_url": state.media.link(&pending.path) }),
    )
}

/// Begins a file of parts: `POST /files/upload/multipart`.
pub(in super::super) fn begin(state: &State, asked: &Asked) -> Response {
    let pending = match awaited(state, asked) {
        Ok(pending) => pending,
        Err(answer) => return *answer,
    };
    let access_url = state.media.link(&pending.path);
    let id = state.uploads.await_file(pending);
    answer::body(200, json!({ "access_url": access_url, "uploadId": id }))
}

/// Takes one part.
pub(super) fn part(state: &State, asked: &Asked, id: &str, number: &str) -> Response {
    match found(state, asked, id) {
        Ok(_) => take_part(state, asked, id, number),
        Err(answer) => *answer,
    }
}

/// Puts the parts together.
pub(super) fn complete(state: &State, asked: &Asked, id: &str) -> Response {
    match found(state, asked, id) {
        Ok(pending) => complete_parts(state, asked, id, &pending),
        Err(answer) => *answer,
    }
}

/// Returns the file that a request with a token announces.
fn awaited(state: &State, asked: &Asked) -> Result<Pending, Box<Response>> {
    authorized(state, asked)?;
    let lifecycle = Lifecycle::read(&asked.headers)
        .map_err(|reason| Box::new(answer::infrastructure(400, reason, "bad_request")))?;
    let name = asked.header("x-fal-file-name").unwrap_or("file");
    let content_type = asked.header("content-type");
    let content_type = content_type.unwrap_or("application/octet-stream");
    Ok(Pending::new(name, content_type, lifecycle))
}

fn found(state: &State, asked: &Asked, id: &str) -> Result<Pending, Box<Response>> {
    authorized(state, asked)?;
    let pending = state.uploads.pending(id);
    let pending = pending.filter(|pending| asked.path.starts_with(&pending.path));
    pending.ok_or_else(|| Box::new(answer::detail(404, "Not Found")))
}

fn authorized(state: &State, asked: &Asked) -> Result<(), Box<Response>> {
    let header = asked.header(header::AUTHORIZATION.as_str());
    let token = header.and_then(|text| text.strip_prefix("Bearer "));
    let now = state.time.now();
    if token.is_some_and(|token| state.uploads.knows_token(token, now)) {
        return Ok(());
    }
    Err(Box::new(answer::detail(401, "invalid token")))
}
