//! The form of a manifest: JSON with a version.

mod wire;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::policy::PromptChoice;
use super::{MAX_BYTES, VERSION};
use crate::name::ObjectKey;
use crate::object::Sha256Digest;
use crate::pictures::format::ImageFormat;
use crate::pictures::key::{PictureKey, PictureName};
use crate::pictures::picture::StoredPicture;
use crate::pictures::provenance::Provenance;

/// What a manifest says: the picture, and everything that its record is rebuilt from.
///
/// A reader passes over fields that it does not know: a newer program may add some without a new version, which
/// comes only with a new meaning of old ones.
/// `Debug` shows neither what was asked for nor by whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The id of the generation, as in the picture's key.
    pub generation_id: String,
    /// The number of the picture within its generation, 1 to 99.
    pub number: u8,
    /// How many pictures the generation gave, stored or not.
    pub count: u8,
    /// The SHA-256 of the picture's bytes.
    #[serde(with = "wire::as_text")]
    pub sha256: Sha256Digest,
    /// Their length.
    pub size_bytes: u64,
    /// Their format.
    #[serde(with = "wire::as_extension")]
    pub format: ImageFormat,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// Whose the picture is.
    pub owner: String,
    /// When the generation was accepted.
    #[serde(with = "wire::time")]
    pub created_at: DateTime<Utc>,
    /// When the provider took the request.
    #[serde(default, with = "wire::optional_time")]
    pub submitted_at: Option<DateTime<Utc>>,
    /// When the provider had made the pictures.
    #[serde(default, with = "wire::optional_time")]
    pub generated_at: Option<DateTime<Utc>>,
    /// The model that was asked for.
    pub model_asked: String,
    /// The model that made the picture.
    pub model_used: String,
    /// The provider's name of the job.
    pub request_id: Option<String>,
    /// What the provider says the job cost, in millionths of the model's own unit.
    pub billable_micros: Option<u64>,
    /// The seed, when one was given.
    pub seed: Option<u64>,
    /// What is said of the prompt.
    pub prompt: ManifestPrompt,
    /// What is said of the text of what must not be in the picture.
    pub negative_prompt: Option<ManifestPrompt>,
    /// Whatever else was asked for, by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// The host that the picture came from; never more of its link.
    pub source_host: Option<String>,
}

/// What a manifest says of a prompt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestPrompt {
    /// The text.
    Text(String),
    /// Its hash under the operator's key.
    HmacSha256(#[serde(with = "wire::as_text")] Sha256Digest),
    /// Nothing.
    NotKept,
}

/// Why bytes are no manifest that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// There are more bytes than a manifest may have.
    #[error("longer than 64 KiB")]
    TooLong,
    /// It was written by a newer program.
    #[error("its version is {0}, and this program reads 1")]
    Newer(u32),
    /// It is no JSON, or a field is missing or of another type.
    #[error("not readable at line {line}, column {column}")]
    Damaged {
        /// The line, from 1; 0 when the place is not known.
        line: usize,
        /// The column, from 1; 0 when the place is not known.
        column: usize,
    },
    /// A value breaks a rule.
    #[error("the field {0} breaks its rule")]
    Unlawful(&'static str),
}

impl From<serde_json::Error> for ManifestError {
    /// Keeps the place alone: the text of the error may quote a prompt.
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl Manifest {
    /// Returns the manifest of picture `number` of `count`, which came from `source_host`.
    ///
    /// An input that holds a link is left out.
    pub(super) fn new(
        picture: &StoredPicture,
        (generation_id, number, count): (&str, u8, u8),
        provenance: &Provenance,
        prompts: &PromptChoice,
        source_host: Option<String>,
    ) -> Self {
        let inputs = provenance.inputs.clone().into_iter();
        Self {
            generation_id: generation_id.to_owned(),
            number,
            count,
            sha256: picture.sha256,
            size_bytes: picture.size_bytes,
            format: picture.format,
            width: picture.width,
            height: picture.height,
            owner: provenance.owner.clone(),
            created_at: provenance.created_at,
            submitted_at: provenance.submitted_at,
            generated_at: provenance.generated_at,
            model_asked: provenance.model_asked.clone(),
            model_used: provenance.model_used.clone(),
            request_id: provenance.request_id.clone(),
            billable_micros: provenance.billable_micros,
            seed: provenance.seed,
            prompt: prompts.of(&provenance.prompt),
            negative_prompt: provenance
                .negative_prompt
                .as_deref()
                .map(|text| prompts.of(text)),
            inputs: inputs.filter(|(_, value)| !value.contains("://")).collect(),
            source_host,
        }
    }

    /// Returns the manifest that `bytes` are.
    ///
    /// # Errors
    ///
    /// [`ManifestError`]; it never quotes what the bytes say.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ManifestError::TooLong);
        }
        match serde_json::from_slice::<Head>(bytes)?.version {
            VERSION => {}
            0 => return Err(ManifestError::Unlawful("version")),
            newer => return Err(ManifestError::Newer(newer)),
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        match manifest.broken_field() {
            None => Ok(manifest),
            Some(field) => Err(ManifestError::Unlawful(field)),
        }
    }

    /// Returns the bytes of the manifest.
    ///
    /// # Errors
    ///
    /// `TooLong`, and `Unlawful` with the field, for what could not be read back.
    pub fn to_json(&self) -> Result<Vec<u8>, ManifestError> {
        #[derive(Serialize)]
        struct Document<'a> {
            version: u32,
            #[serde(flatten)]
            manifest: &'a Manifest,
        }
        if let Some(field) = self.broken_field() {
            return Err(ManifestError::Unlawful(field));
        }
        let document = Document {
            version: VERSION,
            manifest: self,
        };
        let bytes = serde_json::to_vec_pretty(&document)?;
        match bytes.len() as u64 {
            0..=MAX_BYTES => Ok(bytes),
            _ => Err(ManifestError::TooLong),
        }
    }

    /// Tells whether this is the manifest of the picture under `key`: the same generation and number.
    pub fn belongs_to(&self, key: &ObjectKey) -> bool {
        PictureKey::parse(key).is_some_and(|parsed| {
            parsed.generation_id == self.generation_id && parsed.number == self.number
        })
    }

    fn broken_field(&self) -> Option<&'static str> {
        let is_named = PictureName::new(&self.generation_id, self.number, self.format).is_ok();
        [
            ("generation_id", is_named),
            ("number", (1..=self.count).contains(&self.number)),
            ("count", self.count <= 99),
            ("width", self.width > 0),
            ("height", self.height > 0),
            ("created_at", wire::can_be_read_back(Some(self.created_at))),
            ("submitted_at", wire::can_be_read_back(self.submitted_at)),
            ("generated_at", wire::can_be_read_back(self.generated_at)),
        ]
        .into_iter()
        .find_map(|(field, is_lawful)| (!is_lawful).then_some(field))
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("generation_id", &self.generation_id)
            .field("number", &self.number)
            .field("count", &self.count)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ManifestPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(hidden)",
            Self::HmacSha256(_) => "HmacSha256(hidden)",
            Self::NotKept => "NotKept",
        })
    }
}

#[cfg(test)]
mod tests;
