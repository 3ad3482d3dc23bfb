//! The generation: one request of one user, with its state.

mod state;

use chrono::{DateTime, NaiveDate, Utc};
use fal_client::{JobHandle, RequestId};
use serde::{Deserialize, Serialize};

pub use state::{FailureKind, IllegalStep, State};

use crate::catalogue::ModelId;
use crate::journal::{JournalEntry, ProviderLink, Step};
use crate::picture::Picture;
use crate::request::GenerationRequest;
use crate::{GenerationId, UserId, timestamp};

/// One request of one user, with its state.
///
/// - It changes by [`apply`](Self::apply) alone, one step after the other; each step raises its revision by one.
/// - The state that its journal leads to is the state it has.
/// - Its JSON is stable: the cache and other programs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    id: GenerationId,
    #[serde(rename = "user_id")]
    owner: UserId,
    #[serde(with = "crate::timestamp")]
    created_at: DateTime<Utc>,
    #[serde(with = "crate::timestamp")]
    updated_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<GenerationId>,
    #[serde(flatten)]
    request: GenerationRequest,
    model_used: ModelId,
    request_id: Option<RequestId>,
    #[serde(with = "optional_time")]
    submitted_at: Option<DateTime<Utc>>,
    billable_micros: Option<u64>,
    revision: u64,
    #[serde(flatten)]
    state: State,
}

impl Generation {
    /// Returns a new generation of `owner`, accepted `now`, with revision 0.
    pub fn new(
        id: GenerationId,
        owner: UserId,
        request: GenerationRequest,
        now: DateTime<Utc>,
    ) -> Self {
        let now = timestamp::truncate(now);
        Self {
            id,
            owner,
            created_at: now,
            updated_at: now,
            parent: None,
            model_used: request.model().clone(),
            request,
            request_id: None,
            submitted_at: None,
            billable_micros: None,
            revision: 0,
            state: State::Accepted,
        }
    }

    /// Returns the new generation as one that is made with the settings of `parent` again.
    #[must_use]
    pub fn with_parent(mut self, parent: GenerationId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Returns the generation after `entry`, with the next revision.
    ///
    /// # Errors
    ///
    /// [`IllegalStep`] when the state does not allow the step; nothing is changed then.
    pub fn apply(&self, entry: &JournalEntry) -> Result<Self, IllegalStep> {
        let state = self.state.after(&entry.step, &self.model_used)?;
        let mut next = Self {
            state,
            revision: self.revision + 1,
            updated_at: timestamp::truncate(entry.at),
            ..self.clone()
        };
        match &entry.step {
            Step::Submitting { model } => next.model_used = model.clone(),
            Step::Submitted { request_id } => {
                next.request_id = Some(request_id.clone());
                next.submitted_at = Some(next.updated_at);
            }
            Step::Generated {
                billable_micros, ..
            } => next.billable_micros = *billable_micros,
            Step::Unknown {
                request_id: Some(request_id),
                ..
            } => next.request_id = Some(request_id.clone()),
            _ => {}
        }
        Ok(next)
    }

    /// Returns the name.
    pub fn id(&self) -> GenerationId {
        self.id
    }

    /// Returns whose it is.
    pub fn owner(&self) -> &UserId {
        &self.owner
    }

    /// Returns when it was accepted, to the microsecond.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// Returns the UTC date of its creation, which its keys carry whenever they are written.
    pub fn created_on(&self) -> NaiveDate {
        self.created_at.date_naive()
    }

    /// Returns when its last step was written.
    pub fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    /// Returns the generation whose settings it was made with, when it was made again; that one may be gone.
    pub fn parent(&self) -> Option<GenerationId> {
        self.parent
    }

    /// Returns what was asked for.
    pub fn request(&self) -> &GenerationRequest {
        &self.request
    }

    /// Returns the model that made the pictures, or is to make them: the one asked for, or its successor.
    pub fn model_used(&self) -> &ModelId {
        &self.model_used
    }

    /// Returns FAL's name of the job, once it is known; in the state `Unknown` the one to look under.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// Returns where the job is found again, once FAL has taken the request, or perhaps has and named it.
    pub fn job(&self) -> Option<JobHandle> {
        let endpoint = self.model_used.endpoint().clone();
        let request_id = self.request_id.clone()?;
        Some(JobHandle::new(endpoint, request_id))
    }

    /// Returns when FAL took the request.
    pub fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.submitted_at
    }

    /// Returns what FAL says the job cost, in millionths of the model's own unit.
    pub fn billable_micros(&self) -> Option<u64> {
        self.billable_micros
    }

    /// Returns the state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the number of steps after the first; two writers cannot both write the same one.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the pictures by number; empty unless completed.
    pub fn pictures(&self) -> &[Picture] {
        match &self.state {
            State::Completed { pictures } => pictures,
            _ => &[],
        }
    }

    /// Returns where the pictures lie with the provider: in the state `Generated`, and in `Failed` when that came
    /// after it, since what is there is paid for. Empty in every other state.
    pub fn provider_links(&self) -> &[ProviderLink] {
        match &self.state {
            State::Generated { links } | State::Failed { links, .. } => links,
            _ => &[],
        }
    }
}

/// Times that may be absent.
mod optional_time {
    use super::{DateTime, Deserialize, Serialize, Utc, timestamp};

    #[derive(Serialize, Deserialize)]
    struct Time(#[serde(with = "timestamp")] DateTime<Utc>);

    #[expect(
        clippy::ref_option,
        reason = "serde's `with` gives a reference to the field"
    )]
    pub(super) fn serialize<S: serde::Serializer>(
        time: &Option<DateTime<Utc>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(Time).serialize(to)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Time>::deserialize(from)?.map(|Time(time)| time))
    }
}

#[cfg(test)]
mod tests;
