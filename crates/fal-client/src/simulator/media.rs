//! The files behind links, served from an origin of their own as FAL does, and the bytes of uploads.

mod store;

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::answer;
use super::control::{Host, RecordedRequest};
use super::fault::Fault;
use super::state::State;
use super::uploads;
use super::wishes::Access;

pub(super) use store::{Content, File, MediaStore, etag, new_path};

/// Bytes that no reader of pictures takes for one.
const NO_PICTURE: &[u8] = b"\x00\x01\x02 these bytes are no picture at all";

/// Answers a request on the media listener.
pub(super) async fn handle(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    state
        .lock()
        .record(RecordedRequest::of(Host::Media, &request));
    match *request.method() {
        Method::GET | Method::HEAD => {
            let known = request.headers().get(header::IF_NONE_MATCH).cloned();
            let path = request.into_parts().0.uri;
            file(&state, path.path(), known).await
        }
        Method::PUT | Method::POST => uploads::take(&state, request).await,
        _ => answer::plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
    }
}

async fn file(state: &State, path: &str, known: Option<HeaderValue>) -> Response {
    let missing = || answer::plain(StatusCode::NOT_FOUND, "Not Found");
    let Some(file) = state.media.ask(path) else {
        return missing();
    };
    if file.dies.is_some_and(|end| end <= state.time.now()) {
        return missing();
    }
    match file.access {
        Access::Hide => missing(),
        Access::Forbid => answer::plain(StatusCode::FORBIDDEN, "Forbidden"),
        Access::Allow => {
            let is_known = known.is_some_and(|tag| tag == file.etag.as_str());
            allowed(state, &file, is_known).await
        }
    }
}

/// Answers with a file that whoever asks may have, or with what the script makes of it.
async fn allowed(state: &State, file: &File, is_known: bool) -> Response {
    match &file.fault {
        Some(Fault::MediaMissing) => answer::plain(StatusCode::NOT_FOUND, "Not Found"),
        Some(Fault::MediaForbidden) => answer::plain(StatusCode::FORBIDDEN, "Forbidden"),
        Some(Fault::MediaUnavailable { times }) if file.asked <= *times => answer::nginx(503),
        Some(Fault::MediaWrongType) => answer::page("image/png"),
        Some(Fault::MediaGarbage) => typed("image/png", Bytes::from_static(NO_PICTURE)),
        Some(Fault::MediaEmpty) => typed(file.content_type(), Bytes::new()),
        Some(Fault::MediaRedirects) => answer::redirect(302, &state.address("_redirected")),
        Some(Fault::MediaTruncated) => truncated(file).await,
        Some(Fault::MediaMislabelled) => {
            let mut answer = whole(file).await;
            let other = HeaderValue::from_static("image/gif");
            answer.headers_mut().insert(header::CONTENT_TYPE, other);
            answer
        }
        Some(Fault::MediaSlow(by)) => {
            state.time.sleep(*by).await;
            whole(file).await
        }
        _ if is_known => (StatusCode::NOT_MODIFIED, headers(file)).into_response(),
        _ => whole(file).await,
    }
}

fn headers(file: &File) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, text) in [
        (header::CONTENT_TYPE, file.content_type()),
        (header::ETAG, &file.etag),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ] {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
    headers
}

fn typed(content_type: &str, bytes: Bytes) -> Response {
    answer::with(bytes.into_response(), header::CONTENT_TYPE, content_type)
}

async fn whole(file: &File) -> Response {
    match file.bytes().await {
        Some(bytes) => (headers(file), bytes).into_response(),
        None => answer::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

/// Promises the whole file, sends half of it, and breaks off.
async fn truncated(file: &File) -> Response {
    match file.bytes().await {
        Some(bytes) => answer::broken_off(headers(file), &bytes),
        None => answer::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}
