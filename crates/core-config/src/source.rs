//! Where the text of a setting comes from.

use std::collections::BTreeMap;
use std::fmt;

/// Answers which text stands under a name.
///
/// An empty text is an answer here; that it counts as absent is the reader's rule.
/// Implementations are cheap to ask and never block on the network.
pub trait TextSource: fmt::Debug + Send + Sync {
    /// Returns the text under `name`, or `None` when the source has none.
    fn get(&self, name: &str) -> Option<Text>;

    /// Returns every name that the source holds, in no particular order.
    fn names(&self) -> Vec<String>;
}

/// A text with the place it came from.
///
/// `Debug` hides the value, since any setting may be a secret.
#[derive(Clone)]
pub struct Text {
    /// The value as it stands in the source.
    pub value: String,
    /// The place it came from.
    pub origin: Origin,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The place a value came from, as an operator would name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The environment of the process.
    Environment,
    /// A value set by the program itself.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "environment",
            Self::Program => "program",
        })
    }
}

/// The environment of the process.
///
/// A value that is not Unicode is read with replacement characters, so that the typed read names it as wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl TextSource for Environment {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    fn get(&self, name: &str) -> Option<Text> {
        // The standard library panics on names that no environment can hold.
        if name.is_empty() || name.contains(['=', '\0']) {
            return None;
        }
        std::env::var_os(name).map(|value| Text {
            value: value.to_string_lossy().into_owned(),
            origin: Origin::Environment,
        })
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect()
    }
}

/// A fixed set of values.
#[derive(Clone, Default)]
pub struct MapSource(BTreeMap<String, String>);

impl MapSource {
    /// Returns a source that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the source with `value` under `name`, replacing an earlier value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}

impl<const N: usize> From<[(&str, &str); N]> for MapSource {
    fn from(pairs: [(&str, &str); N]) -> Self {
        pairs
            .into_iter()
            .fold(Self::new(), |source, (name, value)| {
                source.with(name, value)
            })
    }
}

impl fmt::Debug for MapSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl TextSource for MapSource {
    fn get(&self, name: &str) -> Option<Text> {
        self.0.get(name).map(|value| Text {
            value: value.clone(),
            origin: Origin::Program,
        })
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_no_environment_can_hold_are_absent() {
        assert!(Environment.get("").is_none());
        assert!(Environment.get("A=B").is_none());
    }

    #[test]
    fn environment_holds_what_its_names_say() {
        assert!(Environment.names().contains(&"PATH".to_owned()));
        let path = Environment.get("PATH").unwrap();
        assert_eq!(path.origin, Origin::Environment);
    }

    #[test]
    fn debug_of_a_source_shows_names_only() {
        let source = MapSource::from([("MINIO_SECRET_KEY", "canary")]);
        assert_eq!(format!("{source:?}"), r#"{"MINIO_SECRET_KEY"}"#);
        let text = source.get("MINIO_SECRET_KEY").unwrap();
        assert!(!format!("{text:?}").contains("canary"));
    }
}
