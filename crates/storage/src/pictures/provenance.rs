//! Where a picture comes from, in words that know no model and no user.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

/// What made the pictures of one generation, for the manifest beside each of them.
///
/// `Debug` shows neither what was asked for nor by whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Whose the pictures are, as the program around us names them.
    pub owner: String,
    /// How many pictures the generation gave, stored or not; a save may be of some of them only.
    pub pictures: u8,
    /// When the generation was accepted.
    pub created_at: DateTime<Utc>,
    /// When the provider took the request, where that is known.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When the provider had made the pictures, where that is known.
    pub generated_at: Option<DateTime<Utc>>,
    /// The model that was asked for.
    pub model_asked: String,
    /// The model that made the pictures.
    pub model_used: String,
    /// The provider's name of the job.
    pub request_id: Option<String>,
    /// What the provider says the job cost, in millionths of the model's own unit.
    pub billable_micros: Option<u64>,
    /// The seed, when one was given.
    pub seed: Option<u64>,
    /// The text that the pictures are made from.
    pub prompt: String,
    /// The text of what must not be in them.
    pub negative_prompt: Option<String>,
    /// Whatever else was asked for, by name, such as `aspect_ratio`.
    pub inputs: BTreeMap<String, String>,
}

impl fmt::Debug for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provenance")
            .field("created_at", &self.created_at)
            .field("model_used", &self.model_used)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
