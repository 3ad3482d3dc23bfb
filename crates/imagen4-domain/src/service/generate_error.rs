//! Why a generation gave no pictures, by what the caller can do about it.

use std::error::Error;
use std::fmt;

use fal_client::RequestId;

use crate::catalogue::ModelId;
use crate::policy::PolicyRefusal;
use crate::settings::MODEL_SETTING;
use crate::{GenerationId, InputError};

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GenerateErrorKind {
    /// An input breaks a rule: [`GenerateError::input`] names field and rule when we found it ourselves, and
    /// then nothing was recorded or sent; otherwise the model found it.
    InvalidInput,
    /// Our policy or the model refused; [`GenerateError::reason`] may be shown. A model's refusal may be billed.
    Refused,
    /// FAL says that the model is gone; nothing is paid. [`GenerateError::successor`] names the one to set.
    ModelRetired,
    /// Something that is needed is down. Whether the job goes on is told by [`GenerateError::request_id`].
    Dependency(Dependency),
    /// The time to wait is over. The job goes on, is paid, and stands in the records as submitted.
    TimedOut,
    /// The request was perhaps taken and paid. It is not sent again by itself; the job is found under
    /// [`GenerateError::request_id`] when FAL's answer had one, and among the account's requests otherwise.
    Unknown,
    /// The job is over without pictures.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// Making pictures is switched off by a setting. Nothing happened.
    Disabled,
}

/// Something that a generation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dependency {
    /// FAL, or our access to it.
    Fal,
    /// The record store.
    Records,
}

impl GenerateErrorKind {
    /// Returns the exit code of a program that ends with the error: 2 for bad input, 3 for a refusal, 4 when
    /// something that is needed is down or set wrongly, 1 for the rest.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::InvalidInput => 2,
            Self::Refused => 3,
            Self::ModelRetired | Self::Dependency(_) | Self::TimedOut | Self::Disabled => 4,
            Self::Unknown | Self::Failed | Self::Cancelled => 1,
        }
    }
}

impl fmt::Display for GenerateErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidInput => "an input breaks a rule",
            Self::Refused => "the prompt was refused",
            Self::ModelRetired => "the model is gone",
            Self::Dependency(Dependency::Fal) => "FAL cannot be used",
            Self::Dependency(Dependency::Records) => "the records cannot be written",
            Self::TimedOut => "the time to wait is over and the job goes on",
            Self::Unknown => "it is not known whether the request was taken",
            Self::Failed => "the job gave no pictures",
            Self::Cancelled => "the job was cancelled",
            Self::Disabled => "making pictures is switched off",
        })
    }
}

/// A generation that gave no pictures, at least not yet.
///
/// `Display` leaves the source and the words of the model out; whoever logs walks the chain.
#[derive(Debug)]
pub struct GenerateError(Box<Facts>);

#[derive(Debug)]
struct Facts {
    kind: GenerateErrorKind,
    id: Option<GenerationId>,
    request_id: Option<RequestId>,
    input: Option<InputError>,
    reason: Option<String>,
    successor: Option<ModelId>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl GenerateError {
    pub(crate) fn new(kind: GenerateErrorKind) -> Self {
        Self(Box::new(Facts {
            kind,
            id: None,
            request_id: None,
            input: None,
            reason: None,
            successor: None,
            source: None,
        }))
    }

    pub(crate) fn with_id(mut self, id: GenerationId) -> Self {
        self.0.id = Some(id);
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<RequestId>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    pub(crate) fn with_successor(mut self, successor: Option<ModelId>) -> Self {
        self.0.successor = successor;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Returns what kind of failure it was.
    pub fn kind(&self) -> GenerateErrorKind {
        self.0.kind
    }

    /// Returns the generation, when one was recorded.
    pub fn id(&self) -> Option<GenerationId> {
        self.0.id
    }

    /// Returns FAL's name of the job, when it was taken, or perhaps was and the answer had it. Whoever writes the error down can find the pictures.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// Returns the field and the rule that is broken, when we found it ourselves.
    pub fn input(&self) -> Option<&InputError> {
        self.0.input.as_ref()
    }

    /// Returns words for the user.
    pub fn reason(&self) -> String {
        match (&self.0.reason, &self.0.input) {
            (Some(reason), _) => reason.clone(),
            (None, Some(input)) => input.to_string(),
            (None, None) => self.0.kind.to_string(),
        }
    }

    /// Returns the model to ask in place of a retired one.
    pub fn successor(&self) -> Option<&ModelId> {
        self.0.successor.as_ref()
    }

    /// Returns the setting to change, when changing one helps.
    pub fn setting(&self) -> Option<&'static str> {
        match self.0.kind {
            GenerateErrorKind::ModelRetired => Some(MODEL_SETTING),
            GenerateErrorKind::Disabled => Some("IMAGEN4_ENABLED"),
            _ => None,
        }
    }
}

impl From<InputError> for GenerateError {
    fn from(error: InputError) -> Self {
        let mut made = Self::new(GenerateErrorKind::InvalidInput);
        made.0.input = Some(error);
        made
    }
}

impl From<PolicyRefusal> for GenerateError {
    fn from(refusal: PolicyRefusal) -> Self {
        Self::new(GenerateErrorKind::Refused).with_reason(refusal.reason())
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.id {
            Some(id) => write!(f, "generation {id} failed: {}", self.0.kind)?,
            None => write!(f, "generation failed: {}", self.0.kind)?,
        }
        if let Some(input) = &self.0.input {
            write!(f, " ({input})")?;
        }
        if let Some(request_id) = &self.0.request_id {
            write!(f, " (FAL request {request_id})")?;
        }
        if let (Some(setting), Some(successor)) = (self.setting(), &self.0.successor) {
            write!(f, "; set {setting} to {successor}")?;
        }
        Ok(())
    }
}

impl Error for GenerateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
