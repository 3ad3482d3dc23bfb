//! The settings of the HTTP adapter.

use std::time::Duration;

use core_config::Reader;

use crate::{FalError, FalErrorKind, FalKey, FalUrl, Operation, TimeSource, WebhookUrl};

/// The names under which the key is found; all mean the same.
const KEY_NAMES: [&str; 2] = ["FAL_KEY", "FAL_API_KEY"];

/// The settings of the HTTP adapter.
#[derive(Debug, Clone)]
pub struct FalSettings {
    key: FalKey,
    queue_url: Option<FalUrl>,
    run_url: Option<FalUrl>,
    rest_url: Option<FalUrl>,
    platform_url: Option<FalUrl>,
    webhook_url: Option<WebhookUrl>,
    connect_timeout: Duration,
    request_timeout: Duration,
    run_timeout: Duration,
    stream_idle_timeout: Duration,
    clock: TimeSource,
}

impl FalSettings {
    /// Returns the settings for FAL itself: 5 s to connect, 30 s for each request, 5 min for a direct run, 40 s of
    /// silence in a stream, in which FAL sends a sign of life every 15 s.
    pub fn new(key: FalKey) -> Self {
        Self {
            key,
            queue_url: None,
            run_url: None,
            rest_url: None,
            platform_url: None,
            webhook_url: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            run_timeout: Duration::from_mins(5),
            stream_idle_timeout: Duration::from_secs(40),
            clock: TimeSource::default(),
        }
    }

    /// Sets another queue: a simulator or a proxy of one's own. The key is sent there.
    #[must_use]
    pub fn with_queue_url(mut self, url: FalUrl) -> Self {
        self.queue_url = Some(url);
        self
    }

    /// Sets another origin for direct runs. The key is sent there.
    #[must_use]
    pub fn with_run_url(mut self, url: FalUrl) -> Self {
        self.run_url = Some(url);
        self
    }

    /// Sets another origin for uploads and for the keys of webhooks. The key is sent there.
    #[must_use]
    pub fn with_rest_url(mut self, url: FalUrl) -> Self {
        self.rest_url = Some(url);
        self
    }

    /// Sets another platform. The key is sent there.
    #[must_use]
    pub fn with_platform_url(mut self, url: FalUrl) -> Self {
        self.platform_url = Some(url);
        self
    }

    /// Sets the public base of our receiver of webhooks.
    #[must_use]
    pub fn with_webhook_url(mut self, url: WebhookUrl) -> Self {
        self.webhook_url = Some(url);
        self
    }

    /// Takes the time of day from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: TimeSource) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how long a direct run may take.
    #[must_use]
    pub fn with_run_timeout(mut self, limit: Duration) -> Self {
        self.run_timeout = limit;
        self
    }

    /// Sets how long a stream may be silent.
    #[must_use]
    pub fn with_stream_idle_timeout(mut self, limit: Duration) -> Self {
        self.stream_idle_timeout = limit;
        self
    }

