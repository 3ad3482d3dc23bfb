//! The journal of a generation: each step, written before the next outside effect.

use std::fmt;

use chrono::{DateTime, Utc};
use fal_client::RequestId;
use serde::{Deserialize, Serialize};

use crate::catalogue::ModelId;
use crate::generation::FailureKind;
use crate::picture::Picture;
use crate::timestamp;

/// One step of a generation with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When, to the microsecond.
    #[serde(with = "crate::timestamp")]
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub step: Step,
}

impl JournalEntry {
    /// Returns the entry of `step` at `at`, cut to the microsecond.
    pub fn new(at: DateTime<Utc>, step: Step) -> Self {
        Self {
            at: timestamp::truncate(at),
            step,
        }
    }
}

/// A step of a generation.
///
/// The first group says what is about to happen or has been learnt, the second group ends the generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The request was checked and is recorded. Always the first step, written by the creation.
    Accepted,
    /// The request is about to be sent to this model; from here on it may cost money.
    Submitting {
        /// The model: the one asked for, or its successor.
        model: ModelId,
    },
    /// FAL has taken the request; with its id the job is found again.
    Submitted {
        /// FAL's name of the job.
        request_id: RequestId,
    },
    /// The job is over and its pictures lie with the provider.
    Generated {
        /// Where, by the number of the picture.
        links: Vec<ProviderLink>,
        /// What FAL says the job cost, in millionths of the model's own unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        billable_micros: Option<u64>,
    },

    /// Each picture was stored, or it is known where it is instead. Ends the generation.
    Completed {
        /// The pictures by number.
        pictures: Vec<Picture>,
    },
    /// The model refused. Ends the generation.
    Refused {
        /// Why, in words for the user.
        reason: String,
    },
    /// It cannot be done. Ends the generation.
    Failed {
        /// What failed.
        kind: FailureKind,
        /// Why, in words for the user.
        reason: String,
    },
    /// The user or the program wanted no more of it. Ends the generation.
    Cancelled,
    /// The request was perhaps taken. Ends the generation until somebody finds the job.
    Unknown {
        /// Why, in words for the user.
        reason: String,
        /// FAL's name of the job, where the answer had one: the place to look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<RequestId>,
    },
    /// Everything about it was removed. Ends the generation.
    Erased,
}

impl Step {
    /// Returns the step as one lower-case word, as in its JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Submitting { .. } => "submitting",
            Self::Submitted { .. } => "submitted",
            Self::Generated { .. } => "generated",
            Self::Completed { .. } => "completed",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown { .. } => "unknown",
            Self::Erased => "erased",
        }
    }
}

/// A picture that lies with the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderLink {
    /// The number of the picture, from 1.
    pub number: u8,
    /// The link. Whoever has it can read the picture, so `Debug` hides it.
    pub url: String,
    /// When it dies.
    #[serde(with = "crate::timestamp")]
    pub dies_at: DateTime<Utc>,
}

impl fmt::Debug for ProviderLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderLink")
            .field("number", &self.number)
            .field("dies_at", &self.dies_at)
            .finish_non_exhaustive()
    }
}
