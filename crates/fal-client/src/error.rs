//! What went wrong, in words that a caller can act on.

mod kind;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

pub use kind::{Billed, FalErrorKind, Fault, Operation};

use crate::{Endpoint, JobHandle, RequestId, UnknownSubmit};

/// The longest reason kept, in characters.
const MAX_REASON: usize = 200;

/// What went wrong with one call, and what the caller can do.
///
/// `Display` shows the operation, the model and the job, the kind, the status and FAL's word for the error.
/// It shows neither the input nor the key, and never its source: whoever logs walks the chain.
/// `Debug` leaves out the reason too, which quotes the provider and so, perhaps, the input. Whatever an answer
/// quotes of the key is in none of them.
#[derive(Clone)]
pub struct FalError(Box<Facts>);

#[derive(Clone)]
struct Facts {
    kind: FalErrorKind,
    cause_kind: FalErrorKind,
    operation: Operation,
    retryable: bool,
    billed: Billed,
    fault: Fault,
    unsent: bool,
    ingress: bool,
    tries: u32,
    status: Option<u16>,
    error_type: Option<String>,
    reason: Option<String>,
    endpoint: Option<Endpoint>,
    request_id: Option<RequestId>,
    retry_after: Option<Duration>,
    unknown: Option<UnknownSubmit>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl FalError {
    /// Returns an error of a kind with the facts that are usual for it.
    pub fn new(kind: FalErrorKind, operation: Operation) -> Self {
        let (retryable, billed, fault) = kind.usual_facts();
        Self(Box::new(Facts {
            kind,
            cause_kind: kind,
            operation,
            retryable,
            billed,
            fault,
            unsent: false,
            ingress: false,
            tries: 1,
            status: None,
            error_type: None,
            reason: None,
            endpoint: None,
            request_id: None,
            retry_after: None,
            unknown: None,
            source: None,
        }))
    }

    /// Returns what the caller can do.
    pub fn kind(&self) -> FalErrorKind {
        self.0.kind
    }

    /// Returns the kind beneath `Exhausted` or `Unacknowledged`; for every other kind, the kind itself.
    pub fn cause_kind(&self) -> FalErrorKind {
        self.0.cause_kind
    }

    /// Returns what was being done.
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// Returns whether the same operation, done again after a pause, may succeed without paying twice.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns whether the job has cost money.
    pub fn billed(&self) -> Billed {
        self.0.billed
    }

    /// Returns who has to change something.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }

    /// Returns whether it is proven that no submit was accepted: no connection, 429, or refused at the ingress.
    pub fn is_unsent(&self) -> bool {
        self.0.unsent
    }

    /// Returns whether FAL's ingress answered and not the queue: an nginx page without `x-fal-request-id`.
    pub fn is_ingress(&self) -> bool {
        self.0.ingress
    }

    /// Returns how many calls were made in all.
    pub fn tries(&self) -> u32 {
        self.0.tries
    }

    /// Returns the HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns FAL's word for the error, as `content_policy_violation` or `runner_disconnected`.
    pub fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    /// Returns a short text that may be shown to the user: why the prompt or another input was refused.
    ///
    /// At most 200 characters, and what FAL echoes of the input or of our key is cut out of it.
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Returns the model that it is about.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.0.endpoint.as_ref()
    }

    /// Returns the job that it is about, with which a wait can be taken up again.
    pub fn job(&self) -> Option<JobHandle> {
        let (endpoint, id) = (self.0.endpoint.clone()?, self.0.request_id.clone()?);
        Some(JobHandle::new(endpoint, id))
    }

    /// Returns FAL's id of the job that it is about; after `Unacknowledged`, the one under which to look for it.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// Returns how long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns what is needed to find a submit again that was perhaps accepted.
    pub fn unknown_submit(&self) -> Option<&UnknownSubmit> {
        self.0.unknown.as_ref()
    }