    /// Sets how long a connection may take to stand.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets how long one request may take, its answer and a try on FAL's backup included.
    #[must_use]
    pub fn with_request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// Reads `FAL_KEY` (or `FAL_API_KEY`), `FAL_QUEUE_URL`, `FAL_REST_URL`, `FAL_PLATFORM_URL` and
    /// `FAL_WEBHOOK_URL`.
    ///
    /// Returns `None` when there is no key, or when a problem was noted in the reader.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let problems = reader.problem_count();
        let queue_url = reader.parse::<FalUrl>("FAL_QUEUE_URL");
        let rest_url = reader.parse::<FalUrl>("FAL_REST_URL");
        let platform_url = reader.parse::<FalUrl>("FAL_PLATFORM_URL");
        let webhook_url = reader.parse::<WebhookUrl>("FAL_WEBHOOK_URL");
        let key = read_key(reader);
        if reader.problem_count() > problems {
            return None;
        }
        Some(Self {
            queue_url,
            rest_url,
            platform_url,
            webhook_url,
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

    /// Returns the public base of our receiver of webhooks.
    pub fn webhook_url(&self) -> Option<&WebhookUrl> {
        self.webhook_url.as_ref()
    }

    /// Returns where the time of day comes from.
    pub fn clock(&self) -> &TimeSource {
        &self.clock
    }

    /// Returns how long a direct run may take.
    pub fn run_timeout(&self) -> Duration {
        self.run_timeout
    }

    /// Returns how long a stream may be silent.
    pub fn stream_idle_timeout(&self) -> Duration {
        self.stream_idle_timeout
    }

    /// Returns the queue: the one that is set, or FAL's own.
    pub(super) fn queue_origin(&self) -> Result<FalUrl, FalError> {
        self.queue_url
            .clone()
            .map_or_else(|| own(FalUrl::QUEUE), Ok)
    }

    /// Returns the origin of direct runs.
    pub(super) fn run_origin(&self) -> Result<FalUrl, FalError> {
        self.beside(
            self.run_url.as_ref(),
            FalUrl::RUN,
            "the origin of direct runs",
        )
    }

    /// Returns the origin of uploads and of the keys of webhooks.
    pub(super) fn rest_origin(&self) -> Result<FalUrl, FalError> {
        self.beside(self.rest_url.as_ref(), FalUrl::REST, "FAL_REST_URL")
    }

    /// Returns the platform.
    pub(super) fn platform_origin(&self) -> Result<FalUrl, FalError> {
        let set = self.platform_url.as_ref();
        self.beside(set, FalUrl::PLATFORM, "FAL_PLATFORM_URL")
    }

    /// Returns the origin that is set, or FAL's own unless the queue is elsewhere.
    ///
    /// The key of a simulator or a proxy means nothing to FAL, and nobody would expect it to go there.
    fn beside(&self, set: Option<&FalUrl>, own_url: &str, name: &str) -> Result<FalUrl, FalError> {
        match set {
            Some(url) => Ok(url.clone()),
            None if self.queue_url.is_none() => own(own_url),
            None => Err(FalError::new(FalErrorKind::Config, Operation::Setup)
                .with_reason(&format!("{name} must be set beside FAL_QUEUE_URL"))),
        }
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

/// Returns one of FAL's own addresses, which are constants and in order.
fn own(text: &str) -> Result<FalUrl, FalError> {
    text.parse().map_err(|error: crate::FalUrlError| {
        FalError::new(FalErrorKind::Config, Operation::Setup).with_source(error)
    })
}

/// Reads the key under either name, and notes which rule it breaks.
fn read_key(reader: &mut Reader<'_>) -> Option<FalKey> {
    let secret = reader.one_secret_of(&KEY_NAMES)?;
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
    fn every_origin_is_read_and_checked() {
        let (settings, problems) = read([
            ("FAL_KEY", "id:word"),
            ("FAL_QUEUE_URL", "http://127.0.0.1:9/queue"),
            ("FAL_REST_URL", "http://127.0.0.1:9/rest"),
            ("FAL_PLATFORM_URL", "http://127.0.0.1:9/v1"),
            ("FAL_WEBHOOK_URL", "https://pictures.example/fal"),
        ]);
        let settings = settings.expect(&problems);
        assert_eq!(
            settings.rest_origin().unwrap().to_string(),
            "http://127.0.0.1:9/rest"
        );
        assert_eq!(
            settings.platform_origin().unwrap().to_string(),
            "http://127.0.0.1:9/v1"
        );
        assert_eq!(
            settings.webhook_url().unwrap().as_str(),
            "https://pictures.example/fal"
        );
        for name in ["FAL_REST_URL", "FAL_PLATFORM_URL", "FAL_WEBHOOK_URL"] {
            let (settings, problems) = read([("FAL_KEY", "id:word"), (name, "http://example.org")]);
            assert!(settings.is_none() && problems.contains(name), "{problems}");
        }
    }

    #[test]
    fn no_key_goes_to_fal_when_the_queue_is_elsewhere() {
        let key = FalKey::new(&core_config::Secret::new("id:word")).unwrap();
        let own = FalSettings::new(key);
        assert_eq!(own.rest_origin().unwrap().to_string(), FalUrl::REST);
        assert_eq!(own.platform_origin().unwrap().to_string(), FalUrl::PLATFORM);
        assert_eq!(own.run_origin().unwrap().to_string(), FalUrl::RUN);
        let away = own.with_queue_url("http://127.0.0.1:9".parse().unwrap());
        for (origin, name) in [
            (away.rest_origin(), "FAL_REST_URL"),
            (away.platform_origin(), "FAL_PLATFORM_URL"),
            (away.run_origin(), "direct runs"),
        ] {
            let error = origin.unwrap_err();
            assert_eq!(error.kind(), FalErrorKind::Config);
            assert!(error.reason().unwrap().contains(name), "{error}");
        }
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
