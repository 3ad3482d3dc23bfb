//! The settings of the HTTP adapter.

use std::time::Duration;

use core_config::Reader;

use crate::{FalKey, FalUrl};

/// The names under which the key is found; all mean the same.
const KEY_NAMES: [&str; 2] = ["FAL_KEY", "FAL_API_KEY"];

/// The settings of the HTTP adapter.
#[derive(Debug, Clone)]
pub struct FalSettings {
    key: FalKey,
    queue_url: Option<FalUrl>,
    connect_timeout: Duration,
    request_timeout: Duration,
}

impl FalSettings {
    /// Returns the settings for FAL's own queue: 5 s to connect, 30 s for each request.
    pub fn new(key: FalKey) -> Self {
        Self {
            key,
            queue_url: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
        }
    }

    /// Sets another queue: a simulator or a proxy of one's own. The key is sent there.
    #[must_use]
    pub fn with_queue_url(mut self, url: FalUrl) -> Self {
        self.queue_url = Some(url);
        self
    }

    /// Sets how long a connection may take to stand.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets how long one request may take, its answer included.
    #[must_use]
    pub fn with_request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// Reads `FAL_KEY` (or `FAL_API_KEY`) and `FAL_QUEUE_URL`.
    ///
    /// Returns `None` when there is no key, or when a problem was noted in the reader.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let problems = reader.problem_count();
        let queue_url = reader.parse::<FalUrl>("FAL_QUEUE_URL");
        let key = read_key(reader);
        if reader.problem_count() > problems {
            return None;
        }
        Some(Self {
            queue_url,
            ..Self::new(key?)
        })
    }

    /// Returns the key that pays.
    pub fn key(&self) -> &FalKey {
        &self.key
    }

    /// Returns the queue that is set, or `None` for FAL's own.
    pub fn queue_url(&self) -> Option<&FalUrl> {
        self.queue_url.as_ref()
    }

    /// Returns how long a connection may take to stand.
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Returns how long one request may take.
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }
}

/// Reads the key under either name, and notes which rule it breaks.
fn read_key(reader: &mut Reader<'_>) -> Option<FalKey> {
    let secret = reader.one_of(&KEY_NAMES)?;
    match FalKey::new(&secret) {
        Ok(key) => Some(key),
        Err(error) => {
            let name = KEY_NAMES
                .into_iter()
                .find(|name| reader.text(name).is_some())
                .unwrap_or(KEY_NAMES[0]);
            reader.problem(name, error, "copy the key whole from fal.ai/dashboard/keys");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    fn read<const N: usize>(pairs: [(&str, &str); N]) -> (Option<FalSettings>, String) {
        let source = MapSource::from(pairs);
        let mut reader = Reader::new(&source);
        let settings = FalSettings::read(&mut reader);
        let problems = reader.finish().err().map(|problems| problems.to_string());
        (settings, problems.unwrap_or_default())
    }

    #[test]
    fn no_key_is_not_configured() {
        let (settings, problems) = read([]);
        assert!(settings.is_none());
        assert_eq!(problems, "");
    }

    #[test]
    fn either_name_gives_the_key() {
        for name in KEY_NAMES {
            let (settings, problems) = read([(name, "id:word\n")]);
            assert_eq!(settings.unwrap().key().expose(), "id:word", "{problems}");
        }
    }

    #[test]
    fn two_different_keys_are_a_problem() {
        let (settings, problems) = read([("FAL_KEY", "id:canary"), ("FAL_API_KEY", "id:canary2")]);
        assert!(settings.is_none());
        assert!(
            problems.contains("FAL_API_KEY") && !problems.contains("canary"),
            "{problems}"
        );
    }

    #[test]
    fn a_key_without_a_colon_names_the_field_and_the_rule() {
        let (settings, problems) = read([("FAL_API_KEY", "canary")]);
        assert!(settings.is_none());
        assert!(
            problems.contains("FAL_API_KEY") && problems.contains("colon"),
            "{problems}"
        );
        assert!(!problems.contains("canary"), "{problems}");
    }

    #[test]
    fn the_queue_may_be_elsewhere_by_https_or_on_loopback() {
        let (settings, _) = read([
            ("FAL_KEY", "id:word"),
            ("FAL_QUEUE_URL", "http://127.0.0.1:9"),
        ]);
        assert!(settings.unwrap().queue_url().unwrap().is_plain_text());
        let (settings, problems) = read([
            ("FAL_KEY", "id:word"),
            ("FAL_QUEUE_URL", "http://example.org"),
        ]);
        assert!(settings.is_none());
        assert!(
            problems.contains("FAL_QUEUE_URL") && problems.contains("loopback"),
            "{problems}"
        );
    }
}
