//! The kinds of generations in a gallery.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use storage::pictures::PictureKind;

use crate::InputError;
use crate::catalogue::ModelId;

/// What kind of model made the pictures; it goes with the bucket in which they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GalleryKind {
    /// Imagen 4.
    Imagen4,
    /// Any other model.
    Generated,
}

impl GalleryKind {
    /// Every kind once.
    pub const ALL: [Self; 2] = [Self::Imagen4, Self::Generated];

    /// Returns the kind of what `model` makes.
    pub fn of(model: &ModelId) -> Self {
        match picture_kind(model) {
            PictureKind::Imagen4 => Self::Imagen4,
            PictureKind::Generated | PictureKind::Avatar | PictureKind::Temporary => {
                Self::Generated
            }
        }
    }

    /// Returns the kind as one lower-case word, as in its JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imagen4 => "imagen4",
            Self::Generated => "generated",
        }
    }
}

impl FromStr for GalleryKind {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| InputError::new("kind", "must be imagen4 or generated"))
    }
}

impl fmt::Display for GalleryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the kind of the pictures that `model` makes, which decides their bucket.
pub(crate) fn picture_kind(model: &ModelId) -> PictureKind {
    let app = model.endpoint().app();
    PictureKind::of_generation_type(app.rsplit('/').next().unwrap_or(app))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_of_the_model_decides() {
        for (model, kind) in [
            ("fal-ai/imagen4/preview", GalleryKind::Imagen4),
            ("fal-ai/imagen4/preview/ultra", GalleryKind::Imagen4),
            ("fal-ai/nano-banana", GalleryKind::Generated),
            ("imagen4/other", GalleryKind::Generated),
            ("fal-ai/imagen4-like", GalleryKind::Generated),
        ] {
            assert_eq!(GalleryKind::of(&model.parse().unwrap()), kind, "{model}");
        }
    }

    #[test]
    fn kinds_come_back_from_their_text() {
        for kind in GalleryKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("avatar".parse::<GalleryKind>().unwrap_err().field(), "kind");
    }
}
