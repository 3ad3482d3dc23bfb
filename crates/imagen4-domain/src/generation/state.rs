//! The states of a generation, and which step leads where.

use serde::{Deserialize, Serialize};

use crate::catalogue::ModelId;
use crate::journal::{ProviderLink, Step};
use crate::picture::Picture;

/// The state of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Recorded; nothing was sent.
    Accepted,
    /// About to be sent, or sent without an answer yet; perhaps paid.
    Submitting,
    /// FAL has it.
    Submitted,
    /// The pictures lie with the provider.
    Generated {
        /// Where, by number.
        links: Vec<ProviderLink>,
    },
    /// Done.
    Completed {
        /// The pictures by number; at least one can be had.
        pictures: Vec<Picture>,
    },
    /// The model refused.
    Refused {
        /// Why, in words for the user.
        reason: String,
    },
    /// It could not be done.
    Failed {
        /// What failed.
        #[serde(rename = "failure")]
        kind: FailureKind,
        /// Why, in words for the user.
        reason: String,
        /// Where the pictures lie with the provider, by number, when there are any: they are paid for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<ProviderLink>,
    },
    /// The user or the program wanted no more of it.
    Cancelled,
    /// Perhaps taken by FAL; the id is known where the answer had one. It is never sent again by itself.
    Unknown {
        /// Why, in words for the user.
        reason: String,
    },
    /// Everything about it was removed.
    Erased,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// An input that the model does not take after all.
    InvalidInput,
    /// The model is gone.
    ModelRetired,
    /// FAL could not be reached, or took nothing.
    Unavailable,
    /// FAL does not accept our key, or the account is locked.
    Unauthorized,
    /// The model, or the provider behind it, failed.
    Provider,
    /// The job is over and gave no picture.
    NoPictures,
    /// The job gave pictures and none of them could be fetched; the state keeps their links.
    PicturesLost,
    /// A word of a newer version of this program.
    #[serde(other)]
    Other,
}

/// A step that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the step {step} cannot follow the state {state}")]
pub struct IllegalStep {
    state: &'static str,
    step: &'static str,
}

impl IllegalStep {
    /// Returns the name of the state.
    pub fn state(&self) -> &'static str {
        self.state
    }

    /// Returns the name of the step.
    pub fn step(&self) -> &'static str {
        self.step
    }
}

impl State {
    /// Returns the state as one lower-case word, as in its JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Submitting => "submitting",
            Self::Submitted => "submitted",
            Self::Generated { .. } => "generated",
            Self::Completed { .. } => "completed",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown { .. } => "unknown",
            Self::Erased => "erased",
        }
    }

    /// Returns the names of the states in which work is left to do.
    pub const UNFINISHED: [&'static str; 4] = ["accepted", "submitting", "submitted", "generated"];

    /// Tells whether the generation is over.
    pub fn is_final(&self) -> bool {
        !Self::UNFINISHED.contains(&self.name())
    }

    /// Returns the state after `step`; `asked` is the model that was asked last.
    ///
    /// # Errors
    ///
    /// [`IllegalStep`] for a step that cannot follow.
    pub(super) fn after(&self, step: &Step, asked: &ModelId) -> Result<Self, IllegalStep> {
        let allowed = match (self, step) {
            (Self::Accepted, Step::Submitting { .. } | Step::Cancelled)
            | (
                Self::Submitting,
                Step::Submitted { .. } | Step::Refused { .. } | Step::Unknown { .. },
            )
            | (Self::Submitted, Step::Refused { .. } | Step::Cancelled) => true,
            // Another model is asked only after the first one was definitely not taken.
            (Self::Submitting, Step::Submitting { model }) => model != asked,
            (Self::Submitted, Step::Generated { links, .. }) => {
                are_numbered(links.iter().map(|link| link.number))
            }
            (Self::Generated { .. }, Step::Completed { pictures }) => {
                are_numbered(pictures.iter().map(|picture| picture.number))
                    && pictures.iter().any(Picture::is_obtainable)
            }
            (_, Step::Failed { .. }) => !self.is_final(),
            // Erasing waits until nothing is under way that could bring pictures back, and happens once.
            (_, Step::Erased) => self.is_final() && *self != Self::Erased,
            _ => false,
        };
        if !allowed {
            return Err(IllegalStep {
                state: self.name(),
                step: step.name(),
            });
        }
        Ok(self.stepped(step))
    }

    fn stepped(&self, step: &Step) -> Self {
        match step.clone() {
            Step::Accepted => Self::Accepted,
            Step::Submitting { .. } => Self::Submitting,
            Step::Submitted { .. } => Self::Submitted,
            Step::Generated { links, .. } => Self::Generated { links },
            Step::Completed { pictures } => Self::Completed { pictures },
            Step::Refused { reason } => Self::Refused { reason },
            Step::Failed { kind, reason } => Self::Failed {
                kind,
                reason,
                links: match self {
                    Self::Generated { links } => links.clone(),
                    _ => Vec::new(),
                },
            },
            Step::Cancelled => Self::Cancelled,
            Step::Unknown { reason, .. } => Self::Unknown { reason },
            Step::Erased => Self::Erased,
        }
    }
}

/// Tells whether there is at least one number and each is the one after the last, from 1.
fn are_numbered(numbers: impl Iterator<Item = u8>) -> bool {
    let numbers: Vec<_> = numbers.collect();
    !numbers.is_empty()
        && numbers
            .iter()
            .copied()
            .eq(1..=u8::try_from(numbers.len()).unwrap_or(u8::MAX))
}
