//! The settings of the domain: `IMAGEN4_…`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use core_config::Reader;

use crate::{AspectRatio, Catalogue, InputError};

/// The setting that names the default model; errors about a retired model point to it.
pub const MODEL_SETTING: &str = "IMAGEN4_MODEL";

/// The most pictures that any model here gives at once.
const MOST_IMAGES: u8 = 4;

/// What to do when FAL says that a model is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnRetired {
    /// Answer with an error that names the successor and the setting to change.
    #[default]
    Refuse,
    /// Ask the successor in its place; the record says which model made the pictures.
    Successor,
}

impl FromStr for OnRetired {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "successor" => Ok(Self::Successor),
            _ => Err(InputError::new("on_retired", "must be refuse or successor")),
        }
    }
}

impl fmt::Display for OnRetired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "refuse",
            Self::Successor => "successor",
        })
    }
}

/// How pictures are made unless a request says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imagen4Settings {
    enabled: bool,
    model: String,
    on_retired: OnRetired,
    default_aspect_ratio: AspectRatio,
    max_images: u8,
    generation_cost: u64,
    timeout: Duration,
}

impl Default for Imagen4Settings {
    /// Returns the defaults of the table in the documentation of settings.
    fn default() -> Self {
        Self {
            enabled: true,
            model: "fal-ai/imagen4/preview".to_owned(),
            on_retired: OnRetired::default(),
            default_aspect_ratio: AspectRatio::SQUARE,
            max_images: MOST_IMAGES,
            generation_cost: 5,
            timeout: Duration::from_mins(5),
        }
    }
}

