//! Why no pictures were made, by what the caller can do about it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use fal_client::RequestId;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GeneratorErrorKind {
    /// The model refused what was asked; the reason may be shown. It may be billed.
    Refused,
    /// The model is gone. Nothing was taken; ask its successor.
    ModelRetired,
    /// The model does not take an input; the reason may be shown.
    InvalidInput,
    /// The provider cannot be reached or is out of order. Of a submit nothing was taken.
    Unavailable,
    /// The key is not accepted, or the account is locked. Nothing was taken; somebody must act.
    Unauthorized,
    /// A setting is wrong. Nothing was taken.
    Config,
    /// The submit was perhaps taken, or the answer about a job makes no sense.
    Unknown,
    /// The time to wait is over; the job may go on.
    TimedOut,
    /// The job is over and failed.
    Failed,
    /// The job is over and gave no picture.
    NoPictures,
    /// The job was cancelled.
    Cancelled,
}

impl fmt::Display for GeneratorErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the model refused",
            Self::ModelRetired => "the model is gone",
            Self::InvalidInput => "the model does not take an input",
            Self::Unavailable => "the provider is unavailable",
            Self::Unauthorized => "the provider does not accept the key or the account",
            Self::Config => "a setting is wrong",
            Self::Unknown => "it is not known whether the request was taken",
            Self::TimedOut => "the time to wait is over",
            Self::Failed => "the job failed",
            Self::NoPictures => "the job gave no picture",
            Self::Cancelled => "the job was cancelled",
        })
    }
}

/// A failed submit or wait.
///
/// `Display` shows neither the source nor the reason, which quotes the provider. Clones share the source.
#[derive(Debug, Clone)]
pub struct GeneratorError {
    kind: GeneratorErrorKind,
    verdict: bool,
    reason: Option<String>,
    request_id: Option<RequestId>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl GeneratorError {
    /// Returns an error of `kind` that is a verdict when the kind always is one.
    pub fn new(kind: GeneratorErrorKind) -> Self {
        use GeneratorErrorKind::{
            Cancelled, Failed, InvalidInput, ModelRetired, NoPictures, Refused,
        };
        Self {
            kind,
            verdict: matches!(
                kind,
                Refused | ModelRetired | InvalidInput | Failed | NoPictures | Cancelled
            ),
            reason: None,
            request_id: None,
            source: None,
        }
    }

    /// Returns the error with words for the user.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Returns the error with FAL's name of the job that it is about, where the answer had one.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<RequestId>) -> Self {
        self.request_id = id;
        self
    }

    /// Returns the error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Returns what kind of failure it was.
    pub fn kind(&self) -> GeneratorErrorKind {
        self.kind
    }

    /// Tells whether the error is about the job itself, which is over.
    pub fn is_verdict(&self) -> bool {
        self.verdict
    }

    /// Returns FAL's name of the job that was perhaps taken, where the answer to the submit had one.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// Returns words for the user: the provider's for a refusal, our own otherwise.
    pub fn reason(&self) -> String {
        self.reason.clone().unwrap_or_else(|| self.kind.to_string())
    }
}

impl fmt::Display for GeneratorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for GeneratorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
