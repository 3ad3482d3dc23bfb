//! What is known of each model: data, one entry per model.

mod bill;
mod data;
mod model;

use std::fmt;
use std::str::FromStr;

use fal_client::Endpoint;
use serde::{Deserialize, Serialize};

pub use bill::Bill;
pub use model::{Inputs, Model, OutputFormat, PictureSize, Price};

use crate::InputError;

/// The name of a model: its endpoint at FAL, such as `fal-ai/imagen4/preview`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelId(Endpoint);

impl ModelId {
    /// Returns the endpoint at FAL.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Endpoint> for ModelId {
    fn from(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }
}

impl FromStr for ModelId {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = |error: fal_client::EndpointError| InputError::new("model", error.to_string());
        text.parse().map(Self).map_err(wrong)
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({:?})", self.as_str())
    }
}

/// The models that can be asked for, each with what it takes.
///
/// A new model is one more entry and no code.
/// That a model is retired stands here as information; whether it still answers is FAL's word, so nothing is
/// refused on the catalogue's alone.
///
/// # Examples
///
/// ```
/// use imagen4_domain::Catalogue;
///
/// let catalogue = Catalogue::default();
/// let model = catalogue.find("imagen4-fast")?;
/// assert_eq!(model.id.as_str(), "fal-ai/imagen4/preview/fast");
/// assert_eq!(model.price.micro_dollars_per_picture, 20_000);
/// # Ok::<(), imagen4_domain::InputError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Catalogue(Vec<Model>);

impl Default for Catalogue {
    /// Returns the models that this version knows.
    fn default() -> Self {
        Self(
            data::ENTRIES
                .iter()
                .filter_map(data::Entry::model)
                .collect(),
        )
    }
}

impl Catalogue {
    /// Returns the catalogue of these models and no others.
    pub fn of(models: impl IntoIterator<Item = Model>) -> Self {
        models.into_iter().fold(Self(Vec::new()), Self::with)
    }

    /// Returns the catalogue with `model`, in place of one with the same name.
    #[must_use]
    pub fn with(mut self, model: Model) -> Self {
        self.0.retain(|known| known.id != model.id);
        self.0.push(model);
        self
    }

    /// Returns the model with this name or alias.
    ///
    /// # Errors
    ///
    /// [`InputError`] on the field `model`, with the names that are known.
    pub fn find(&self, name: &str) -> Result<&Model, InputError> {
        let is_it = |model: &&Model| {
            model.id.as_str() == name || model.aliases.iter().any(|alias| alias == name)
        };
        self.0.iter().find(is_it).ok_or_else(|| {
            let known: Vec<_> = self.0.iter().map(|model| model.id.as_str()).collect();
            InputError::new("model", format!("must be one of {}", known.join(", ")))
        })
    }

    /// Returns the model with this name.
    pub fn get(&self, id: &ModelId) -> Option<&Model> {
        self.0.iter().find(|model| model.id == *id)
    }

    /// Returns all models in the order of the catalogue.
    pub fn iter(&self) -> std::slice::Iter<'_, Model> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Catalogue {
    type Item = &'a Model;
    type IntoIter = std::slice::Iter<'a, Model>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests;
