//! What the manifest beside a picture says of the generation that made it.

use std::collections::BTreeMap;

use storage::pictures::Provenance;

use crate::generation::{Generation, State};

/// The names of the inputs that a manifest keeps.
pub(super) const ASPECT_RATIO: &str = "aspect_ratio";
pub(super) const IMAGES: &str = "images";
pub(super) const OUTPUT_FORMAT: &str = "output_format";

/// Returns what is told of `generation`, which gave so many pictures.
pub(super) fn of(generation: &Generation, pictures: u8) -> Provenance {
    let request = generation.request();
    let inputs = [
        (ASPECT_RATIO, request.aspect_ratio().to_string()),
        (IMAGES, request.images().get().to_string()),
        (OUTPUT_FORMAT, request.output_format().to_string()),
    ];
    // Only right after that step is its time the last one.
    let is_generated = matches!(generation.state(), State::Generated { .. });
    Provenance {
        owner: generation.owner().as_str().to_owned(),
        pictures,
        created_at: generation.created_at(),
        submitted_at: generation.submitted_at(),
        generated_at: is_generated.then_some(generation.updated_at()),
        model_asked: request.model().as_str().to_owned(),
        model_used: generation.model_used().as_str().to_owned(),
        request_id: generation.request_id().map(ToString::to_string),
        billable_micros: generation.billable_micros(),
        seed: request.seed().map(u64::from),
        prompt: request.prompt().as_str().to_owned(),
        negative_prompt: request
            .negative_prompt()
            .map(|text| text.as_str().to_owned()),
        inputs: BTreeMap::from(inputs.map(|(name, value)| (name.to_owned(), value))),
    }
}
