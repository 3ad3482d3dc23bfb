//! A source of pictures that answers by script.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use crate::pictures::{FetchError, FetchErrorKind, IncomingPicture, PictureLimits, PictureSource};

/// A [`PictureSource`] in memory: links lead to bytes, and fail as told.
///
/// A link that nobody told it of is `NotFound`.
pub struct ScriptedSource {
    links: Mutex<HashMap<String, Link>>,
    delay: Duration,
    piece_bytes: usize,
    declares: bool,
}

#[derive(Default)]
struct Link {
    bytes: Option<Bytes>,
    breaks: VecDeque<usize>,
    failures: VecDeque<FetchErrorKind>,
    calls: u32,
}

impl ScriptedSource {
    /// Returns a source that knows no link.
    pub fn new() -> Self {
        Self {
            links: Mutex::default(),
            delay: Duration::ZERO,
            piece_bytes: usize::MAX,
            declares: true,
        }
    }

    /// Returns the source with a pause before each answer.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Returns the source whose pictures come in pieces of so many bytes (at least 1), not in one.
    #[must_use]
    pub fn in_pieces(mut self, bytes: usize) -> Self {
        self.piece_bytes = bytes.max(1);
        self
    }

    /// Returns the source that says of no picture how long it is.
    #[must_use]
    pub fn without_lengths(mut self) -> Self {
        self.declares = false;
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

    /// Lets the next pictures behind `url` break off after so many bytes each, one after the other.
    pub fn break_off(&self, url: &str, after_bytes: impl IntoIterator<Item = usize>) {
        let mut links = self.links();
        let link = links.entry(url.to_owned()).or_default();
        link.breaks.extend(after_bytes);
    }

    /// Tells how often `url` was opened.
    pub fn calls(&self, url: &str) -> u32 {
        self.links().get(url).map_or(0, |link| link.calls)
    }

    fn answer(&self, url: &str) -> Result<(Bytes, Option<usize>), FetchError> {
        let mut links = self.links();
        let link = links.entry(url.to_owned()).or_default();
        link.calls += 1;
        match (link.failures.pop_front(), &link.bytes) {
            (Some(kind), _) => Err(FetchError::new(kind)),
            (None, Some(bytes)) => Ok((bytes.clone(), link.breaks.pop_front())),
            (None, None) => Err(FetchError::new(FetchErrorKind::NotFound)),
        }
    }

    fn links(&self) -> MutexGuard<'_, HashMap<String, Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PictureSource for ScriptedSource {
    async fn open(&self, url: &str) -> Result<IncomingPicture, FetchError> {
        tokio::time::sleep(self.delay).await;
        let (bytes, breaks_at) = self.answer(url)?;
        let declared = self.declares.then_some(bytes.len() as u64);
        let pieces = pieces(&bytes, self.piece_bytes, breaks_at);
        IncomingPicture::begin(stream::iter(pieces), declared, PictureLimits::NONE).await
    }
}

/// Returns the pieces of `bytes`, up to an error if there is to be one.
fn pieces(
    bytes: &Bytes,
    at_once: usize,
    breaks_at: Option<usize>,
) -> impl Iterator<Item = Result<Bytes, FetchError>> + Send + use<> {
    let end = breaks_at.unwrap_or(usize::MAX).min(bytes.len());
    let bytes = bytes.slice(..end);
    let piece = move |start: usize| {
        let end = start.saturating_add(at_once).min(bytes.len());
        Ok(bytes.slice(start..end))
    };
    let broken = breaks_at.map(|_| Err(FetchError::new(FetchErrorKind::Truncated)));
    (0..end).step_by(at_once).map(piece).chain(broken)
}

impl Default for ScriptedSource {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ScriptedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSource")
            .field("links", &self.links().len())
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}
