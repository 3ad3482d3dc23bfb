//! From a row and its pictures to a record.

use chrono::{DateTime, Utc};
use fal_client::RequestId;
use serde_json::{Value, json};
use storage::pictures::{Fallback, ImageFormat, LegacyPicture, PictureState as SavedState};

use super::row::{LegacyRow, RowProblem};
use crate::catalogue::{Catalogue, ModelId, OutputFormat};
use crate::fal::KEPT_FOR;
use crate::generation::Generation;
use crate::journal::{JournalEntry, ProviderLink, Step};
use crate::picture::Picture;
use crate::request::GenerationRequest;
use crate::{AspectRatio, GenerationId, UserId};

/// Why a picture of the provider's is not in our store.
const NEVER_SAVED: &str = "the earlier program never stored it";

/// How the generation of a row went.
pub(super) struct Plan {
    /// As it was accepted.
    pub(super) first: Generation,
    /// The steps after that.
    pub(super) entries: Vec<JournalEntry>,
}

impl Plan {
    /// Returns how the generation of `row` went, whose pictures were `found`.
    pub(super) fn of(
        row: &LegacyRow,
        found: &[LegacyPicture],
        catalogue: &Catalogue,
    ) -> Result<Self, RowProblem> {
        let unlawful = RowProblem::Unlawful;
        let owner: UserId = row.user_id().parse().map_err(|_| unlawful("user_id"))?;
        let model = model_of(row, catalogue)?;
        let request = request_of(row, &model, found)?;
        let id = match row.id().parse() {
            Ok(id) => id,
            Err(_) => GenerationId::of_earlier(&owner, row.id(), row.created_at()),
        };
        let first = Generation::new(id, owner, request, row.created_at());
        let entries = entries_of(row, &first, model, found)?;
        Ok(Self { first, entries })
    }
}

/// The model by its own name or alias, or by the word for its kind.
fn model_of(row: &LegacyRow, catalogue: &Catalogue) -> Result<ModelId, RowProblem> {
    let known = |name: &str| catalogue.find(name).ok().map(|model| model.id.clone());
    if let Some(name) = row.model() {
        // An endpoint that is in no catalogue any more is one all the same.
        let endpoint = || name.contains('/').then(|| name.parse().ok()).flatten();
        return known(name)
            .or_else(endpoint)
            .ok_or(RowProblem::Unlawful("model"));
    }
    let kind = row.generation_type().and_then(known);
    kind.ok_or(RowProblem::Unlawful("generation_type"))
}

fn request_of(
    row: &LegacyRow,
    model: &ModelId,
    found: &[LegacyPicture],
) -> Result<GenerationRequest, RowProblem> {
    let ratio = row.aspect_ratio().unwrap_or("auto").parse::<AspectRatio>();
    let ratio = ratio.map_err(|_| RowProblem::Unlawful("aspect_ratio"))?;
    if !(1..=4).contains(&found.len()) {
        return Err(RowProblem::Unlawful("result_urls"));
    }
    let mut record = json!({
        "prompt": row.prompt(),
        "model": model,
        "aspect_ratio": ratio,
        "images": found.len(),
        "seed": row.seed(),
        "output_format": format_of(found),
    });
    if let Some(negative) = row.negative_prompt() {
        record["negative_prompt"] = Value::String(negative.to_owned());
    }
    // Everything else was checked; the error may quote the prompt, so it is not kept.
    serde_json::from_value(record).map_err(|_| RowProblem::Unlawful("prompt"))
}

/// The format of the first picture that is there; a model gives no other than these three.
fn format_of(found: &[LegacyPicture]) -> OutputFormat {
    let formats = found.iter().find_map(|one| match one {
        LegacyPicture::There(picture) => Some(picture.format),
        _ => None,
    });
    match formats {
        Some(ImageFormat::Jpeg) => OutputFormat::Jpeg,
        Some(ImageFormat::WebP) => OutputFormat::WebP,
        _ => OutputFormat::Png,
    }
}

fn entries_of(
    row: &LegacyRow,
    first: &Generation,
    model: ModelId,
    found: &[LegacyPicture],
) -> Result<Vec<JournalEntry>, RowProblem> {
    let dies_at = crate::timestamp::truncate(row.created_at() + KEPT_FOR);
    let places = (1..).zip(found.iter().zip(row.urls().iter()));
    let link = |(number, (one, url)): (u8, (&LegacyPicture, &str))| ProviderLink {
        number,
        url: match one {
            LegacyPicture::Provider => url.to_owned(),
            _ => String::new(),
        },
        dies_at,
    };
    let links = places.clone().map(link).collect();
    let picture = |(number, (one, url))| picture_of(number, one, url, dies_at);
    let pictures = places.map(picture).collect();
    let steps = [
        Step::Submitting { model },
        Step::Submitted {
            request_id: request_id_of(row, first)?,
        },
        Step::Generated {
            links,
            billable_micros: None,
        },
        Step::Completed { pictures },
    ];
    let entries = steps.map(|step| JournalEntry::new(first.created_at(), step));
    Ok(entries.into())
}

fn picture_of(number: u8, found: &LegacyPicture, url: &str, dies_at: DateTime<Utc>) -> Picture {
    let lost = |reason: &str| SavedState::Unobtainable {
        reason: reason.to_owned(),
    };
    let state = match found {
        LegacyPicture::There(picture) => SavedState::Stored(picture.clone()),
        LegacyPicture::Provider => SavedState::ProviderFallback(Fallback {
            url: url.to_owned(),
            dies_at: Some(dies_at),
            reason: NEVER_SAVED.to_owned(),
        }),
        LegacyPicture::NotAPicture(_) => lost("the object is no picture"),
        LegacyPicture::Ambiguous(_) => lost("its key is in several places"),
        LegacyPicture::NotOurs => lost("its link names nothing of ours"),
        LegacyPicture::Nothing => lost("the earlier record has none here"),
        _ => lost("it was not in the store when its record was imported"),
    };
    Picture::of(number, state, dies_at)
}

/// The provider's name of the job, or one that says that nobody knows it.
fn request_id_of(row: &LegacyRow, first: &Generation) -> Result<RequestId, RowProblem> {
    let known = row.request_id().map(str::to_owned);
    let id = known.unwrap_or_else(|| format!("imported-{}", first.id()));
    id.parse().map_err(|_| RowProblem::Unlawful("request_id"))
}
