//! The kinds of errors, and the facts that are usual for each.

use std::fmt;

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FalErrorKind {
    /// The model refused what was asked (`content_policy_violation`, `no_media_generated`).
    /// The work was done, no picture came of it, and it may be billed. Show the reason; change the prompt.
    Refused,
    /// An input is missing, out of range or unreadable. Show the reason; change the input.
    InvalidInput,
    /// FAL has no such model, mostly because it was retired. Nothing happened. Choose its successor.
    ModelNotFound,
    /// The queue knows no such job: a wrong id, another model's job, or a result no longer kept.
    NotFound,
    /// The key is wrong or may not use the model. Nothing happened. Change the key.
    Unauthorized,
    /// The operation needs a key with the admin scope, and this one has none. Nothing happened.
    NeedsAdminKey,
    /// The account is locked, mostly for an exhausted balance. Nothing happened. Pay; a repeat does not help.
    Locked,
    /// Too many requests. Nothing happened. Wait and repeat.
    RateLimited,
    /// A time limit passed: the model's, the one to start, or ours while waiting.
    /// After ours the job may go on; take it up again by its id.
    TimedOut,
    /// The way to FAL, or FAL's own machinery, is out of order for the moment.
    /// It says nothing about a job that was accepted before. Wait and repeat.
    Unavailable,
    /// The model, or the provider behind it, failed. Try later or another model.
    Provider,
    /// The result was asked for before the job was over. Wait for the job.
    NotFinished,
    /// A submit was perhaps accepted; the error has the job's id only where the answer had one.
    /// Look for it among the account's requests; submitting again may pay twice.
    Unacknowledged,
    /// The answer cannot be read: not JSON, not the shape agreed on, or too large.
    /// It says nothing about a job that was accepted before. A wait has asked ten times then; take it up later.
    Malformed,
    /// The job was cancelled, or its client went away. It may be billed if it was running.
    Cancelled,
    /// A setting or an option is wrong. Nothing happened. The message says which.
    Config,
    /// Retries are used up; the facts are those of the last failure. Outer layers stop here.
    Exhausted,
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Reading settings or building the adapter.
    Setup,
    /// Submitting a job.
    Submit,
    /// Asking how far a job has come.
    Status,
    /// Fetching what a job gave.
    Result,
    /// Asking to cancel a job.
    Cancel,
    /// Reading the stream of a job's states.
    Watch,
    /// Waiting for a job to end.
    Wait,
    /// Running a model without the queue.
    Run,
    /// Listing the account's requests.
    List,
    /// Destroying what FAL keeps of a request.
    DeletePayload,
    /// Uploading a file.
    Upload,
    /// Fetching the keys that webhooks are signed with.
    Keys,
}

/// Whether a job has cost money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Billed {
    /// It has not: nothing was accepted, FAL bills no 5xx, or its header says 0 units.
    No,
    /// It has: FAL's header says so.
    Yes,
    /// It cannot be told from the answer.
    Maybe,
}

/// Who has to change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The user, who wrote the prompt or chose the inputs.
    User,
    /// The program that calls: its key, its balance, its settings, its pace.
    Caller,
    /// FAL, the model, or the provider behind it.
    Provider,
    /// The way there.
    Network,
}

impl FalErrorKind {
    /// Returns whether a repeat may succeed, whether it was billed, and whose fault it is, as is usual.
    pub(crate) fn usual_facts(self) -> (bool, Billed, Fault) {
        match self {
            Self::Refused | Self::InvalidInput => (false, Billed::Maybe, Fault::User),
            Self::ModelNotFound
            | Self::Unauthorized
            | Self::NeedsAdminKey
            | Self::Locked
            | Self::Config => (false, Billed::No, Fault::Caller),
            Self::NotFound | Self::Cancelled => (false, Billed::Maybe, Fault::Caller),
            Self::RateLimited => (true, Billed::No, Fault::Caller),
            Self::TimedOut | Self::Malformed => (false, Billed::Maybe, Fault::Provider),
            Self::Unavailable => (true, Billed::Maybe, Fault::Network),
            Self::Provider => (false, Billed::No, Fault::Provider),
            Self::NotFinished => (true, Billed::Maybe, Fault::Caller),
            Self::Unacknowledged | Self::Exhausted => (false, Billed::Maybe, Fault::Network),
        }
    }
}

impl fmt::Display for FalErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the model refused",
            Self::InvalidInput => "an input is not valid",
            Self::ModelNotFound => "there is no such model",
            Self::NotFound => "there is no such job",
            Self::Unauthorized => "the key is not accepted",
            Self::NeedsAdminKey => "the key has no admin scope",
            Self::Locked => "the account is locked",
            Self::RateLimited => "too many requests",
            Self::TimedOut => "a time limit passed",
            Self::Unavailable => "the service is unavailable",
            Self::Provider => "the provider failed",
            Self::NotFinished => "the job is not finished",
            Self::Unacknowledged => "the submit was perhaps accepted",
            Self::Malformed => "the answer cannot be read",
            Self::Cancelled => "the job was cancelled",
            Self::Config => "a setting is wrong",
            Self::Exhausted => "retries are used up",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setup => "setup",
            Self::Submit => "submit",
            Self::Status => "status",
            Self::Result => "result",
            Self::Cancel => "cancel",
            Self::Watch => "watch",
            Self::Wait => "wait",
            Self::Run => "run",
            Self::List => "list of requests",
            Self::DeletePayload => "delete of a payload",
            Self::Upload => "upload",
            Self::Keys => "fetch of the webhook keys",
        })
    }
}
