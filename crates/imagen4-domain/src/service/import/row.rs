//! One row of an earlier program, checked.

use std::fmt;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Map, Value};
use storage::pictures::LegacyUrls;

use super::time;

/// The longest row, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// The words by which earlier programs said that a generation is done.
const DONE: [&str; 5] = ["completed", "complete", "success", "done", "finished"];

/// A row that was read: every field is of its type, and the rest is decided where it is used.
///
/// `Debug` shows its id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyRow {
    id: String,
    user_id: String,
    prompt: String,
    negative_prompt: Option<String>,
    model: Option<String>,
    generation_type: Option<String>,
    created_at: DateTime<Utc>,
    status: Option<String>,
    aspect_ratio: Option<String>,
    seed: Option<u32>,
    request_id: Option<String>,
    urls: LegacyUrls,
}

/// Why a row cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowProblem {
    /// The line is no JSON object, or is longer than 1 MiB.
    #[error("the line is no JSON object")]
    NotAnObject,
    /// A field is missing.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A field breaks a rule; what it says is not quoted.
    #[error("the field {0} breaks a rule")]
    Unlawful(&'static str),
}

impl LegacyRow {
    /// Returns the row that `line` is; times without an offset are taken at `naive_offset`.
    ///
    /// Needed are `id`, `user_id` (texts or whole numbers), `prompt`, `created_at`, and `model` or
    /// `generation_type`. `result_urls` may have any shape that [`LegacyUrls`] reads. Read as well, when they
    /// are there: `status`, `negative_prompt`, `aspect_ratio`, `seed`, `request_id` or `fal_request_id`.
    /// Other fields are passed over.
    ///
    /// # Errors
    ///
    /// [`RowProblem`] with the first field that is wrong.
    pub fn from_json(line: &str, naive_offset: FixedOffset) -> Result<Self, RowProblem> {
        let fields = Fields::of(line)?;
        let created_at = time::read(&fields.needed("created_at")?, naive_offset);
        let model = fields.text("model")?;
        let generation_type = fields.text("generation_type")?;
        if model.is_none() && generation_type.is_none() {
            return Err(RowProblem::Missing("model"));
        }
        Ok(Self {
            id: fields.needed("id")?,
            user_id: fields.needed("user_id")?,
            prompt: fields.needed("prompt")?,
            negative_prompt: fields.text("negative_prompt")?,
            model,
            generation_type,
            created_at: created_at.ok_or(RowProblem::Unlawful("created_at"))?,
            status: fields.text("status")?,
            aspect_ratio: fields.text("aspect_ratio")?,
            seed: fields.seed()?,
            request_id: match fields.text("request_id")? {
                Some(id) => Some(id),
                None => fields.text("fal_request_id")?,
            },
            urls: fields.urls()?,
        })
    }

    /// Returns the id that the row had.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the user's name.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Returns when it was created.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// Returns the links, as they stood there.
    pub fn urls(&self) -> &LegacyUrls {
        &self.urls
    }

    /// Returns the status when it does not say that the generation is done; without one it is done.
    pub(super) fn unfinished_status(&self) -> Option<&str> {
        let status = self.status.as_deref()?;
        let is_done = DONE.iter().any(|done| status.eq_ignore_ascii_case(done));
        (!is_done).then_some(status)
    }

    pub(super) fn prompt(&self) -> &str {
        &self.prompt
    }

    pub(super) fn negative_prompt(&self) -> Option<&str> {
        self.negative_prompt.as_deref()
    }

    pub(super) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    pub(super) fn generation_type(&self) -> Option<&str> {
        self.generation_type.as_deref()
    }

    pub(super) fn aspect_ratio(&self) -> Option<&str> {
        self.aspect_ratio.as_deref()
    }

    pub(super) fn seed(&self) -> Option<u32> {
        self.seed
    }

    pub(super) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Debug for LegacyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyRow")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The fields of a row by name.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(line: &str) -> Result<Self, RowProblem> {
        if line.len() > MAX_BYTES {
            return Err(RowProblem::NotAnObject);
        }
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(RowProblem::NotAnObject),
        }
    }

    /// Returns a text or a whole number as text; empty and null count as absent.
    fn text(&self, name: &'static str) -> Result<Option<String>, RowProblem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) if !number.is_f64() => Ok(Some(number.to_string())),
            Some(_) => Err(RowProblem::Unlawful(name)),
        }
    }

    fn needed(&self, name: &'static str) -> Result<String, RowProblem> {
        self.text(name)?.ok_or(RowProblem::Missing(name))
    }

    fn seed(&self) -> Result<Option<u32>, RowProblem> {
        let seed = self.text("seed")?.map(|text| text.parse());
        seed.transpose().map_err(|_| RowProblem::Unlawful("seed"))
    }

    fn urls(&self) -> Result<LegacyUrls, RowProblem> {
        let urls = match self.0.get("result_urls") {
            None => Ok(LegacyUrls::default()),
            Some(Value::String(text)) => LegacyUrls::read(text),
            Some(value) => LegacyUrls::read(&value.to_string()),
        };
        urls.map_err(|_| RowProblem::Unlawful("result_urls"))
    }
}

#[cfg(test)]
mod tests {
    use chrono::Offset;

    use super::*;

    const ROW: &str = r#"{"id": 17, "user_id": 42, "prompt": "canary at dawn",
        "generation_type": "imagen4", "created_at": "2025-01-02T03:04:05.600000",
        "result_urls": "[\"http://minio:9000/imagen4/2025/01/02/17_1.png\"]", "status": "COMPLETED",
        "cost": 0.5}"#;

    fn read(text: &str) -> Result<LegacyRow, RowProblem> {
        LegacyRow::from_json(text, Utc.fix())
    }

    #[test]
    fn a_row_has_its_fields_whatever_their_spelling() {
        let row = read(ROW).unwrap();
        assert_eq!((row.id(), row.user_id()), ("17", "42"));
        assert_eq!(row.urls().len(), 1);
        assert_eq!(row.unfinished_status(), None);
        assert!(!format!("{row:?}").contains("canary"));
        let without = ROW.replace("\"status\": \"COMPLETED\",", "");
        assert_eq!(read(&without).unwrap().unfinished_status(), None);
        let failed = ROW.replace("COMPLETED", "failed");
        assert_eq!(read(&failed).unwrap().unfinished_status(), Some("failed"));
        let array = ROW
            .replace(r#""[\"http"#, r#"["http"#)
            .replace(r#"png\"]""#, r#"png"]"#);
        assert_eq!(read(&array).unwrap().urls(), row.urls());
    }

    #[test]
    fn the_first_wrong_field_is_named_and_not_quoted() {
        for (from, to, problem) in [
            ("\"id\"", "\"no\"", RowProblem::Missing("id")),
            ("17,", "1.5,", RowProblem::Unlawful("id")),
            ("42", "\" \"", RowProblem::Missing("user_id")),
            ("\"canary at dawn\"", "[]", RowProblem::Unlawful("prompt")),
            ("generation_type", "no", RowProblem::Missing("model")),
            (
                "2025-01-02T03",
                "canary",
                RowProblem::Unlawful("created_at"),
            ),
            (
                "\"created_at\"",
                "\"no\"",
                RowProblem::Missing("created_at"),
            ),
            (
                "[\\\"http",
                "[b\\\"http",
                RowProblem::Unlawful("result_urls"),
            ),
            ("\"cost\"", "\"seed\"", RowProblem::Unlawful("seed")),
            ("{", "[", RowProblem::NotAnObject),
        ] {
            let error = read(&ROW.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error, problem, "{to}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }
}
