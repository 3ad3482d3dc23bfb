//! Event streams over HTTP: a head in time, and then never silent for too long.

use std::{collections::VecDeque, pin::pin, time::Duration};

use futures_util::stream::try_unfold;
use reqwest::{Response, header::CONTENT_TYPE};
use tokio::time::{sleep, timeout};

use super::{
    FalSettings, classify,
    exchange::{MAX_BODY, read, within},
    head::is_success,
    hidden::Hidden,
    origin::{Call, Origin},
    sse::{SseEvent, SseParser},
};
use crate::{FalError, FalErrorKind, JobHandle, JobStatus, Operation, StatusStream, wire::Status};

/// How long a stream may keep still.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    head: Duration,
    idle: Duration,
}

impl Limits {
    pub(super) fn of(settings: &FalSettings) -> Self {
        Self {
            head: settings.request_timeout(),
            idle: settings.stream_idle_timeout(),
        }
    }

    /// Sets how long the head may take.
    pub(super) fn with_head(mut self, head: Duration) -> Self {
        self.head = head;
        self
    }
}

/// The events of an answer.
#[derive(Debug)]
pub(super) struct Events {
    operation: Operation,
    response: Response,
    parser: SseParser,
    ready: VecDeque<SseEvent>,
    idle: Duration,
    hidden: Hidden,
}

/// Opens a stream.
pub(super) async fn open(
    origin: &Origin,
    operation: Operation,
    call: Call,
    limits: Limits,
) -> Result<Events, FalError> {
    let call = call.events();
    let mut timer = pin!(sleep(limits.head));
    let sent = within(timer.as_mut(), pin!(origin.send(operation, &call))).await;
    let mut response = sent.ok_or_else(|| classify::of_silence(operation))??;
    if !is_success(response.status().as_u16()) || !is_stream(&response) {
        let hidden = origin.hidden();
        let answer = read(operation, &mut response, MAX_BODY, hidden, timer).await?;
        let answer = answer.success(operation)?;
        return Err(classify::of_unreadable(operation, &answer));
    }
    Ok(Events {
        operation,
        response,
        parser: SseParser::default(),
        ready: VecDeque::new(),
        idle: limits.idle,
        hidden: origin.hidden().clone(),
    })
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| {
            kind.trim()
                .to_ascii_lowercase()
                .starts_with("text/event-stream")
        })
}

impl Events {
    /// Returns what no text of an event may show.
    pub(super) fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// Returns the next event, or `None` at the end of the answer.
    pub(super) async fn next(&mut self) -> Result<Option<SseEvent>, FalError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            // Comments count as a sign of life: they are there for it.
            let chunk = match timeout(self.idle, self.response.chunk()).await {
                Err(_) => return Err(FalError::new(FalErrorKind::TimedOut, self.operation)),
                Ok(Err(error)) => {
                    let broken = FalError::new(FalErrorKind::Unavailable, self.operation);
                    return Err(broken.with_source(error.without_url()));
                }
                Ok(Ok(None)) => return Ok(None),
                Ok(Ok(Some(chunk))) => chunk,
            };
            let fed = self.parser.feed(&chunk, &mut self.ready);
            fed.map_err(|error| {
                FalError::new(FalErrorKind::Malformed, self.operation).with_source(error)
            })?;
        }
    }
}

/// Returns the states that events tell, until the job is over.
pub(super) fn states(events: Events, job: &JobHandle) -> StatusStream {
    let job = job.clone();
    let rest = Some((events, job));
    StatusStream::new(try_unfold(rest, |rest| async move {
        let Some((mut events, job)) = rest else {
            return Ok(None);
        };
        let status = next_state(&mut events)
            .await
            .map_err(|error| error.with_job(&job))?;
        let rest = (!status.is_completed()).then_some((events, job));
        Ok(Some((status, rest)))
    }))
}

async fn next_state(events: &mut Events) -> Result<JobStatus, FalError> {
    match events.next().await? {
        // The server ends the stream after the state that is completed, so an end before it is a break.
        None => Err(FalError::new(FalErrorKind::Unavailable, Operation::Watch)),
        Some(event) => read_state(&event.data).map(|status| events.hidden.cut_from_status(status)),
    }
}

/// Reads the state in the data of an event.
pub(crate) fn read_state(data: &str) -> Result<JobStatus, FalError> {
    let status = Status::read(data.as_bytes()).and_then(Status::into_job_status);
    status.ok_or_else(|| FalError::new(FalErrorKind::Malformed, Operation::Watch))
}
