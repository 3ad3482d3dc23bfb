//! The address of one model at FAL, checked once.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Namespaces that stand before `owner/alias` in an endpoint.
const NAMESPACES: [&str; 2] = ["workflows", "comfy"];

/// The longest endpoint accepted, in bytes.
const MAX_LEN: usize = 256;

/// The address of one model: `[namespace/]owner/alias[/path…]`.
///
/// - Two or more segments, each of ASCII letters, digits, `.`, `_` and `-`; none is empty, `.` or `..`.
/// - `workflows` and `comfy` are namespaces and need an owner and an alias after them.
/// - The path never begins with `requests`, which FAL keeps for the jobs of the app.
/// - FAL's old form of one segment, as `110602490-fast-sdxl`, is written `110602490/fast-sdxl`.
/// - At most 256 bytes. Never a URL, so it cannot lead a request (and its key) to another host.
///
/// # Examples
///
/// ```
/// use fal_client::Endpoint;
///
/// let endpoint: Endpoint = "fal-ai/imagen4/preview/fast".parse()?;
/// assert_eq!(endpoint.app(), "fal-ai/imagen4");
/// assert!("https://queue.fal.run/fal-ai/imagen4".parse::<Endpoint>().is_err());
/// # Ok::<(), fal_client::EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    text: String,
    app_len: usize,
}

impl Endpoint {
    /// Returns the whole address, as submit uses it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the `[namespace/]owner/alias` part, under which FAL keeps the jobs of every path of the app.
    pub fn app(&self) -> &str {
        &self.text[..self.app_len]
    }
}

impl TryFrom<String> for Endpoint {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, EndpointError> {
        let app_len = check(&text)?;
        Ok(Self { text, app_len })
    }
}

impl TryFrom<&str> for Endpoint {
    type Error = EndpointError;

    fn try_from(text: &str) -> Result<Self, EndpointError> {
        Self::try_from(text.to_owned())
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::try_from(text)
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.text
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({:?})", self.text)
    }
}

/// Why a text is not an [`Endpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Fewer than `owner/alias`, or a namespace without both after it.
    #[error("an endpoint needs an owner and an alias, as in fal-ai/imagen4")]
    TooFewSegments,
    /// An empty segment, `.` or `..`.
    #[error("an endpoint has no empty segment and no dots alone between its slashes")]
    BadSegment,
    /// A character outside ASCII letters, digits, `.`, `_`, `-` and `/`: a URL, a query, a space.
    #[error("an endpoint has only ASCII letters, digits, '.', '_' and '-' between its slashes")]
    BadCharacter,
    /// The path begins with `requests`.
    #[error("an endpoint's path does not begin with requests, which names its jobs")]
    ReservedPath,
    /// More than 256 bytes.
    #[error("an endpoint has at most 256 bytes")]
    TooLong,
}

/// Checks the whole text and returns the length of its app part.
fn check(text: &str) -> Result<usize, EndpointError> {
    if text.len() > MAX_LEN {
        return Err(EndpointError::TooLong);
    }
    if !text.bytes().all(is_allowed) {
        return Err(EndpointError::BadCharacter);
    }
    let segments: Vec<&str> = text.split('/').collect();
    if segments
        .iter()
        .any(|segment| matches!(*segment, "" | "." | ".."))
    {
        return Err(EndpointError::BadSegment);
    }
    let app = if NAMESPACES.contains(&segments[0]) {
        3
    } else {
        2
    };
    if segments.len() < app {
        return Err(EndpointError::TooFewSegments);
    }
    if segments.get(app) == Some(&"requests") {
        return Err(EndpointError::ReservedPath);
    }
    let slashes = app - 1;
    Ok(segments[..app]
        .iter()
        .map(|segment| segment.len())
        .sum::<usize>()
        + slashes)
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        text.parse()
    }

    #[test]
    fn app_drops_the_path_and_keeps_the_namespace() {
        for (text, app) in [
            ("fal-ai/imagen4", "fal-ai/imagen4"),
            ("fal-ai/imagen4/preview/ultra", "fal-ai/imagen4"),
            ("workflows/jane/poster/v2", "workflows/jane/poster"),
            ("comfy/jane/graph", "comfy/jane/graph"),
        ] {
            assert_eq!(parse(text).unwrap().app(), app, "{text}");
        }
    }

    #[test]
    fn every_rule_has_its_error() {
        for (text, error) in [
            ("imagen4", EndpointError::TooFewSegments),
            ("110602490-fast-sdxl", EndpointError::TooFewSegments),
            ("workflows/jane", EndpointError::TooFewSegments),
            ("", EndpointError::BadSegment),
            ("fal-ai//imagen4", EndpointError::BadSegment),
            ("/fal-ai/imagen4", EndpointError::BadSegment),
            ("fal-ai/imagen4/", EndpointError::BadSegment),
            ("fal-ai/../evil", EndpointError::BadSegment),
            ("fal-ai/./imagen4", EndpointError::BadSegment),
            (
                "https://queue.fal.run/fal-ai/imagen4",
                EndpointError::BadCharacter,
            ),
            ("fal-ai/imagen4?x=1", EndpointError::BadCharacter),
            ("fal-ai/imagen4 ", EndpointError::BadCharacter),
            ("fal-ai/%2e%2e", EndpointError::BadCharacter),
            (
                "fal-ai/imagen4/requests/1/cancel",
                EndpointError::ReservedPath,
            ),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
        assert_eq!(
            parse(&format!("a/{}", "b".repeat(255))),
            Err(EndpointError::TooLong)
        );
    }

    #[test]
    fn travels_through_json_as_a_string() {
        let endpoint = parse("fal-ai/nano-banana-2").unwrap();
        let json = serde_json::to_string(&endpoint).unwrap();
        assert_eq!(json, "\"fal-ai/nano-banana-2\"");
        assert_eq!(serde_json::from_str::<Endpoint>(&json).unwrap(), endpoint);
        assert!(serde_json::from_str::<Endpoint>("\"http://evil/x\"").is_err());
    }
}
