//! What an answer or its absence means: the only file that matches on statuses and on driver errors.

use super::{
    error_body::ErrorBody,
    exchange::{Answer, BrokenBody},
    head::{Head, is_success},
    hidden::Hidden,
};
use crate::{
    Billed, CancelOutcome, FalError, FalErrorKind, Fault, Operation, RequestId,
    classify::{Meaning, word},
};

/// The time limit of a request is over.
#[derive(Debug, thiserror::Error)]
#[error("the time limit of the request is over")]
struct Late;

/// Returns the error of a request that got no answer.
pub(super) fn of_transport(operation: Operation, error: reqwest::Error) -> FalError {
    let never_left = error.is_connect() || error.is_builder();
    let kind = if error.is_builder() {
        FalErrorKind::Config
    } else {
        FalErrorKind::Unavailable
    };
    let found = FalError::new(kind, operation).with_source(error.without_url());
    match (is_paid(operation), never_left) {
        (true, true) => found.with_unsent(),
        (true, false) => found.into_unacknowledged(),
        (false, _) => found,
    }
}

/// Returns the error of a request whose answer did not come in time.
pub(super) fn of_lateness(operation: Operation) -> FalError {
    let found = FalError::new(FalErrorKind::Unavailable, operation).with_source(Late);
    perhaps_accepted(operation, found)
}

/// Returns the error of a stream whose head did not come in time.
pub(super) fn of_silence(operation: Operation) -> FalError {
    perhaps_accepted(operation, FalError::new(FalErrorKind::TimedOut, operation))
}

/// Tells whether an operation costs money each time it is accepted.
fn is_paid(operation: Operation) -> bool {
    matches!(operation, Operation::Submit | Operation::Run)
}

/// Returns the error of a success whose body could not be had.
pub(super) fn of_broken_body(
    operation: Operation,
    head: &Head,
    hidden: &Hidden,
    broken: BrokenBody,
) -> FalError {
    let found = match broken {
        BrokenBody::TooLarge => FalError::new(FalErrorKind::Malformed, operation),
        BrokenBody::Late => FalError::new(FalErrorKind::Unavailable, operation).with_source(Late),
        BrokenBody::Transport(error) => {
            FalError::new(FalErrorKind::Unavailable, operation).with_source(error.without_url())
        }
    };
    perhaps_accepted(operation, of_head(found, head, hidden))
}

/// Returns the error of a success whose body is not what was agreed on.
pub(super) fn of_unreadable(operation: Operation, answer: &Answer) -> FalError {
    let found = FalError::new(FalErrorKind::Malformed, operation);
    perhaps_accepted(operation, of_head(found, &answer.head, &answer.hidden))
}

/// Returns the id of a job that was accepted although the body that names it could not be had or read.
///
/// The head of a success has the id, too (`x-fal-request-id`, which FAL's own clients take for the job's id); an id in the
/// head of a failure says nothing about acceptance.
///
/// # Errors
///
/// The same error when it is of a failure, or has no id.
pub(super) fn id_of_success(error: FalError) -> Result<RequestId, FalError> {
    match error.request_id() {
        Some(id) if error.status().is_some_and(is_success) => {
            tracing::warn!(fal.request_id = %id, %error, "the id of an accepted job was read from the head alone");
            Ok(id.clone())
        }
        _ => Err(error),
    }
}

/// Returns the outcome of a cancel that the status makes look like a failure.
pub(super) fn cancel_outcome(answer: &Answer) -> Option<CancelOutcome> {
    let body = ErrorBody::read(&answer.body, &answer.hidden);
    match (answer.head.status, body.status.as_deref()) {
        (400, Some("ALREADY_COMPLETED")) => Some(CancelOutcome::AlreadyCompleted),
        (404, Some("NOT_FOUND")) => Some(CancelOutcome::NotFound),
        _ => None,
    }
}

/// Returns the error that an answer without success means.
pub(super) fn of_answer(operation: Operation, answer: &Answer) -> FalError {
    let (head, hidden) = (&answer.head, &answer.hidden);
    let body = ErrorBody::read(&answer.body, hidden);
    let named = body.error_type.as_deref();
    let named = named.or_else(|| head.error_type(hidden));
    let found = meaning(operation, head, &body, named).error(operation);
    let found = with_texts(found, &body, named);
    let found = with_headers(found, operation, head);
    let found = of_head(found, head, hidden);
    let ingress = is_ingress(head, &body, &answer.body);
    match operation {
        Operation::Submit => of_submit(found, head.status, ingress),
        Operation::Run => of_run(found, head.status, ingress),
        _ => found,
    }
}

/// Returns the error that an event named `error` in a stream of output means.
pub(super) fn of_event(operation: Operation, data: &str, hidden: &Hidden) -> FalError {
    let body = ErrorBody::read(data.as_bytes(), hidden);
    let named = body.error_type.as_deref();
    // The head of the stream said that all is well, so there is no status to go by.
    let found = named.and_then(word).map_or_else(
        || FalError::new(FalErrorKind::Provider, operation).with_billed(Billed::Maybe),
        |meaning| meaning.error(operation),
    );
    with_texts(found, &body, named)
}

/// Returns what an answer means: by its word, or else by its status.
fn meaning(operation: Operation, head: &Head, body: &ErrorBody, named: Option<&str>) -> Meaning {
    if head.status == 504 && head.has_timeout_type() {
        // The caller's own limit to start passed: nothing ran, and a repeat would only wait once more.
        return Meaning {
            kind: FalErrorKind::TimedOut,
            retryable: false,
            billed: Billed::No,
            fault: Fault::Provider,
        };
    }
    let mut found = named
        .and_then(word)
        .unwrap_or_else(|| by_status(operation, head.status, body));
    if found.kind == FalErrorKind::Unavailable {
        // It tells about the way to the job, and nothing about whether the job was billed.
        found.billed = Billed::Maybe;
        found.fault = Fault::Provider;
    }
    found
}

