//! The entries of the catalogue, each fact with its source.

use chrono::NaiveDate;

use super::{Inputs, Model, ModelId, OutputFormat, PictureSize, Price};
use crate::AspectRatio;

/// One entry, in a form that can be a constant.
pub(super) struct Entry {
    endpoint: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    aspect_ratios: &'static [AspectRatio],
    resolutions: &'static [&'static str],
    sizes: &'static [(AspectRatio, u32, u32)],
    micro_dollars_per_picture: u64,
    price_as_of: (i32, u32, u32),
    retired_since: Option<(i32, u32, u32)>,
    successor: Option<&'static str>,
}

/// The shapes of Imagen 4; every generation of its schema has these five.
/// Source: fal-js, `libs/client/src/types/endpoints.ts`, 2025-07 to 2026-04 (npm `@fal-ai/client` 1.10.1).
const IMAGEN4_RATIOS: &[AspectRatio] = &[
    AspectRatio::of(1, 1),
    AspectRatio::of(16, 9),
    AspectRatio::of(9, 16),
    AspectRatio::of(4, 3),
    AspectRatio::of(3, 4),
];

/// The five of Imagen 4 and five more. Source: fal-js, the same file at 2026-08-02.
const NANO_BANANA_RATIOS: &[AspectRatio] = &[
    AspectRatio::of(1, 1),
    AspectRatio::of(16, 9),
    AspectRatio::of(9, 16),
    AspectRatio::of(4, 3),
    AspectRatio::of(3, 4),
    AspectRatio::of(21, 9),
    AspectRatio::of(3, 2),
    AspectRatio::of(2, 3),
    AspectRatio::of(5, 4),
    AspectRatio::of(4, 5),
];

/// The ten of the first one, four long ones, and the model's own choice. Source: fal-js, 2026-08-02.
const NANO_BANANA_2_RATIOS: &[AspectRatio] = &[
    AspectRatio::AUTO,
    AspectRatio::of(1, 1),
    AspectRatio::of(16, 9),
    AspectRatio::of(9, 16),
    AspectRatio::of(4, 3),
    AspectRatio::of(3, 4),
    AspectRatio::of(21, 9),
    AspectRatio::of(3, 2),
    AspectRatio::of(2, 3),
    AspectRatio::of(5, 4),
    AspectRatio::of(4, 5),
    AspectRatio::of(4, 1),
    AspectRatio::of(1, 4),
    AspectRatio::of(8, 1),
    AspectRatio::of(1, 8),
];

/// The sizes of Imagen 4 at 1K. Source: Google's table for Imagen, as mirrored by resellers' documentation.
const IMAGEN4_SIZES: &[(AspectRatio, u32, u32)] = &[
    (AspectRatio::of(1, 1), 1024, 1024),
    (AspectRatio::of(16, 9), 1408, 768),
    (AspectRatio::of(9, 16), 768, 1408),
    (AspectRatio::of(4, 3), 1280, 896),
    (AspectRatio::of(3, 4), 896, 1280),
];

/// The day on which Google's Gemini API stopped serving Imagen 4 (Vertex did on 2026-06-30).
/// Source: genkit-ai/genkit#6176, vercel/ai#19200. FAL's own types dropped it on 2026-08-02 (fal-js#219).
const IMAGEN4_RETIRED: Option<(i32, u32, u32)> = Some((2026, 8, 17));

/// Prices of Imagen 4 are those of litellm's table: $0.04, fast $0.02, ultra $0.06 a picture; launch prices
/// were higher. The first nano-banana costs Google's list price of $0.039 (2025-09); the second one $0.08 at
/// 1K (vm0-ai/vm0#15122, 2026-05).
pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        endpoint: "fal-ai/imagen4/preview",
        title: "Imagen 4",
        aliases: &["imagen4"],
        aspect_ratios: IMAGEN4_RATIOS,
        resolutions: &["1K", "2K"],
        sizes: IMAGEN4_SIZES,
        micro_dollars_per_picture: 40_000,
        price_as_of: (2026, 4, 7),
        retired_since: IMAGEN4_RETIRED,
        successor: Some("fal-ai/nano-banana"),
    },
    Entry {
        endpoint: "fal-ai/imagen4/preview/fast",
        title: "Imagen 4 Fast",
        aliases: &["imagen4-fast"],
        aspect_ratios: IMAGEN4_RATIOS,
        resolutions: &[],
        sizes: IMAGEN4_SIZES,
        micro_dollars_per_picture: 20_000,
        price_as_of: (2026, 4, 7),
        retired_since: IMAGEN4_RETIRED,
        successor: Some("fal-ai/nano-banana"),
    },
    Entry {
        endpoint: "fal-ai/imagen4/preview/ultra",
        title: "Imagen 4 Ultra",
        aliases: &["imagen4-ultra"],
        aspect_ratios: IMAGEN4_RATIOS,
        resolutions: &["1K", "2K"],
        sizes: IMAGEN4_SIZES,
        micro_dollars_per_picture: 60_000,
        price_as_of: (2026, 4, 7),
        retired_since: IMAGEN4_RETIRED,
        successor: Some("fal-ai/nano-banana-2"),
    },
    Entry {
        endpoint: "fal-ai/nano-banana",
        title: "Nano Banana",
        aliases: &["nano-banana"],
        aspect_ratios: NANO_BANANA_RATIOS,
        resolutions: &[],
        sizes: &[],
        micro_dollars_per_picture: 39_000,
        price_as_of: (2025, 9, 15),
        retired_since: None,
        successor: None,
    },
    Entry {
        endpoint: "fal-ai/nano-banana-2",
        title: "Nano Banana 2",
        aliases: &["nano-banana-2"],
        aspect_ratios: NANO_BANANA_2_RATIOS,
        resolutions: &["1K", "0.5K", "2K", "4K"],
        sizes: &[],
        micro_dollars_per_picture: 80_000,
        price_as_of: (2026, 5, 27),
        retired_since: None,
        successor: None,
    },
];

impl Entry {
    /// Returns the model, or `None` for an entry that breaks a rule; a test holds that none does.
    pub(super) fn model(&self) -> Option<Model> {
        Some(Model {
            id: self.endpoint.parse().ok()?,
            title: self.title.to_owned(),
            aliases: owned(self.aliases),
            inputs: self.inputs(),
            sizes: self.sizes.iter().map(size).collect(),
            price: Price {
                micro_dollars_per_picture: self.micro_dollars_per_picture,
                as_of: day(self.price_as_of)?,
            },
            retired_since: self.retired_since.and_then(day),
            successor: self.successor.and_then(model_id),
        })
    }

    /// Returns the inputs. What all five models share stands here: three formats, one to four pictures, a
    /// seed, and no negative prompt since the schema of 2025-12 (fal-js).
    fn inputs(&self) -> Inputs {
        Inputs {
            aspect_ratios: self.aspect_ratios.to_vec(),
            output_formats: vec![OutputFormat::Png, OutputFormat::Jpeg, OutputFormat::WebP],
            resolutions: owned(self.resolutions),
            max_images: 4,
            seed: true,
            negative_prompt: false,
        }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn size(&(aspect_ratio, width, height): &(AspectRatio, u32, u32)) -> PictureSize {
    PictureSize {
        aspect_ratio,
        width,
        height,
    }
}

fn day((year, month, day): (i32, u32, u32)) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

fn model_id(text: &str) -> Option<ModelId> {
    text.parse().ok()
}
