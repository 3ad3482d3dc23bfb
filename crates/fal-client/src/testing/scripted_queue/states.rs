//! The stream of a scripted job's states.

use std::time::Duration;

use futures_util::stream::try_unfold;

use super::{Job, ScriptedFalQueue};
use crate::{JobHandle, JobStatus, Operation, StatusStream};

/// How long a stream pauses between two states; a job that never ends would keep the test's only thread busy.
const BETWEEN_STATES: Duration = Duration::from_millis(100);

/// Returns the states of a job, which moves on with each as it does with each poll.
///
pub(super) fn states(queue: ScriptedFalQueue, job: JobHandle) -> StatusStream {
    let start = Some((queue, job, 0));
    StatusStream::new(try_unfold(start, |rest| async move {
        let Some((queue, job, told)) = rest else {
            return Ok(None);
        };
        if told > 0 {
            tokio::time::sleep(BETWEEN_STATES).await;
        }
        let step = queue.break_or(|state| state.job(&job, Operation::Watch).map(Job::poll));
        let (status, told) = only_new(step.map_err(|error| error.with_job(&job))?, told);
        let rest = (!status.is_completed()).then_some((queue, job, told));
        Ok(Some((status, rest)))
    }))
}

/// Returns the state with the lines after those told, and how many are told then; at least one, for the pause.
fn only_new(status: JobStatus, told: usize) -> (JobStatus, usize) {
    match status {
        JobStatus::Queued { .. } => (status, told.max(1)),
        JobStatus::Running { mut logs } => {
            let all = logs.len();
            logs.drain(..all.min(told.saturating_sub(1)));
            (JobStatus::Running { logs }, told.max(all + 1))
        }
        JobStatus::Completed { mut logs, failure } => {
            let all = logs.len();
            logs.drain(..all.min(told.saturating_sub(1)));
            (JobStatus::Completed { logs, failure }, told.max(all + 1))
        }
    }
}
