//! Event streams: the states of a job, and the output of a direct run piece by piece.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::fault::Fault;
use super::job::{Ending, Phase};
use super::queue::status_body;
use super::state::State;

/// How long a stream is silent before it gives a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// The time in which events leave before their connection ends.
const PARTING: Duration = Duration::from_millis(20);

/// Returns the states of a job as they come, each with the lines that are new.
pub(super) fn states(state: &Arc<State>, id: &str, wants_logs: bool) -> Response {
    let told = Told::States {
        last: None,
        lines: 0,
        wants_logs,
    };
    Follower::new(state, id, told).answer()
}

/// Returns the output of a job piece by piece; the last piece is the whole.
pub(super) fn pieces(state: &Arc<State>, id: &str) -> Response {
    Follower::new(state, id, Told::Pieces(0)).answer()
}

/// What a stream has told so far.
enum Told {
    States {
        /// The phase and the position of the last event.
        last: Option<(u8, usize)>,
        lines: usize,
        wants_logs: bool,
    },
    /// How many pictures.
    Pieces(usize),
}

/// One stream and the job that it follows.
struct Follower {
    state: Arc<State>,
    id: String,
    told: Told,
    fault: Option<Fault>,
    sent: u32,
    ready: VecDeque<String>,
    is_over: bool,
}

impl Follower {
    fn new(state: &Arc<State>, id: &str, told: Told) -> Self {
        let fault = state.lock().jobs.get(id).and_then(|job| job.fault.clone());
        Self {
            state: Arc::clone(state),
            id: id.to_owned(),
            told,
            fault,
            sent: 0,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    fn answer(self) -> Response {
        let events = stream::unfold(self, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        });
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (headers, Body::from_stream(events)).into_response()
    }

    /// Returns what is sent next; `None` at the end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if let Some(end) = self.struck().await {
            return end;
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.sent += 1;
                return Some(Ok(event.into()));
            }
            if self.is_over {
                return None;
            }
            if !self.wait().await {
                return Some(Ok(": keep-alive\n\n".into()));
            }
        }
    }

    /// Waits for news; false when there is none for so long that a sign of life is due.
    async fn wait(&mut self) -> bool {
        let state = Arc::clone(&self.state);
        let mut changed = pin!(state.changed.notified());
        // Registered before the look, so that a change in between is not missed.
        changed.as_mut().enable();
        let next_line = self.look();
        if self.is_over || !self.ready.is_empty() {
            return true;
        }
        let line = async {
            match next_line {
                Some(at) => state.time.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = changed => true,
            () = line => true,
            () = state.stopping() => { self.is_over = true; true }
            () = tokio::time::sleep(SIGN_OF_LIFE) => false,
        }
    }

    /// Does what the script has for this place of the stream.
    async fn struck(&mut self) -> Option<Option<io::Result<Bytes>>> {
        match self.fault {
            Some(Fault::StreamBreaks { after }) if after == self.sent => {
                tokio::time::sleep(PARTING).await;
                let reset = io::Error::from(io::ErrorKind::ConnectionReset);
                Some(Some(Err(reset)))
            }
            Some(Fault::StreamEnds { after }) if after == self.sent => Some(None),
            Some(Fault::StreamStalls { after }) if after == self.sent => {
                self.state.stopping().await;
                Some(None)
            }
            Some(Fault::StreamGarbage { after }) if after == self.sent => {
                self.sent += 1;
                Some(Some(Ok("data: {\"status\": \"IN_QU\n\n".into())))
            }
            _ => None,
        }
    }

    /// Puts what is new among the events, and returns when the next line of the log is due.
    fn look(&mut self) -> Option<Instant> {
        let inner = self.state.lock();
        let Some(job) = inner.jobs.get(&self.id) else {
            self.is_over = true;
            return None;
        };
        self.is_over = job.ending().is_some();
        let now = self.state.time.now();
        let run_time = self.state.settings.run_time;
        match &mut self.told {
            Told::States {
                last,
                lines,
                wants_logs,
            } => {
                let log = job.log(now, run_time);
                let place = (phase_number(&job.phase), inner.position(&self.id));
                // After a restart of the job its log begins anew.
                *lines = (*lines).min(log.len());
                let has_lines = *wants_logs && log.len() > *lines;
                if *last != Some(place) || has_lines {
                    let news = wants_logs.then(|| &log[*lines..]);
                    let whose = (self.id.as_str(), place.1);
                    self.ready
                        .push_back(event(&status_body(&self.state, job, whose, news)));
                    (*last, *lines) = (Some(place), log.len());
                }
                job.next_line(now, run_time)
            }
            Told::Pieces(told) => {
                for count in *told + 1..=job.pictures.len() {
                    let images = &job.pictures[..count];
                    self.ready
                        .push_back(event(&json!({ "images": images, "description": "" })));
                }
                *told = job.pictures.len();
                if let Some(ending) = job.ending() {
                    self.ready.push_back(last_piece(ending));
                }
                None
            }
        }
    }
}

fn phase_number(phase: &Phase) -> u8 {
    match phase {
        Phase::Waiting => 0,
        Phase::Running { .. } => 1,
        Phase::Ended { .. } => 2,
    }
}

/// Returns the whole output, or the error that ends a stream.
fn last_piece(ending: &Ending) -> String {
    match ending {
        Ending::Output { value, .. } => event(value),
        _ => format!("event: error\n{}", event(&ending.body())),
    }
}

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}
