//! What the image models of the catalogue give.

use std::fmt;
use std::time::Duration;

use fal_client::{Endpoint, FalModel, JobOutput};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::catalogue::Model;
use crate::generator::{GeneratedPictures, GeneratorError, GeneratorErrorKind};

/// What the image models of the catalogue give.
///
/// Only the links are promised: FAL's types over three generations of the schema agree on them alone. Whatever else
/// has another form than here counts as not there, since the pictures are paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOutput {
    /// The pictures, in order; perhaps fewer than were asked for.
    pub images: Vec<ImageFile>,
    /// What the model says of them, mostly nothing.
    #[serde(
        default,
        deserialize_with = "claim",
        skip_serializing_if = "Option::is_none"
    )]
    pub description: Option<String>,
    /// The seed that was used; older schemas had it.
    #[serde(
        default,
        deserialize_with = "claim",
        skip_serializing_if = "Option::is_none"
    )]
    pub seed: Option<u64>,
}

/// One picture of an output. Everything but the link is the provider's claim.
///
/// Whoever has the link can read the picture, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFile {
    /// Where it is, or itself as a data URI.
    pub url: String,
    /// Its content type.
    #[serde(
        default,
        deserialize_with = "claim",
        skip_serializing_if = "Option::is_none"
    )]
    pub content_type: Option<String>,
    /// Its size in bytes.
    #[serde(
        default,
        deserialize_with = "claim",
        skip_serializing_if = "Option::is_none"
    )]
    pub file_size: Option<u64>,
    /// Its width in pixels.
    #[serde(
        default,
        deserialize_with = "claim",
        skip_serializing_if = "Option::is_none"
    )]
    pub width: Option<u32>,
    /// Its height in pixels.
    #[serde(
        default,
        deserialize_with = "claim",
        skip_serializing_if = "Option::is_none"
    )]
    pub height: Option<u32>,
}

/// Reads what is not promised; in another form it is nothing.
fn claim<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let claimed = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value(claimed).ok())
}

impl fmt::Debug for ImageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageFile")
            .field("content_type", &self.content_type)
            .field("file_size", &self.file_size)
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// Every model of the catalogue is one of FAL's: the same output, and an input that
/// [`GenerationRequest::input_for`](crate::GenerationRequest::input_for) makes, so that a wrong one costs no call.
impl FalModel for Model {
    type Input = serde_json::Value;
    type Output = ImageOutput;

    fn endpoint(&self) -> &Endpoint {
        self.id.endpoint()
    }
}

/// Returns the links of an output. Fewer than were asked for are as good as all; none is a failure.
pub(super) fn read(
    output: JobOutput,
    kept_for: Duration,
) -> Result<GeneratedPictures, GeneratorError> {
    // The error of the parser quotes the value, so it is dropped.
    let Ok(read) = serde_json::from_value::<ImageOutput>(output.value) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_of_the_schema_is_read_and_written() {
        for recorded in [
            include_str!("../../tests/wire/output_2025_07.json"),
            include_str!("../../tests/wire/output_2026_04.json"),
        ] {
            let read: ImageOutput = serde_json::from_str(recorded).unwrap();
            let written = serde_json::to_value(&read).unwrap();
            assert_eq!(
                serde_json::from_value::<ImageOutput>(written).unwrap(),
                read
            );
            assert_eq!(read.images.len(), 2);
            assert!(!format!("{read:?}").contains("fal.media"));
        }
    }

    #[test]
    fn only_the_links_decide_whether_paid_pictures_are_read() {
        let odd = serde_json::json!({
            "images": [{
                "url": "https://v3.fal.media/a.png", "content_type": 7, "file_size": "12", "width": 1024.0,
                "height": -1,
            }],
            "description": ["a", "list"],
            "seed": -7,
        });
        let given = read(JobOutput::new(odd), Duration::from_hours(1)).unwrap();
        assert_eq!(given.links.len(), 1);
    }
}
