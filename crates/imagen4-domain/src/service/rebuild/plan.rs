//! From the manifests of a generation to its record.

use chrono::{DateTime, Utc};
use fal_client::RequestId;
use serde_json::{Value, json};
use storage::pictures::{FoundPicture, Manifest};

use super::super::provenance::{ASPECT_RATIO, IMAGES, OUTPUT_FORMAT};
use super::report::NotRebuilt;
use crate::catalogue::{Catalogue, ModelId};
use crate::generation::Generation;
use crate::journal::{JournalEntry, ProviderLink, Step};
use crate::picture::{Picture, PictureState, StoredPicture};
use crate::request::GenerationRequest;

/// What a record says of a picture that the bucket does not have.
const NOT_THERE: &str = "it was not in the store when the records were rebuilt";

/// The most models that were asked for one generation, as in the flow.
const MOST_MODELS: usize = 3;

/// How a generation went.
pub(super) struct Plan {
    /// As it was accepted.
    pub(super) first: Generation,
    /// The steps after that.
    pub(super) entries: Vec<JournalEntry>,
}

impl Plan {
    /// Returns how the generation of `pictures`, which are all there are and sorted by number, went.
    pub(super) fn of(pictures: &[FoundPicture], catalogue: &Catalogue) -> Result<Self, NotRebuilt> {
        let Some(manifest) = pictures.first().map(|one| &one.manifest) else {
            return Err(NotRebuilt::Unlawful("pictures"));
        };
        let others = pictures.iter().map(|one| &one.manifest);
        if !others.clone().all(|other| is_of_one(manifest, other)) {
            return Err(NotRebuilt::Contradictory);
        }
        let request = request_of(manifest)?;
        let id = manifest.generation_id.parse();
        let owner = manifest.owner.parse();
        let first = Generation::new(
            id.map_err(|_| NotRebuilt::Unlawful("generation_id"))?,
            owner.map_err(|_| NotRebuilt::Unlawful("owner"))?,
            request,
            manifest.created_at,
        );
        let generated_at = others.clone().find_map(|other| other.generated_at);
        let entries = entries_of(&first, pictures, generated_at, catalogue)?;
        Ok(Self { first, entries })
    }
}

/// Tells whether two manifests tell of the same generation.
fn is_of_one(one: &Manifest, other: &Manifest) -> bool {
    let facts = |manifest: &Manifest| {
        let Manifest {
            owner,
            created_at,
            submitted_at,
            model_asked,
            model_used,
            request_id,
            seed,
            prompt,
            ..
        } = manifest.clone();
        let models = (model_asked, model_used);
        (
            owner,
            created_at,
            submitted_at,
            models,
            request_id,
            seed,
            prompt,
        )
    };
    facts(one) == facts(other)
}

/// A request comes from a draft or from a record, and the manifest is what is left of the record.
fn request_of(manifest: &Manifest) -> Result<GenerationRequest, NotRebuilt> {
    let input = |name: &'static str| {
        let value = manifest.inputs.get(name);
        value.ok_or(NotRebuilt::Unlawful(name))
    };
    let images: u8 = match input(IMAGES)?.parse() {
        Ok(images) => images,
        Err(_) => return Err(NotRebuilt::Unlawful(IMAGES)),
    };
    let mut record = json!({
        "prompt": manifest.prompt.to_string(),
        "model": manifest.model_asked,
        "aspect_ratio": input(ASPECT_RATIO)?,
        "images": images,
        "seed": manifest.seed,
        "output_format": input(OUTPUT_FORMAT)?,
    });
    if let Some(negative) = &manifest.negative_prompt {
        record["negative_prompt"] = Value::String(negative.to_string());
    }
    // The error may quote the prompt, so it is not kept.
    serde_json::from_value(record).map_err(|_| NotRebuilt::Unlawful("request"))
}

fn entries_of(
    first: &Generation,
    pictures: &[FoundPicture],
    generated_at: Option<DateTime<Utc>>,
    catalogue: &Catalogue,
) -> Result<Vec<JournalEntry>, NotRebuilt> {
    let Some(manifest) = pictures.first().map(|one| &one.manifest) else {
        return Err(NotRebuilt::Unlawful("pictures"));
    };
    let used = manifest.model_used.parse::<ModelId>();
    let used = used.map_err(|_| NotRebuilt::Unlawful("model_used"))?;
    let request_id = manifest.request_id.as_deref();
    let request_id: RequestId = request_id
        .and_then(|id| id.parse().ok())
        .ok_or(NotRebuilt::Unlawful("request_id"))?;
    let created_at = first.created_at();
    let submitted_at = manifest.submitted_at.unwrap_or(created_at);
    let generated_at = generated_at.unwrap_or(submitted_at);
    let put_at = pictures.iter().filter_map(|one| one.stored_at).max();
    let completed_at = put_at.map_or(generated_at, |put_at| put_at.max(generated_at));
    let asked = models_asked(first.request().model(), used, catalogue);
    let submitting = asked.into_iter().map(|model| {
        let step = Step::Submitting { model };
        JournalEntry::new(created_at, step)
    });
    let mut entries: Vec<_> = submitting.collect();
    entries.extend([
        JournalEntry::new(submitted_at, Step::Submitted { request_id }),
        JournalEntry::new(
            generated_at,
            Step::Generated {
                links: lost_links(manifest.count, generated_at),
                billable_micros: manifest.billable_micros,
            },
        ),
        JournalEntry::new(
            completed_at,
            Step::Completed {
                pictures: pictures_of(manifest.count, pictures),
            },
        ),
    ]);
    Ok(entries)
}

/// Returns the models that were asked one after the other: by the successors from the first to the last, or
/// those two when the catalogue knows no such way.
fn models_asked(asked: &ModelId, used: ModelId, catalogue: &Catalogue) -> Vec<ModelId> {
    let mut way = vec![asked.clone()];
    while way.last() != Some(&used) && way.len() < MOST_MODELS {
        let model = way.last().and_then(|last| catalogue.get(last));
        match model.and_then(|model| model.successor.clone()) {
            Some(next) => way.push(next),
            None => break,
        }
    }
    if way.last() == Some(&used) {
        return way;
    }
    vec![asked.clone(), used]
}

/// The journal has a link for each picture; what is left of them is that they were there, and are dead.
fn lost_links(count: u8, at: DateTime<Utc>) -> Vec<ProviderLink> {
    let link = |number| ProviderLink {
        number,
        url: String::new(),
        dies_at: crate::timestamp::truncate(at),
    };
    (1..=count).map(link).collect()
}

fn pictures_of(count: u8, found: &[FoundPicture]) -> Vec<Picture> {
    let picture = |number| {
        let there = found.iter().find(|one| one.manifest.number == number);
        let state = match there {
            Some(one) => PictureState::Stored(stored(one)),
            None => PictureState::Unobtainable {
                reason: NOT_THERE.to_owned(),
            },
        };
        Picture { number, state }
    };
    (1..=count).map(picture).collect()
}

fn stored(found: &FoundPicture) -> StoredPicture {
    let manifest = &found.manifest;
    StoredPicture {
        object: found.object.clone(),
        content_type: manifest.format.content_type().to_owned(),
        size_bytes: manifest.size_bytes,
        sha256: manifest.sha256,
        width: manifest.width,
        height: manifest.height,
    }
}