/// Returns what a status means when no word stands with it.
fn by_status(operation: Operation, status: u16, body: &ErrorBody) -> Meaning {
    let kind = match status {
        400 if operation == Operation::Result && body.detail_has("in progress") => {
            FalErrorKind::NotFinished
        }
        400 | 413 | 422 => FalErrorKind::InvalidInput,
        402 => FalErrorKind::Locked,
        // FAL gives no word to a locked account, and nothing else tells it from a wrong key.
        403 if body.detail_has("locked") || body.detail_has("balance") => FalErrorKind::Locked,
        // The platform has this for a key of another scope, and 401 for one that it does not know.
        403 if operation == Operation::DeletePayload => FalErrorKind::NeedsAdminKey,
        401 | 403 => FalErrorKind::Unauthorized,
        404 => not_found(operation, body),
        429 => FalErrorKind::RateLimited,
        499 => FalErrorKind::Cancelled,
        500.. if body.is_list => FalErrorKind::Provider,
        // A model that fails without a word says so in JSON; elsewhere 500 is the queue's own.
        500 if matches!(operation, Operation::Result | Operation::Run) && body.is_json => {
            FalErrorKind::Provider
        }
        408 | 409 | 425 | 500.. => FalErrorKind::Unavailable,
        _ => FalErrorKind::Config,
    };
    let (retryable, billed, fault) = kind.usual_facts();
    Meaning {
        kind,
        retryable,
        billed,
        fault,
    }
}

/// Returns what was not found.
fn not_found(operation: Operation, body: &ErrorBody) -> FalErrorKind {
    if !body.is_json {
        // Whatever gives a page here is not FAL's queue.
        FalErrorKind::Config
    } else if is_paid(operation) || (body.detail_has("application") && body.detail_has("not found"))
    {
        FalErrorKind::ModelNotFound
    } else {
        FalErrorKind::NotFound
    }
}

/// Sets FAL's word, and the reason where it is the user's to know.
fn with_texts(found: FalError, body: &ErrorBody, named: Option<&str>) -> FalError {
    let found = match named {
        Some(word) => found.with_error_type(word),
        None => found,
    };
    match (found.kind(), &body.message, &body.field) {
        (FalErrorKind::InvalidInput, Some(message), Some(field)) => {
            found.with_reason(&format!("{field}: {message}"))
        }
        (FalErrorKind::Refused | FalErrorKind::InvalidInput, Some(message), _) => {
            found.with_reason(message)
        }
        _ => found,
    }
}

/// Applies what the head says over what the table says.
fn with_headers(mut found: FalError, operation: Operation, head: &Head) -> FalError {
    if let (Some(needs_retry), 429 | 500..) = (head.needs_retry(), head.status) {
        found = found.with_retryable(needs_retry);
    }
    // Only the answer to a result or a run tells about the work itself.
    let of_work = matches!(operation, Operation::Result | Operation::Run);
    if let (Some(units), true) = (head.billable_units(), of_work) {
        found = found.with_billed(if units.micros() == 0 {
            Billed::No
        } else {
            Billed::Yes
        });
    }
    match head.retry_after() {
        Some(pause) => found.with_retry_after(pause),
        None => found,
    }
}

/// Names the status and the request.
fn of_head(found: FalError, head: &Head, hidden: &Hidden) -> FalError {
    let found = found.with_status(head.status);
    match head.request_id(hidden) {
        Some(id) => found.with_request_id(id),
        None => found,
    }
}

/// Returns whether FAL's ingress answered and not the queue behind it.
fn is_ingress(head: &Head, body: &ErrorBody, bytes: &[u8]) -> bool {
    let names_nginx = || {
        bytes
            .to_ascii_lowercase()
            .windows(5)
            .any(|window| window == b"nginx")
    };
    head.status >= 500 && !head.is_of_the_queue() && !body.is_json && names_nginx()
}

/// Decides whether a failed submit was perhaps accepted, so that nothing is paid twice.
fn of_submit(found: FalError, status: u16, ingress: bool) -> FalError {
    let found = if ingress { found.with_ingress() } else { found };
    match status {
        // The ingress itself had no way on. 502 and 504 it gives after passing the request on, too.
        500 | 503 if ingress => found.with_unsent(),
        408 | 409 | 425 | 499 | 500.. => found.into_unacknowledged(),
        // Everything else is a refusal by whoever would have accepted.
        _ => found.with_unsent(),
    }
}

/// Decides whether a failed run was perhaps started. A verdict of the model is one; it stands.
fn of_run(found: FalError, status: u16, ingress: bool) -> FalError {
    let found = if ingress { found.with_ingress() } else { found };
    match (status, found.kind()) {
        (500 | 503, _) if ingress => found.with_unsent(),
        (429, FalErrorKind::RateLimited) => found.with_unsent(),
        (_, FalErrorKind::Unavailable) => found.into_unacknowledged(),
        _ => found,
    }
}

/// Returns the error of a call that was sent and whose answer says nothing.
fn perhaps_accepted(operation: Operation, found: FalError) -> FalError {
    if is_paid(operation) {
        found.into_unacknowledged()
    } else {
        found
    }
}

#[cfg(test)]
mod tests;
