//! One accepted request: what it asked for, where it stands, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::fault::{Fault, Step};
use super::input::Order;

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
    pub(super) input: Value,
    /// The checked input, or the complaints about it.
    pub(super) order: Result<Order, Vec<Value>>,
    pub(super) fault: Option<Fault>,
    pub(super) submitted: Instant,
    pub(super) phase: Phase,
    /// Told once when the caller cancels a running job.
    pub(super) stop: Arc<Notify>,
}

impl Job {
    /// Takes the fault for a step, if one is set for it; it strikes once.
    pub(super) fn take_fault(&mut self, step: Step) -> Option<Fault> {
        let strikes = match &self.fault {
            Some(Fault::Ingress { at, .. } | Fault::GarbageJson { at }) => *at == step,
            Some(Fault::ResultTimesOut) => step == Step::Result,
            _ => false,
        };
        if strikes { self.fault.take() } else { None }
    }

    /// Returns the lines a runner has written by now; a job that never ran has none.
    pub(super) fn log(&self, now: Instant, run_time: Duration) -> Vec<Line> {
        let (Phase::Running { since }
        | Phase::Ended {
            since: Some(since), ..
        }) = &self.phase
        else {
            return Vec::new();
        };
        let until = match &self.phase {
            Phase::Ended { at, .. } => *at,
            _ => now,
        };
        let mut lines: Vec<Line> = self
            .plan()
            .into_iter()
            .map(|(percent, message)| Line {
                at: *since + run_time * percent / 100,
                message,
            })
            .filter(|line| line.at <= until)
            .collect();
        if let Phase::Ended { at, ending, .. } = &self.phase {
            let message = match ending {
                Ending::Output { .. } => "Request completed",
                Ending::Refused { .. } => "Request refused",
                Ending::Failed { .. } => "Request failed",
            };
            let message = message.to_owned();
            lines.push(Line { at: *at, message });
        }
        lines
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
            } => Some((*at - *since).as_secs_f64()),
            _ => None,
        }
    }
}
