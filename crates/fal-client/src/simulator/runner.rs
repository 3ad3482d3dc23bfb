//! Runners: each takes the first job of the line, works on it, and writes down how it ended.

mod plan;

use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;

use super::fault::Fault;
use super::job::Ending;
use super::state::{Look, State, Turn};
use super::time::after;
use plan::Plan;

pub(super) use plan::status_of;

/// Takes jobs one after another, until the task is dropped.
pub(super) async fn run(state: Arc<State>) {
    let mut free = state.time.now();
    loop {
        let mut changed = pin!(state.changed.notified());
        // Registered before the look, so that a change in between is not missed.
        changed.as_mut().enable();
        match state.look(free) {
            Look::Empty => changed.await,
            Look::NotBefore(ready) => {
                tokio::select! {
                    () = state.time.sleep_until(ready) => {}
                    () = changed => {}
                }
            }
            Look::Start(turn) => free = one(&state, turn).await,
        }
    }
}

/// Ends jobs that no runner takes within their limit, until the task is dropped.
pub(super) async fn watch_limits(state: Arc<State>) {
    loop {
        let mut changed = pin!(state.changed.notified());
        changed.as_mut().enable();
        match state.end_overdue() {
            None => changed.await,
            Some(limit) => {
                tokio::select! {
                    () = state.time.sleep_until(limit) => {}
                    () = changed => {}
                }
            }
        }
    }
}

/// Runs one job until it has ended, is cancelled or loses its runner, and returns when that was.
pub(super) async fn one(state: &State, turn: Turn) -> Instant {
    let Some(plan) = Plan::of(state, &turn.id) else {
        return turn.since;
    };
    let run_time = state.settings.run_time;
    if plan.fault == Some(Fault::Requeued) {
        let died = after(turn.since, run_time / 2);
        state.time.sleep_until(died).await;
        state.requeue(&turn.id);
        return state.time.happens(died);
    }
    let cancelled = async {
        turn.stop.notified().await;
        if plan.fault == Some(Fault::IgnoresCancel) {
            std::future::pending::<()>().await;
        }
    };
    let (end, ending) = tokio::select! {
        (span, ending) = plan.work(state, &turn) => {
            (state.time.happens(after(turn.since, span)), ending)
        }
        () = cancelled => (state.time.now(), Ending::cancelled()),
    };
    state.end(&turn.id, end, ending);
    end
}