    /// Sets the operation, for a layer that knows it better.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = operation;
        self
    }

    /// Sets whether a repeat may succeed.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Sets whether the job has cost money.
    #[must_use]
    pub fn with_billed(mut self, billed: Billed) -> Self {
        self.0.billed = billed;
        self
    }

    /// Sets who has to change something.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.0.fault = fault;
        self
    }

    /// Marks that no submit was accepted, so that nothing is billed and a repeat is safe.
    #[must_use]
    pub fn with_unsent(mut self) -> Self {
        self.0.unsent = true;
        self.0.billed = Billed::No;
        self
    }

    /// Marks that FAL's ingress answered and not the queue.
    #[must_use]
    pub fn with_ingress(mut self) -> Self {
        self.0.ingress = true;
        self
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets FAL's word for the error; anything but a word of at most 64 bytes is left out.
    #[must_use]
    pub fn with_error_type(mut self, word: &str) -> Self {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if !word.is_empty() && word.len() <= 64 && word.bytes().all(is_word) {
            self.0.error_type = Some(word.to_owned());
        }
        self
    }

    /// Sets the text for the user; it is shortened, and control characters become spaces.
    #[must_use]
    pub fn with_reason(mut self, text: &str) -> Self {
        let plain: String = text
            .trim()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut short: String = plain.chars().take(MAX_REASON).collect();
        if short.len() < plain.len() {
            short.pop();
            short.push('…');
        }
        self.0.reason = (!short.is_empty()).then_some(short);
        self
    }

    /// Sets the model that it is about.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: &Endpoint) -> Self {
        self.0.endpoint = Some(endpoint.clone());
        self
    }

    /// Sets the job that it is about: its model and its id.
    #[must_use]
    pub fn with_job(self, job: &JobHandle) -> Self {
        self.with_endpoint(&job.endpoint)
            .with_request_id(job.request_id.clone())
    }

    /// Sets FAL's id of the job that it is about.
    #[must_use]
    pub fn with_request_id(mut self, id: RequestId) -> Self {
        self.0.request_id = Some(id);
        self
    }

    /// Sets how long the server asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// Sets what is needed to find a submit again that was perhaps accepted.
    #[must_use]
    pub fn with_unknown_submit(mut self, unknown: UnknownSubmit) -> Self {
        self.0.unknown = Some(unknown);
        self
    }

    /// Sets the error beneath.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Returns the error as `Unacknowledged`: the submit was perhaps accepted. The other facts stay.
    #[must_use]
    pub fn into_unacknowledged(mut self) -> Self {
        self.0.kind = FalErrorKind::Unacknowledged;
        self.0.retryable = false;
        self.0.unsent = false;
        self.0.billed = Billed::Maybe;
        self
    }

    /// Returns the error as `Exhausted` after so many calls. The facts of the last one stay.
    #[must_use]
    pub fn into_exhausted(mut self, tries: u32) -> Self {
        self.0.kind = FalErrorKind::Exhausted;
        self.0.retryable = false;
        self.0.tries = tries;
        self
    }
}

impl fmt::Display for FalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.0;
        write!(f, "{}", facts.operation)?;
        if let Some(endpoint) = &facts.endpoint {
            write!(f, " of {endpoint}")?;
        }
        if let Some(id) = &facts.request_id {
            write!(f, " ({id})")?;
        }
        write!(f, " failed: {}", facts.kind)?;
        if facts.cause_kind != facts.kind {
            write!(f, ", as {}", facts.cause_kind)?;
        }
        // The words of a bad setting are our own; those of a refusal are FAL's and stay out of logs.
        if let (FalErrorKind::Config, Some(reason)) = (facts.kind, &facts.reason) {
            write!(f, ": {reason}")?;
        }
        if let Some(status) = facts.status {
            write!(f, " (status {status})")?;
        }
        if let Some(word) = &facts.error_type {
            write!(f, " ({word})")?;
        }
        if facts.tries > 1 {
            write!(f, " after {} tries", facts.tries)?;
        }
        Ok(())
    }
}

impl fmt::Debug for FalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.0;
        f.debug_struct("FalError")
            .field("kind", &facts.kind)
            .field("cause_kind", &facts.cause_kind)
            .field("operation", &facts.operation)
            .field("retryable", &facts.retryable)
            .field("billed", &facts.billed)
            .field("fault", &facts.fault)
            .field("unsent", &facts.unsent)
            .field("ingress", &facts.ingress)
            .field("tries", &facts.tries)
            .field("status", &facts.status)
            .field("error_type", &facts.error_type)
            .field("endpoint", &facts.endpoint)
            .field("request_id", &facts.request_id)
            .field("retry_after", &facts.retry_after)
            .field("source", &facts.source)
            .finish_non_exhaustive()
    }
}

impl StdError for FalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests;
