//! The origin that takes the key: it parts the queue from what stands beside it.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::Method;
use axum::response::Response;

use super::asked::{Asked, segments};
use super::connection::Knife;
use super::control::{Host, RecordedRequest};
use super::state::State;
use super::{answer, platform, proxy, queue, remote, run, tokens, uploads};

/// The most bytes of an input.
const MAX_INPUT: usize = 10 * 1024 * 1024;
/// The path of the proxy, as the segments that it has.
const PROXY: [&str; 3] = ["api", "fal", "proxy"];

/// Answers a request on the listener of the queue.
pub(super) async fn handle(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let record = RecordedRequest::of(Host::Queue, &request);
    state.lock().record(record);
    let request = if segments(request.uri().path()) == PROXY {
        match proxy::rewrite(&state, request) {
            Ok(request) => request,
            Err(answer) => return *answer,
        }
    } else {
        request
    };
    let is_upload = request.uri().path().starts_with("/files/");
    let asked = if is_upload {
        uploads::read(request).await
    } else {
        Asked::read(request, MAX_INPUT).await
    };
    match asked {
        Ok(asked) => part(&state, &knife, &asked).await,
        Err(answer) => *answer,
    }
}

async fn part(state: &Arc<State>, knife: &Knife, asked: &Asked) -> Response {
    let segments = asked.segments();
    match (&asked.method, segments.as_slice()) {
        (_, ["run", endpoint @ ..]) => run::handle(state, knife, endpoint, asked).await,
        (_, ["v1", path @ ..]) => platform::handle(state, path, asked),
        (_, ["_simulator", path @ ..]) => remote::handle(state, path, asked),
        (&Method::GET, [".well-known", "jwks.json"]) => answer::body(200, state.signer.published()),
        (&Method::POST, ["tokens"]) => tokens::give(state, asked),
        (&Method::POST, ["storage", "auth", "token"]) => uploads::cdn_token(state, asked),
        (&Method::POST, ["storage", "upload", "initiate" | "initiate-multipart"]) => {
            uploads::initiate(state, asked)
        }
        (&Method::POST, ["files", "upload"]) => uploads::cdn_send(state, asked),
        (&Method::POST, ["files", "upload", "multipart"]) => uploads::cdn_begin(state, asked),
        (
            _,
            [
                "storage" | "files" | "tokens" | ".well-known" | "_redirected",
                ..,
            ],
        ) => answer::detail(404, "Not Found"),
        _ => queue::handle(state, knife, asked).await,
    }
}
