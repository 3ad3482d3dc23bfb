//! What the script makes of one answer.

use axum::body::to_bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer;
use super::connection::Knife;
use super::fault::Fault;
use super::runner::status_of;
use super::state::State;

/// The most bytes of an answer that is sent in part; outputs with pictures inside are the largest.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Returns the right answer, or what the fault makes of it.
pub(super) async fn spoil(
    state: &State,
    knife: &Knife,
    fault: Option<Fault>,
    right: impl FnOnce() -> Response,
) -> Response {
    let Some(fault) = fault else {
        return right();
    };
    if let Some(answer) = in_its_place(state, &fault) {
        return answer;
    }
    match fault {
        Fault::SlowAnswer { by, .. } => {
            state.time.sleep(by).await;
            right()
        }
        Fault::TruncatedAnswer { .. } => truncated(right()).await,
        Fault::EmptyAnswer { .. } => emptied(right()),
        Fault::GarbageJson { .. } => garbage(&right()),
        Fault::ForeignLinks => right(),
        _ => {
            knife.cut();
            answer::detail(500, "never sent")
        }
    }
}

/// Returns the answer that stands in the place of the right one.
fn in_its_place(state: &State, fault: &Fault) -> Option<Response> {
    match fault {
        Fault::TooManyRequests { retry_after } => Some(answer::too_many(Some(*retry_after))),
        Fault::Locked => Some(answer::detail(
            403,
            "User is locked. Reason: Exhausted balance. Top up your balance at \
             fal.ai/dashboard/billing.",
        )),
        Fault::Ingress { status, .. } | Fault::IngressAfterAccept { status } => {
            Some(answer::nginx(*status))
        }
        Fault::Infrastructure { error_type, .. } => {
            let text = error_type.replace('_', " ");
            Some(answer::infrastructure(
                status_of(error_type),
                &text,
                error_type,
            ))
        }
        Fault::KeyRefused { .. } => {
            Some(answer::detail(401, "No user found for Key ID and Secret"))
        }
        Fault::Redirect { .. } => Some(answer::redirect(307, &state.media.link("/_redirected"))),
        Fault::HtmlPage { .. } => Some(answer::page("text/html")),
        Fault::UnknownState => Some(answer::body(202, json!({ "status": "PAUSED" }))),
        Fault::ResultTimesOut => Some(answer::infrastructure(
            504,
            "Request timed out",
            "request_timeout",
        )),
        _ => None,
    }
}

/// Sends half of a body; the head stays as it is.
async fn truncated(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let bytes = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut broken = answer::broken_off(parts.headers, &bytes);
    *broken.status_mut() = parts.status;
    broken
}

/// Leaves the body out; the head stays as it is.
fn emptied(answer: Response) -> Response {
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.into_response()
}

/// Puts JSON that is cut off in the place of the body; the id in the head stays.
fn garbage(answer: &Response) -> Response {
    let id = answer.headers().get(answer::REQUEST_ID).cloned();
    let mut garbage = answer::garbage();
    if let Some(id) = id {
        garbage.headers_mut().insert(answer::REQUEST_ID, id);
    }
    garbage
}
