//! How one scripted job goes.

use serde_json::Value;

use crate::{BillableUnits, FalError, JobOutput};

/// How one job of a [`ScriptedFalQueue`](super::ScriptedFalQueue) goes.
///
/// A job moves on when it is polled, so a test needs no time: with the default it is queued for one poll, runs for
/// one, and is completed from the third.
#[derive(Debug, Clone)]
pub struct JobScript {
    pub(super) queued: u64,
    pub(super) running: u64,
    pub(super) outcome: Result<JobOutput, FalError>,
    pub(super) tells_failure: bool,
}

impl JobScript {
    /// Returns a job that gives this value and was billed one unit.
    pub fn gives(value: Value) -> Self {
        let output = JobOutput::new(value).with_billable_units(BillableUnits::from_units(1));
        Self {
            queued: 1,
            running: 1,
            outcome: Ok(output),
            tells_failure: false,
        }
    }

    /// Returns a job that fails; its status says so too, with the error's word.
    pub fn fails(error: FalError) -> Self {
        Self {
            outcome: Err(error),
            tells_failure: true,
            ..Self::gives(Value::Null)
        }
    }

    /// Returns a job that never ends.
    pub fn endless() -> Self {
        Self::gives(Value::Null).with_polls(0, u64::MAX)
    }

    /// Sets for how many polls the job is queued and for how many it runs.
    #[must_use]
    pub fn with_polls(mut self, queued: u64, running: u64) -> Self {
        self.queued = queued;
        self.running = running;
        self
    }

    /// Sets that the status does not tell of a failure, as with older apps: only the result does.
    #[must_use]
    pub fn with_silent_failure(mut self) -> Self {
        self.tells_failure = false;
        self
    }
}
