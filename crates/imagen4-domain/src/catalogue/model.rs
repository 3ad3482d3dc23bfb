//! One model of the catalogue.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use fal_client::BillableUnits;
use serde::{Deserialize, Serialize};

use super::ModelId;
use crate::{AspectRatio, InputError};

/// What is known of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name, which is its endpoint at FAL.
    pub id: ModelId,
    /// Its name for people.
    pub title: String,
    /// Shorter names by which it may be asked for.
    pub aliases: Vec<String>,
    /// The inputs it takes.
    pub inputs: Inputs,
    /// The sizes of its pictures at its usual resolution, where known.
    pub sizes: Vec<PictureSize>,
    /// What a picture costs.
    pub price: Price,
    /// Since when the provider behind it is known to be gone.
    pub retired_since: Option<NaiveDate>,
    /// The model that takes its place: the same output, at least the same inputs.
    pub successor: Option<ModelId>,
}

/// The inputs that a model takes; what it does not take is never sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The shapes it offers.
    pub aspect_ratios: Vec<AspectRatio>,
    /// The formats it offers.
    pub output_formats: Vec<OutputFormat>,
    /// The resolutions it offers, such as `2K`, its usual one first; empty when it takes no such input.
    pub resolutions: Vec<String>,
    /// The most pictures of one request.
    pub max_images: u8,
    /// Whether it takes a seed.
    pub seed: bool,
    /// Whether it takes a text of what must not be in the picture.
    pub negative_prompt: bool,
}

/// The size of a picture of one shape, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureSize {
    /// The shape.
    pub aspect_ratio: AspectRatio,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
}

/// What a picture costs, as it was known on a day; the bill is what FAL says in its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Millionths of a US dollar for one picture at the usual resolution.
    pub micro_dollars_per_picture: u64,
    /// The day of the source.
    pub as_of: NaiveDate,
}

impl Price {
    /// Returns what so many pictures cost, in millionths of a US dollar.
    pub fn of(self, pictures: u8) -> u64 {
        self.micro_dollars_per_picture
            .saturating_mul(u64::from(pictures))
    }

    /// Returns what so many units cost, one unit being one picture, in millionths of a US dollar; half a millionth
    /// rounds up.
    pub fn of_units(self, units: BillableUnits) -> u64 {
        const MILLION: u128 = 1_000_000;
        let exact = u128::from(self.micro_dollars_per_picture) * u128::from(units.micros());
        u64::try_from((exact + MILLION / 2) / MILLION).unwrap_or(u64::MAX)
    }
}

/// The format in which the model is asked to give its pictures.
///
/// What it really gives is decided by the bytes, when they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// PNG.
    #[default]
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
}

impl OutputFormat {
    /// Returns the word by which FAL knows the format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::WebP => "webp",
        }
    }
}

impl FromStr for OutputFormat {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "png" => Ok(Self::Png),
            "jpeg" | "jpg" => Ok(Self::Jpeg),
            "webp" => Ok(Self::WebP),
            _ => Err(InputError::new(
                "output_format",
                "must be png, jpeg or webp",
            )),
        }
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
