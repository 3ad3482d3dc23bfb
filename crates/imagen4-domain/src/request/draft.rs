//! A request as it comes from outside: plain texts and numbers.

use super::{GenerationRequest, ImageCount, NegativePrompt};
use crate::catalogue::{Catalogue, Model};
use crate::settings::Imagen4Settings;
use crate::{AspectRatio, InputError};

/// A request as it comes from outside, with nothing checked yet.
///
/// What is left out comes from the settings: the model, the shape, one picture, no seed, PNG.
///
/// # Examples
///
/// ```
/// use imagen4_domain::{Catalogue, Imagen4Settings, RequestDraft};
///
/// let draft = RequestDraft::new("a lighthouse at dawn").with_images(2).with_aspect_ratio("16:9");
/// let request = draft.check(&Catalogue::default(), &Imagen4Settings::default())?;
/// assert_eq!(request.images().get(), 2);
///
/// let draft = RequestDraft::new("a lighthouse at dawn").with_images(5);
/// let error = draft.check(&Catalogue::default(), &Imagen4Settings::default()).unwrap_err();
/// assert_eq!((error.field(), error.rule()), ("images", "must be 1 to 4"));
/// # Ok::<(), imagen4_domain::InputError>(())
/// ```
#[derive(Clone, Default)]
pub struct RequestDraft {
    prompt: String,
    negative_prompt: Option<String>,
    model: Option<String>,
    aspect_ratio: Option<String>,
    images: Option<u32>,
    seed: Option<u32>,
    output_format: Option<String>,
}

impl RequestDraft {
    /// Returns a request for one picture of `prompt`.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            ..Self::default()
        }
    }

    /// Returns the draft of a request that was made before.
    pub(crate) fn again(request: &GenerationRequest) -> Self {
        Self {
            prompt: request.prompt.as_str().to_owned(),
            negative_prompt: request
                .negative_prompt
                .as_ref()
                .map(|text| text.as_str().to_owned()),
            model: Some(request.model.to_string()),
            aspect_ratio: Some(request.aspect_ratio.to_string()),
            images: Some(request.images.get().into()),
            seed: request.seed,
            output_format: Some(request.output_format.to_string()),
        }
    }

    /// Sets what must not be in the picture.
    #[must_use]
    pub fn with_negative_prompt(mut self, text: impl Into<String>) -> Self {
        self.negative_prompt = Some(text.into());
        self
    }

    /// Sets the model, by name or alias.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets the shape, such as `16:9`.
    #[must_use]
    pub fn with_aspect_ratio(mut self, ratio: impl Into<String>) -> Self {
        self.aspect_ratio = Some(ratio.into());
        self
    }

    /// Sets the number of pictures.
    #[must_use]
    pub fn with_images(mut self, images: u32) -> Self {
        self.images = Some(images);
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u32) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(crate) fn with_seed_or_none(mut self, seed: Option<u32>) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the format: `png`, `jpeg` or `webp`.
    #[must_use]
    pub fn with_output_format(mut self, format: impl Into<String>) -> Self {
        self.output_format = Some(format.into());
        self
    }

    /// Checks every field and fills what was left out.
    ///
    /// # Errors
    ///
    /// [`InputError`] with the first field that breaks a rule. Nothing has happened then.
    pub fn check(
        &self,
        catalogue: &Catalogue,
        settings: &Imagen4Settings,
    ) -> Result<GenerationRequest, InputError> {
        let model = catalogue.find(self.model.as_deref().unwrap_or(settings.model()))?;
        let most = settings.max_images().min(model.inputs.max_images);
        let request = GenerationRequest {
            prompt: self.prompt.parse()?,
            negative_prompt: self.negative_prompt_for(model)?,
            model: model.id.clone(),
            aspect_ratio: self.ratio_or(settings.default_aspect_ratio())?,
            images: ImageCount::checked(self.images.unwrap_or(1), most)?,
            seed: self.seed,
            output_format: self.output_format.as_deref().unwrap_or("png").parse()?,
        };
        request.check_for(model)?;
        match request.seed {
            Some(_) if !model.inputs.seed => Err(not_taken("seed", model)),
            _ => Ok(request),
        }
    }

    fn negative_prompt_for(&self, model: &Model) -> Result<Option<NegativePrompt>, InputError> {
        match self.negative_prompt.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(_) if !model.inputs.negative_prompt => Err(not_taken("negative_prompt", model)),
            Some(text) => text.parse().map(Some),
        }
    }

    fn ratio_or(&self, usual: AspectRatio) -> Result<AspectRatio, InputError> {
        self.aspect_ratio.as_deref().map_or(Ok(usual), str::parse)
    }
}

impl std::fmt::Debug for RequestDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestDraft")
            .field("model", &self.model)
            .field("aspect_ratio", &self.aspect_ratio)
            .field("images", &self.images)
            .finish_non_exhaustive()
    }
}

fn not_taken(field: &'static str, model: &Model) -> InputError {
    InputError::new(field, format!("is not taken by {}", model.id))
}
