//! What the image models of the catalogue give.

use std::time::Duration;

use fal_client::JobOutput;
use serde::Deserialize;

use crate::generator::{GeneratedPictures, GeneratorError, GeneratorErrorKind};

/// The output; only the links are promised (FAL's types over three generations of the schema agree on them alone).
#[derive(Deserialize)]
struct Output {
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    url: String,
}

/// Returns the links of an output. Fewer than were asked for are as good as all; none is a failure.
pub(super) fn read(
    output: JobOutput,
    kept_for: Duration,
) -> Result<GeneratedPictures, GeneratorError> {
    // The error of the parser quotes the value, so it is dropped.
    let Ok(read) = serde_json::from_value::<Output>(output.value) else {
        return Err(GeneratorError::new(GeneratorErrorKind::Unknown)
            .with_reason("the output of the model cannot be read"));
    };
    let links: Vec<_> = read
        .images
        .into_iter()
        .map(|image| image.url)
        .filter(|url| !url.is_empty())
        .collect();
    if links.is_empty() {
        return Err(GeneratorError::new(GeneratorErrorKind::NoPictures));
    }
    Ok(GeneratedPictures {
        links,
        kept_for,
        billable_units: output.billable_units,
    })
}
