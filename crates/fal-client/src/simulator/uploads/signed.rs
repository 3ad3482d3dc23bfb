//! Uploads to a signed address: whoever has it may write this one file, without a key.

use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Asked, Lifecycle, Pending, State, complete_parts, full, keep, take_part};
use crate::simulator::{answer, auth};

/// The wish for an address.
#[derive(Deserialize)]
struct Wish {
    content_type: String,
    #[serde(default)]
    file_name: Option<String>,
}

/// Signs an address for a file, which goes there whole or in parts.
pub(in super::super) fn initiate(state: &State, asked: &Asked) -> Response {
    if let Some(reason) = auth::refusal(&asked.headers, &state.key, "storage") {
        return answer::detail(401, &reason);
    }
    let lifecycle = match Lifecycle::read(&asked.headers) {
        Ok(lifecycle) => lifecycle,
        Err(reason) => return answer::infrastructure(400, reason, "bad_request"),
    };
    let Ok(wish) = serde_json::from_slice::<Wish>(&asked.bytes) else {
        return answer::detail(422, "content_type and file_name are needed");
    };
    let name = wish.file_name.as_deref().unwrap_or("file");
    let pending = Pending::new(name, &wish.content_type, lifecycle);
    let (file_url, signature) = (state.media.link(&pending.path), pending.signature.clone());
    let id = state.uploads.await_file(pending);
    let upload_url = state
        .media
        .link(&format!("/upload/{id}?signature={signature}"));
    answer::body(
        200,
        json!({ "upload_url": upload_url, "file_url": file_url }),
    )
}

/// Takes a whole file.
pub(super) fn send(state: &State, asked: &Asked, id: &str) -> Response {
    let Some(pending) = signed(state, asked, id) else {
        return refused();
    };
    if !state.uploads.reserve(asked.bytes.len()) {
        return full();
    }
    keep(state, &pending, asked.bytes.clone());
    state.uploads.finish(id);
    answer::body(200, json!({}))
}

/// Takes one part.
pub(super) fn part(state: &State, asked: &Asked, id: &str, number: &str) -> Response {
    match signed(state, asked, id) {
        Some(_) => take_part(state, asked, id, number),
        None => refused(),
    }
}

/// Puts the parts together.
pub(super) fn complete(state: &State, asked: &Asked, id: &str) -> Response {
    match signed(state, asked, id) {
        Some(pending) => complete_parts(state, asked, id, &pending),
        None => refused(),
    }
}

/// Returns the upload if the address has its signature.
fn signed(state: &State, asked: &Asked, id: &str) -> Option<Pending> {
    let pending = state.uploads.pending(id)?;
    (asked.field("signature") == Some(pending.signature.as_str())).then_some(pending)
}

fn refused() -> Response {
    answer::detail(403, "Signature does not match")
}
