//! What the queue says about one job.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{BillableUnits, Endpoint, EndpointError, RequestId, RequestIdError};

/// Where one accepted job is found again: its model and its id.
///
/// It holds no link and no key, so it may be stored and rebuilt from its two strings by any process.
///
/// # Examples
///
/// ```
/// use fal_client::JobHandle;
///
/// let job = JobHandle::new("fal-ai/imagen4/preview".parse()?, "484ccb37".parse()?);
/// let saved = serde_json::to_string(&job)?;
/// assert_eq!(serde_json::from_str::<JobHandle>(&saved)?, job);
/// assert_eq!(job.to_string().parse::<JobHandle>()?, job);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobHandle {
    /// The model that the job was submitted to, with its path.
    pub endpoint: Endpoint,
    /// FAL's name of the job.
    pub request_id: RequestId,
}

impl JobHandle {
    /// Returns the handle of a job known by its model and its id.
    pub fn new(endpoint: Endpoint, request_id: RequestId) -> Self {
        Self {
            endpoint,
            request_id,
        }
    }
}

impl fmt::Display for JobHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.endpoint, self.request_id)
    }
}

impl FromStr for JobHandle {
    type Err = JobHandleError;

    /// Reads what `Display` wrote: the model and the id with a space between.
    fn from_str(text: &str) -> Result<Self, JobHandleError> {
        let (endpoint, id) = text.split_once(' ').ok_or(JobHandleError::Shape)?;
        Ok(Self::new(endpoint.parse()?, id.parse()?))
    }
}

/// Why a text is not a [`JobHandle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobHandleError {
    /// Not two words.
    #[error("a job is written as its model and its id with a space between")]
    Shape,
    /// The first word is no model.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The second word is no id.
    #[error(transparent)]
    RequestId(#[from] RequestIdError),
}

/// How far a job has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobStatus {
    /// Waiting for a runner.
    Queued {
        /// How many requests are ahead; 0 is next.
        position: u64,
    },
    /// On a runner.
    Running {
        /// All lines written so far; from a [`StatusStream`](crate::StatusStream), those new since the last state.
        logs: Vec<LogLine>,
    },
    /// Over. FAL has no failed state: a failure shows here, and as the status of the result.
    Completed {
        /// The lines, as of a running job.
        logs: Vec<LogLine>,
        /// Why it failed, where FAL says so; absence does not promise that the result can be had.
        failure: Option<JobFailure>,
    },
}

impl JobStatus {
    /// Returns whether the job is over, well or badly.
    pub fn is_completed(&self) -> bool {
        matches!(self, Self::Completed { .. })
    }
}

/// One line that a runner wrote. FAL's documentation and its types disagree on which parts are always there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The text.
    #[serde(default)]
    pub message: String,
    /// When, in FAL's ISO 8601 form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// `STDERR`, `STDOUT`, `ERROR`, `INFO`, `WARN` or `DEBUG`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Who wrote it, mostly `USER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Why a job failed, as its status says it.
#[derive(Clone, PartialEq, Eq)]
pub struct JobFailure {
    /// FAL's text. It may echo the input, so it is kept out of `Debug`.
    pub error: String,
    /// FAL's word for the error, as `runner_disconnected`.
    pub error_type: Option<String>,
}

impl fmt::Debug for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobFailure")
            .field("error_type", &self.error_type)
            .finish_non_exhaustive()
    }
}

/// What a job gave.
///
/// `Debug` leaves the value out: it holds links to pictures, or the pictures themselves as data URIs.
#[derive(Clone, PartialEq, Eq)]
pub struct JobOutput {
    /// The model's bare answer.
    pub value: serde_json::Value,
    /// What the job cost in the model's own unit, from `X-Fal-Billable-Units`; `None` when FAL did not say.
    pub billable_units: Option<BillableUnits>,
}

impl JobOutput {
    /// Returns the output of a job whose cost is not known.
    pub fn new(value: serde_json::Value) -> Self {
        Self {
            value,
            billable_units: None,
        }
    }

    /// Sets what the job cost.
    #[must_use]
    pub fn with_billable_units(mut self, units: BillableUnits) -> Self {
        self.billable_units = Some(units);
        self
    }
}

impl fmt::Debug for JobOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobOutput")
            .field("billable_units", &self.billable_units)
            .finish_non_exhaustive()
    }
}

/// What the queue did with a wish to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelOutcome {
    /// The wish is noted: a queued job is gone, a running one gets a signal and may complete all the same.
    Requested,
    /// The job was over already; its result stands and was billed.
    AlreadyCompleted,
    /// The queue knows no such job.
    NotFound,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_body() {
        let output = JobOutput::new(
            serde_json::json!({"images": [{"url": "https://v3b.fal.media/canary"}]}),
        );
        assert!(!format!("{output:?}").contains("canary"));
        let failure = JobFailure {
            error: "canary".into(),
            error_type: Some("bad_request".into()),
        };
        let text = format!("{failure:?}");
        assert!(
            !text.contains("canary") && text.contains("bad_request"),
            "{text}"
        );
    }

    #[test]
    fn a_handle_is_read_from_its_two_words_only() {
        for (text, error) in [
            ("fal-ai/imagen4", JobHandleError::Shape),
            (
                "https://evil.example/x 1",
                JobHandleError::Endpoint(EndpointError::BadCharacter),
            ),
            (
                "fal-ai/imagen4 a/../b",
                JobHandleError::RequestId(RequestIdError::BadCharacter),
            ),
            (
                "fal-ai/imagen4 1 2",
                JobHandleError::RequestId(RequestIdError::BadCharacter),
            ),
        ] {
            assert_eq!(text.parse::<JobHandle>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_log_line_needs_no_part() {
        assert_eq!(
            serde_json::from_str::<LogLine>("{}").unwrap(),
            LogLine::default()
        );
    }
}
