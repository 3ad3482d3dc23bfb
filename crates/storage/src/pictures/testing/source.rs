//! A source of pictures that answers by script.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::pictures::{FetchError, FetchErrorKind, FetchedPicture, PictureSource};

/// A [`PictureSource`] in memory: links lead to bytes, and fail as told.
///
/// A link that nobody told it of is `NotFound`.
#[derive(Default)]
pub struct ScriptedSource {
    links: Mutex<HashMap<String, Link>>,
    delay: Duration,
}

#[derive(Default)]
struct Link {
    bytes: Option<Bytes>,
    failures: VecDeque<FetchErrorKind>,
    calls: u32,
}

impl ScriptedSource {
    /// Returns a source that knows no link.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the source with a pause before each answer.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Lets `url` lead to `bytes` from now on.
    pub fn serve(&self, url: &str, bytes: impl Into<Bytes>) {
        self.links().entry(url.to_owned()).or_default().bytes = Some(bytes.into());
    }

    /// Lets the next calls for `url` fail, one after the other.
    pub fn fail(&self, url: &str, kinds: impl IntoIterator<Item = FetchErrorKind>) {
        let mut links = self.links();
        links
            .entry(url.to_owned())
            .or_default()
            .failures
            .extend(kinds);
    }

    /// Tells how often `url` was fetched.
    pub fn calls(&self, url: &str) -> u32 {
        self.links().get(url).map_or(0, |link| link.calls)
    }

    fn answer(&self, url: &str) -> Result<FetchedPicture, FetchError> {
        let mut links = self.links();
        let link = links.entry(url.to_owned()).or_default();
        link.calls += 1;
        match (link.failures.pop_front(), &link.bytes) {
            (Some(kind), _) => Err(FetchError::new(kind)),
            (None, Some(bytes)) => FetchedPicture::from_bytes(bytes.clone()),
            (None, None) => Err(FetchError::new(FetchErrorKind::NotFound)),
        }
    }

    fn links(&self) -> MutexGuard<'_, HashMap<String, Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PictureSource for ScriptedSource {
    async fn fetch(&self, url: &str) -> Result<FetchedPicture, FetchError> {
        tokio::time::sleep(self.delay).await;
        self.answer(url)
    }
}

impl fmt::Debug for ScriptedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSource")
            .field("links", &self.links().len())
            .field("delay", &self.delay)
            .finish()
    }
}
