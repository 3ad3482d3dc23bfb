//! Direct runs: no line, no webhook, and the answer on the same connection.

use std::pin::pin;
use std::sync::Arc;

use axum::http::Method;
use axum::response::Response;
use uuid::Uuid;

use super::answer;
use super::asked::Asked;
use super::connection::Knife;
use super::fault::{Fault, Step};
use super::job::{Job, Phase};
use super::queue::result;
use super::spoil::spoil;
use super::state::{State, Turn};
use super::submit::Call;
use super::{runner, stream};

/// Answers a direct run of the endpoint in `path`, or of the one before `/stream`.
pub(super) async fn handle(
    state: &Arc<State>,
    knife: &Knife,
    segments: &[&str],
    asked: &Asked,
) -> Response {
    if asked.method != Method::POST {
        return answer::detail(405, "Method Not Allowed");
    }
    let (endpoint, streams) = match segments {
        [endpoint @ .., "stream"] => (endpoint.join("/"), true),
        endpoint => (endpoint.join("/"), false),
    };
    let call = match Call::check(state, &endpoint, asked) {
        Ok(call) => call,
        Err(answer) => return *answer,
    };
    let fault = state.lock().next_fault(call.prompt());
    if fault.as_ref().is_some_and(Fault::prevents_acceptance) {
        return spoil(state, knife, fault, || answer::detail(500, "never sent")).await;
    }
    if state.lock().running() >= state.settings.runners {
        return answer::too_many(None);
    }
    let mut job = call.into_job(state, fault);
    let fault = job
        .take_fault(Step::Submit)
        .or_else(|| job.take_fault(Step::Result));
    let id = start(state, job);
    let answer = if streams {
        opened(state, &id).await;
        spoil(state, knife, fault, || first_or_stream(state, &id)).await
    } else {
        ended(state, &id).await;
        spoil(state, knife, fault, || result(state, &id)).await
    };
    answer::with(answer, answer::REQUEST_ID, &id)
}

/// Starts a job at once; it runs to its end whatever becomes of the caller.
fn start(state: &Arc<State>, mut job: Job) -> String {
    let (id, since) = (Uuid::now_v7().to_string(), job.submitted);
    let turn = Turn {
        id: id.clone(),
        since,
        stop: Arc::clone(&job.stop),
    };
    job.webhook = None;
    job.phase = Phase::Running { since };
    state.lock().keep(&id, job);
    let state = Arc::clone(state);
    tokio::spawn(async move {
        tokio::select! {
            _ = runner::one(&state, turn) => {}
            () = state.stopping() => {}
        }
    });
    id
}

/// Waits until a job has ended.
async fn ended(state: &State, id: &str) {
    until(state, id, |job| job.ending().is_some()).await;
}

/// Waits until a job has something to stream.
async fn opened(state: &State, id: &str) {
    until(state, id, |job| {
        job.ending().is_some() || !job.pictures.is_empty()
    })
    .await;
}

async fn until(state: &State, id: &str, is_so: impl Fn(&Job) -> bool) {
    loop {
        let mut changed = pin!(state.changed.notified());
        changed.as_mut().enable();
        if state.lock().jobs.get(id).is_none_or(&is_so) {
            return;
        }
        tokio::select! {
            () = changed => {}
            () = state.stopping() => return,
        }
    }
}

/// Returns the stream, or a plain error when the job failed before its first piece.
fn first_or_stream(state: &Arc<State>, id: &str) -> Response {
    let has_failed = {
        let inner = state.lock();
        let job = inner.jobs.get(id);
        job.is_some_and(|job| job.ending().is_some_and(|ending| ending.status() != 200))
    };
    if has_failed {
        return result(state, id);
    }
    stream::pieces(state, id)
}
