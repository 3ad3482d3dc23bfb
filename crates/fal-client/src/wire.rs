//! The JSON of FAL's queue, as lenient as the answers seen in the wild ask for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{JobFailure, JobStatus, LogLine};

/// The answer to a submit. All but the id is left alone: see the adapter on why links are rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submitted {
    pub(crate) request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) response_url: Option<Value>,
}

/// The answer to a status, and (with the word alone) to a cancel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    #[serde(rename = "status")]
    pub(crate) state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) queue_position: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) logs: Option<Vec<LogLine>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error_type: Option<String>,
}

impl Status {
    /// Reads a status; `None` for anything that names no state.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes)
            .ok()
            .or_else(|| Self::of(&serde_json::from_slice(bytes).ok()?))
    }

    /// Returns as much of a status as can be read: what stands beside the state is not worth losing a paid job
    /// for, whatever type it has some day.
    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let lines = value.get("logs").and_then(Value::as_array);
        let line = |line: &Value| serde_json::from_value(line.clone()).ok();
        Some(Self {
            state: text("status")?,
            queue_position: value.get("queue_position").and_then(Value::as_u64),
            logs: lines.map(|lines| lines.iter().filter_map(line).collect()),
            error: value.get("error").cloned(),
            error_type: text("error_type"),
        })
    }

    /// Returns what the answer means, or `None` for a word that the protocol does not have.
    pub(crate) fn into_job_status(self) -> Option<JobStatus> {
        let failure = self.failure();
        let logs = self.logs.unwrap_or_default();
        match self.state.as_str() {
            "IN_QUEUE" => Some(JobStatus::Queued {
                position: self.queue_position.unwrap_or(0),
            }),
            "IN_PROGRESS" => Some(JobStatus::Running { logs }),
            "COMPLETED" => Some(JobStatus::Completed { logs, failure }),
            _ => None,
        }
    }

    /// Returns the failure inside, in whatever shape it is written.
    fn failure(&self) -> Option<JobFailure> {
        let error = match &self.error {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let error_type = self.error_type.clone().filter(|word| !word.is_empty());
        (!error.is_empty() || error_type.is_some()).then_some(JobFailure { error, error_type })
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    /// Reads a recorded body, writes it, and reads that again.
    fn both_ways<T: Serialize + DeserializeOwned + PartialEq>(recorded: &str) -> T {
        let read: T = serde_json::from_str(recorded).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        let original: Value = serde_json::from_str(recorded).unwrap();
        for (name, value) in written.as_object().unwrap() {
            assert_eq!(Some(value), original.get(name), "{name}");
        }
        assert!(serde_json::from_value::<T>(written).unwrap() == read);
        read
    }

    fn status(recorded: &str) -> JobStatus {
        both_ways::<Status>(recorded).into_job_status().unwrap()
    }

    #[test]
    fn a_submit_is_read() {
        let read: Submitted = both_ways(include_str!("../tests/wire/submitted.json"));
        assert_eq!(read.request_id, "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10");
        assert!(
            serde_json::from_str::<Submitted>(r#"{"request_id":"1"}"#).is_ok(),
            "all but the id may be absent"
        );
    }

    #[test]
    fn every_state_is_read() {
        assert_eq!(
            status(include_str!("../tests/wire/status_queued.json")),
            JobStatus::Queued { position: 3 }
        );
        let JobStatus::Running { logs } = status(include_str!("../tests/wire/status_running.json"))
        else {
            panic!("the job runs");
        };
        assert_eq!(logs[0].level.as_deref(), Some("INFO"));
        assert_eq!(
            (logs[1].message.as_str(), &logs[1].source),
            ("drawing", &None)
        );
        for recorded in [
            include_str!("../tests/wire/status_completed.json"),
            include_str!("../tests/wire/status_completed_legacy.json"),
        ] {
            let state: Status = serde_json::from_str(recorded).unwrap();
            let expected = JobStatus::Completed {
                logs: Vec::new(),
                failure: None,
            };
            assert_eq!(state.into_job_status(), Some(expected));
        }
    }

    #[test]
    fn a_failure_inside_completed_is_a_failure_in_any_shape() {
        let failure = |recorded: &str| match status(recorded) {
            JobStatus::Completed { failure, .. } => failure,
            other => panic!("{other:?}"),
        };
        let typed = failure(include_str!("../tests/wire/status_failed.json")).unwrap();
        assert_eq!(typed.error_type.as_deref(), Some("runner_disconnected"));
        let untyped = failure(include_str!("../tests/wire/status_failed_untyped.json")).unwrap();
        assert_eq!(untyped.error, r#"{"detail":"Invalid status code: 422"}"#);
        assert!(failure(r#"{"status":"COMPLETED","error_type":"internal_error"}"#).is_some());
        assert!(failure(r#"{"status":"COMPLETED","error":""}"#).is_none());
    }

    #[test]
    fn what_stands_beside_the_state_may_have_any_type() {
        let read = |text: &str| Status::read(text.as_bytes())?.into_job_status();
        assert_eq!(
            read(r#"{"status":"IN_QUEUE","queue_position":"3","logs":7}"#),
            Some(JobStatus::Queued { position: 0 })
        );
        let odd = r#"{"status":"COMPLETED","logs":[{"message":null},{"message":"done"},7],"error_type":{}}"#;
        let line = LogLine {
            message: "done".to_owned(),
            ..LogLine::default()
        };
        let done = JobStatus::Completed {
            logs: vec![line],
            failure: None,
        };
        assert_eq!(read(odd), Some(done));
        for bad in [
            "",
            "[]",
            "7",
            "{}",
            r#"{"status":7}"#,
            r#"{"status":["COMPLETED"]}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let submitted = r#"{"request_id":"1","response_url":7}"#;
        assert!(serde_json::from_str::<Submitted>(submitted).is_ok());
    }

    #[test]
    fn a_state_of_tomorrow_is_not_guessed_at() {
        let read: Status = serde_json::from_str(r#"{"status":"PAUSED"}"#).unwrap();
        assert!(read.into_job_status().is_none());
    }
}