impl Imagen4Settings {
    /// Reads `IMAGEN4_ENABLED`, `IMAGEN4_MODEL`, `IMAGEN4_ON_RETIRED`, `IMAGEN4_DEFAULT_ASPECT_RATIO`,
    /// `IMAGEN4_MAX_IMAGES`, `IMAGEN4_GENERATION_COST` and `IMAGEN4_TIMEOUT`, each with its default.
    ///
    /// Returns `None` when a problem was noted.
    /// The model must be in the catalogue of this version and offer the ratio; with a catalogue of your own
    /// use [`read_with`](Self::read_with).
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read_with(reader, &Catalogue::default())
    }

    /// Does as [`read`](Self::read), with the models of `catalogue`.
    pub fn read_with(reader: &mut Reader<'_>, catalogue: &Catalogue) -> Option<Self> {
        let before = reader.problem_count();
        let usual = Self::default();
        let settings = Self {
            enabled: reader.flag("IMAGEN4_ENABLED", usual.enabled),
            model: reader.text(MODEL_SETTING).unwrap_or(usual.model),
            on_retired: reader.parse_or("IMAGEN4_ON_RETIRED", usual.on_retired),
            default_aspect_ratio: reader
                .parse_or("IMAGEN4_DEFAULT_ASPECT_RATIO", usual.default_aspect_ratio),
            max_images: reader.in_range("IMAGEN4_MAX_IMAGES", usual.max_images, 1..=MOST_IMAGES),
            generation_cost: reader.in_range(
                "IMAGEN4_GENERATION_COST",
                usual.generation_cost,
                0..=1_000_000,
            ),
            timeout: reader.duration(
                "IMAGEN4_TIMEOUT",
                usual.timeout,
                Duration::from_secs(2)..=Duration::from_hours(1),
            ),
        };
        settings.check(reader, catalogue);
        (reader.problem_count() == before).then_some(settings)
    }

    /// Notes a default that no request could be made with.
    fn check(&self, reader: &mut Reader<'_>, catalogue: &Catalogue) {
        let ratios = match catalogue.find(&self.model) {
            Ok(model) => &model.inputs.aspect_ratios,
            Err(error) => {
                return reader.problem(MODEL_SETTING, "this model is not known", error.rule());
            }
        };
        if !ratios.contains(&self.default_aspect_ratio) {
            let offered: Vec<_> = ratios.iter().map(ToString::to_string).collect();
            let what = format!(
                "{} does not offer {}",
                self.model, self.default_aspect_ratio
            );
            let hint = format!("write one of {}", offered.join(", "));
            reader.problem("IMAGEN4_DEFAULT_ASPECT_RATIO", what, hint);
        }
    }

    /// Sets whether pictures are made at all.
    #[must_use]
    pub fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Sets the model to ask, by name or alias.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = model.into();
        self
    }

    /// Sets what to do when FAL says that a model is gone.
    #[must_use]
    pub fn with_on_retired(mut self, choice: OnRetired) -> Self {
        self.on_retired = choice;
        self
    }

    /// Sets the shape of pictures when a request names none.
    #[must_use]
    pub fn with_default_aspect_ratio(mut self, ratio: AspectRatio) -> Self {
        self.default_aspect_ratio = ratio;
        self
    }

    /// Sets the most pictures of one request; brought into 1 to 4.
    #[must_use]
    pub fn with_max_images(mut self, images: u8) -> Self {
        self.max_images = images.clamp(1, MOST_IMAGES);
        self
    }

    /// Sets how long to wait for a job after it was submitted.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns whether pictures are made at all.
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// Returns the model to ask, by name or alias.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Returns what to do when FAL says that a model is gone.
    pub fn on_retired(&self) -> OnRetired {
        self.on_retired
    }

    /// Returns the shape of pictures when a request names none.
    pub fn default_aspect_ratio(&self) -> AspectRatio {
        self.default_aspect_ratio
    }

    /// Returns the most pictures of one request, 1 to 4.
    pub fn max_images(&self) -> u8 {
        self.max_images
    }

    /// Returns what one generation costs a user, in credits of the program around us.
    pub fn generation_cost(&self) -> u64 {
        self.generation_cost
    }

    /// Returns how long to wait for a job after it was submitted.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    #[test]
    fn nothing_set_gives_the_defaults() {
        let source = MapSource::new();
        let mut reader = Reader::new(&source);
        let settings = Imagen4Settings::read(&mut reader).unwrap();
        assert_eq!(settings, Imagen4Settings::default());
        assert_eq!(reader.finish(), Ok(()));
        assert_eq!(settings.model(), "fal-ai/imagen4/preview");
        assert_eq!(settings.timeout(), Duration::from_mins(5));
    }

    #[test]
    fn every_name_is_honoured() {
        let source = MapSource::from([
            ("IMAGEN4_ENABLED", "false"),
            ("IMAGEN4_MODEL", "nano-banana"),
            ("IMAGEN4_ON_RETIRED", "successor"),
            ("IMAGEN4_DEFAULT_ASPECT_RATIO", "16:9"),
            ("IMAGEN4_MAX_IMAGES", "2"),
            ("IMAGEN4_GENERATION_COST", "7"),
            ("IMAGEN4_TIMEOUT", "90"),
        ]);
        let settings = Imagen4Settings::read(&mut Reader::new(&source)).unwrap();
        assert!(!settings.enabled());
        assert_eq!(settings.model(), "nano-banana");
        assert_eq!(settings.on_retired(), OnRetired::Successor);
        assert_eq!(settings.default_aspect_ratio().to_string(), "16:9");
        assert_eq!((settings.max_images(), settings.generation_cost()), (2, 7));
        assert_eq!(settings.timeout(), Duration::from_secs(90));
    }

    #[test]
    fn every_wrong_value_is_a_problem_with_its_name() {
        let wrong = [
            ("IMAGEN4_ENABLED", "perhaps"),
            ("IMAGEN4_ON_RETIRED", "cry"),
            ("IMAGEN4_DEFAULT_ASPECT_RATIO", "wide"),
            ("IMAGEN4_MAX_IMAGES", "5"),
            ("IMAGEN4_GENERATION_COST", "-1"),
            ("IMAGEN4_TIMEOUT", "0"),
        ];
        let source = MapSource::from(wrong);
        let mut reader = Reader::new(&source);
        assert!(Imagen4Settings::read(&mut reader).is_none());
        let problems = reader.finish().unwrap_err();
        let names: Vec<_> = problems
            .iter()
            .map(|problem| problem.name.as_str())
            .collect();
        assert_eq!(names, wrong.map(|(name, _)| name));
    }

    #[test]
    fn a_default_that_no_request_could_be_made_with_is_a_problem() {
        for (pairs, name) in [
            (
                [("IMAGEN4_MODEL", "dall-e"), ("IMAGEN4_TIMEOUT", "")],
                "IMAGEN4_MODEL",
            ),
            (
                [
                    ("IMAGEN4_MODEL", "imagen4"),
                    ("IMAGEN4_DEFAULT_ASPECT_RATIO", "21:9"),
                ],
                "IMAGEN4_DEFAULT_ASPECT_RATIO",
            ),
        ] {
            let source = MapSource::from(pairs);
            let mut reader = Reader::new(&source);
            assert!(Imagen4Settings::read(&mut reader).is_none());
            let problems = reader.finish().unwrap_err();
            let problem = problems.iter().next().unwrap();
            assert_eq!(problem.name, name);
            assert!(problem.hint.contains("one of"), "{problem}");
        }
    }
}
