//! What is asked for, checked before anything is recorded or paid.

mod draft;

use serde::{Deserialize, Serialize};

pub use draft::RequestDraft;

use crate::catalogue::{Model, ModelId, OutputFormat};
use crate::{AspectRatio, InputError, Prompt, prompt};

/// What must not be in the picture; the rules are those of a [`Prompt`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NegativePrompt(Prompt);

impl NegativePrompt {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::str::FromStr for NegativePrompt {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        prompt::check("negative_prompt", text)?.parse().map(Self)
    }
}

/// How many pictures are asked for: 1 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct ImageCount(u8);

impl ImageCount {
    /// One picture.
    pub const ONE: Self = Self(1);

    /// Returns the number, 1 to 4.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Returns `images` as a count of at most `most`.
    ///
    /// # Errors
    ///
    /// [`InputError`] on the field `images`.
    pub fn checked(images: u32, most: u8) -> Result<Self, InputError> {
        let most = most.clamp(1, 4);
        match u8::try_from(images) {
            Ok(count) if (1..=most).contains(&count) => Ok(Self(count)),
            _ => Err(InputError::new("images", format!("must be 1 to {most}"))),
        }
    }
}

impl TryFrom<u8> for ImageCount {
    type Error = InputError;

    fn try_from(images: u8) -> Result<Self, InputError> {
        Self::checked(images.into(), 4)
    }
}

impl From<ImageCount> for u8 {
    fn from(count: ImageCount) -> Self {
        count.0
    }
}

/// What is asked for. It can only come from [`RequestDraft::check`] or from a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRequest {
    prompt: Prompt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    negative_prompt: Option<NegativePrompt>,
    model: ModelId,
    aspect_ratio: AspectRatio,
    images: ImageCount,
    seed: Option<u32>,
    output_format: OutputFormat,
}

impl GenerationRequest {
    /// Returns the prompt.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns what must not be in the picture.
    pub fn negative_prompt(&self) -> Option<&NegativePrompt> {
        self.negative_prompt.as_ref()
    }

    /// Returns the model that was asked for.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Returns the shape of the pictures.
    pub fn aspect_ratio(&self) -> AspectRatio {
        self.aspect_ratio
    }

    /// Returns how many pictures are asked for; the model may give fewer.
    pub fn images(&self) -> ImageCount {
        self.images
    }

    /// Returns the seed, when one was given.
    pub fn seed(&self) -> Option<u32> {
        self.seed
    }

    /// Returns the format in which the model is asked to give its pictures.
    pub fn output_format(&self) -> OutputFormat {
        self.output_format
    }

    /// Returns the model's input: only what it takes, in FAL's words.
    ///
    /// # Errors
    ///
    /// [`InputError`] when the model does not offer the shape, the number or the format; it is how a
    /// successor is checked before it is asked in another model's place.
    pub fn input_for(&self, model: &Model) -> Result<serde_json::Value, InputError> {
        self.check_for(model)?;
        let mut input = serde_json::json!({
            "prompt": self.prompt,
            "aspect_ratio": self.aspect_ratio,
            "num_images": self.images,
            "output_format": self.output_format,
        });
        if let Some(seed) = self.seed.filter(|_| model.inputs.seed) {
            input["seed"] = seed.into();
        }
        if let Some(negative) = &self.negative_prompt
            && model.inputs.negative_prompt
        {
            input["negative_prompt"] = negative.as_str().into();
        }
        Ok(input)
    }

    fn check_for(&self, model: &Model) -> Result<(), InputError> {
        let inputs = &model.inputs;
        if !inputs.aspect_ratios.contains(&self.aspect_ratio) {
            let offered = listed(&inputs.aspect_ratios);
            return Err(InputError::new(
                "aspect_ratio",
                format!("must be one of {offered} for {}", model.id),
            ));
        }
        if !inputs.output_formats.contains(&self.output_format) {
            let offered = listed(&inputs.output_formats);
            return Err(InputError::new(
                "output_format",
                format!("must be one of {offered} for {}", model.id),
            ));
        }
        ImageCount::checked(self.images.get().into(), inputs.max_images).map(|_| ())
    }
}

fn listed<T: ToString>(values: &[T]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests;
