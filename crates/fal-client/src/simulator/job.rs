//! One accepted request: what it asked for, where it stands, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::fault::{Fault, Step};
use super::input::{self, Order};
use super::models::Model;
use super::time::after;
use super::wishes::Wishes;

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    /// The model's output, and the units it is billed by.
    Output { value: Value, units: u32 },
    /// The model said no; FAL's status does not show it, only the result does.
    Refused { status: u16, body: Value },
    /// FAL itself failed or was told to stop; the status shows it.
    Failed {
        status: u16,
        error: String,
        error_type: String,
    },
    /// No runner took it within the caller's own limit.
    Overdue,
}

impl Ending {
    /// Returns how a job ends whose caller cancelled it.
    pub(super) fn cancelled() -> Self {
        Self::Failed {
            status: 499,
            error: "Request was cancelled by the client".to_owned(),
            error_type: "client_cancelled".to_owned(),
        }
    }

    /// Returns the HTTP status of the result.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Output { .. } => 200,
            Self::Refused { status, .. } | Self::Failed { status, .. } => *status,
            Self::Overdue => 504,
        }
    }

    /// Returns `error` and `error_type` of the status, for an end that is FAL's.
    pub(super) fn failure(&self) -> Option<(&str, &str)> {
        match self {
            Self::Failed {
                error, error_type, ..
            } => Some((error, error_type)),
            Self::Overdue => Some(("Request timed out", "request_timeout")),
            _ => None,
        }
    }

    /// Returns the body of the result.
    pub(super) fn body(&self) -> Value {
        match (self, self.failure()) {
            (Self::Output { value, .. }, _) => value.clone(),
            (Self::Refused { body, .. }, _) => body.clone(),
            (_, Some((error, error_type))) => json!({ "detail": error, "error_type": error_type }),
            (_, None) => Value::Null,
        }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phase {
    Waiting,
    Running {
        since: Instant,
    },
    Ended {
        since: Option<Instant>,
        at: Instant,
        ending: Ending,
    },
}

/// One line of a runner's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Instant,
    pub(super) message: String,
}

/// One accepted request.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) app: String,
    pub(super) model: &'static Model,
    pub(super) input: Value,
    /// The checked input, or the complaints about it.
    pub(super) order: Result<Order, Vec<Value>>,
    pub(super) fault: Option<Fault>,
    pub(super) wishes: Wishes,
    pub(super) webhook: Option<Url>,
    /// FAL's name of the try; another one after FAL ran it again.
    pub(super) gateway_id: String,
    pub(super) submitted: Instant,
    pub(super) phase: Phase,
    /// Told once when the caller cancels a running job.
    pub(super) stop: Arc<Notify>,
    /// Whether the first delivery of the webhook is over.
    pub(super) is_told: watch::Sender<bool>,
    /// The pictures that were made so far, as entries of the output.
    pub(super) pictures: Vec<Value>,
    /// Whether what FAL keeps of it was destroyed.
    pub(super) is_erased: bool,
}

impl Job {
    /// Returns a job that nobody has accepted yet.
    pub(super) fn new(app: String, model: &'static Model, input: Value, at: Instant) -> Self {
        Self {
            order: input::check(model, &input),
            app,
            model,
            input,
            fault: None,
            wishes: Wishes::default(),
            webhook: None,
            gateway_id: Uuid::now_v7().to_string(),
            submitted: at,
            phase: Phase::Waiting,
            stop: Arc::new(Notify::new()),
            is_told: watch::Sender::new(false),
            pictures: Vec::new(),
            is_erased: false,
        }
    }

    /// Takes the fault for the answer of a step, if one is set for it; it strikes once.
    pub(super) fn take_fault(&mut self, step: Step) -> Option<Fault> {
        let strikes = self.fault.as_ref().and_then(Fault::spoils) == Some(step);
        if strikes { self.fault.take() } else { None }
    }

    /// Returns when it is over for lack of a runner.
    pub(super) fn start_by(&self) -> Option<Instant> {
        let limit = self.wishes.start_limit?;
        Some(after(self.submitted, limit))
    }

    pub(super) fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Ended { ending, .. } => Some(ending),
            _ => None,
        }
    }

    /// Returns when a runner took it, if one did.
    pub(super) fn since(&self) -> Option<Instant> {
        match self.phase {
            Phase::Running { since } => Some(since),
            Phase::Ended { since, .. } => since,
            Phase::Waiting => None,
        }
    }

    /// Returns the lines a runner has written by now; a job that never ran has none.
    pub(super) fn log(&self, now: Instant, run_time: Duration) -> Vec<Line> {
        let until = match &self.phase {
            Phase::Ended { at, .. } => *at,
            _ => now,
        };
        let mut lines = self.planned(run_time);
        lines.retain(|line| line.at <= until);
        if let (Some(_), Phase::Ended { at, ending, .. }) = (self.since(), &self.phase) {
            let message = match ending {
                Ending::Output { .. } => "Request completed",
                Ending::Refused { .. } => "Request refused",
                Ending::Failed { .. } | Ending::Overdue => "Request failed",
            };
            let message = message.to_owned();
            lines.push(Line { at: *at, message });
        }
        lines
    }

    /// Returns when the next line is due.
    pub(super) fn next_line(&self, now: Instant, run_time: Duration) -> Option<Instant> {
        let Phase::Running { .. } = self.phase else {
            return None;
        };
        let lines = self.planned(run_time).into_iter();
        lines.map(|line| line.at).find(|at| *at > now)
    }

    /// Returns every line of a whole run, the last one excepted.
    fn planned(&self, run_time: Duration) -> Vec<Line> {
        let Some(since) = self.since() else {
            return Vec::new();
        };
        let line = |(percent, message)| Line {
            at: since + run_time * percent / 100,
            message,
        };
        self.plan().into_iter().map(line).collect()
    }

    /// Returns what a runner says, and after how many hundredths of the run time.
    fn plan(&self) -> Vec<(u32, String)> {
        let mut lines = vec![(0, "Runner took the request".to_owned())];
        match &self.order {
            Err(complaints) => lines.push((
                0,
                format!("Input is not valid: {} complaints", complaints.len()),
            )),
            Ok(order) => {
                let (width, height) = order.size;
                lines.push((5, format!("Drawing {} of {width}x{height}", order.count)));
                for number in 1..=order.count {
                    let percent = 5 + number * 90 / order.count;
                    lines.push((percent, format!("Picture {number}/{} drawn", order.count)));
                }
            }
        }
        lines
    }

    /// Returns the seconds from the start of the run to its end.
    pub(super) fn inference_time(&self) -> Option<f64> {
        match &self.phase {
            Phase::Ended {
                since: Some(since),
                at,
                ..
            } => Some(at.saturating_duration_since(*since).as_secs_f64()),
            _ => None,
        }
    }
}
