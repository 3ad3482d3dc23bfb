//! The models the simulator serves, as data.

/// A shape that a model offers, with its size in pixels at resolution `1K`.
pub(super) type Ratio = (&'static str, (u32, u32));

/// What one model takes and makes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// The endpoint, `owner/alias[/path]`.
    pub(super) id: &'static str,
    pub(super) ratios: &'static [Ratio],
    pub(super) default_ratio: &'static str,
    /// Names of resolutions with the factor, in halves, on each side of the picture.
    pub(super) resolutions: &'static [(&'static str, u32)],
}

/// Sizes as Google's documentation gives them for Imagen 4.
const IMAGEN_RATIOS: &[Ratio] = &[
    ("1:1", (1024, 1024)),
    ("16:9", (1408, 768)),
    ("9:16", (768, 1408)),
    ("3:4", (896, 1280)),
    ("4:3", (1280, 896)),
];

/// The further shapes keep about the same area.
const BANANA_RATIOS: &[Ratio] = &[
    ("21:9", (1536, 672)),
    ("16:9", (1408, 768)),
    ("3:2", (1248, 832)),
    ("4:3", (1280, 896)),
    ("5:4", (1152, 896)),
    ("1:1", (1024, 1024)),
    ("4:5", (896, 1152)),
    ("3:4", (896, 1280)),
    ("2:3", (832, 1248)),
    ("9:16", (768, 1408)),
];

const BANANA_2_RATIOS: &[Ratio] = &[
    ("auto", (1024, 1024)),
    ("21:9", (1536, 672)),
    ("16:9", (1408, 768)),
    ("3:2", (1248, 832)),
    ("4:3", (1280, 896)),
    ("5:4", (1152, 896)),
    ("1:1", (1024, 1024)),
    ("4:5", (896, 1152)),
    ("3:4", (896, 1280)),
    ("2:3", (832, 1248)),
    ("9:16", (768, 1408)),
    ("4:1", (2048, 512)),
    ("1:4", (512, 2048)),
    ("8:1", (2880, 360)),
    ("1:8", (360, 2880)),
];

/// Every model, in the order of the documentation.
const MODELS: [Model; 5] = [
    imagen("fal-ai/imagen4/preview", &[("1K", 2), ("2K", 4)]),
    imagen("fal-ai/imagen4/preview/fast", &[]),
    imagen("fal-ai/imagen4/preview/ultra", &[("1K", 2), ("2K", 4)]),
    Model {
        id: "fal-ai/nano-banana",
        ratios: BANANA_RATIOS,
        default_ratio: "1:1",
        resolutions: &[],
    },
    Model {
        id: "fal-ai/nano-banana-2",
        ratios: BANANA_2_RATIOS,
        default_ratio: "auto",
        resolutions: &[("0.5K", 1), ("1K", 2), ("2K", 4), ("4K", 8)],
    },
];

const fn imagen(id: &'static str, resolutions: &'static [(&'static str, u32)]) -> Model {
    Model {
        id,
        ratios: IMAGEN_RATIOS,
        default_ratio: "1:1",
        resolutions,
    }
}

/// Returns the model behind an endpoint.
pub(super) fn find(endpoint: &str) -> Option<&'static Model> {
    static ALL: [Model; 5] = MODELS;
    ALL.iter().find(|model| model.id == endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_about_the_area_of_a_square_kilopixel() {
        for model in &MODELS {
            for (name, (width, height)) in model.ratios {
                let area = width * height;
                assert!((1_000_000..1_160_000).contains(&area), "{name}: {area}");
            }
        }
    }

    #[test]
    fn the_default_shape_is_one_of_the_shapes() {
        for model in &MODELS {
            assert!(
                model
                    .ratios
                    .iter()
                    .any(|ratio| ratio.0 == model.default_ratio)
            );
        }
    }
}
