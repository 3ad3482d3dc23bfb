//! What a caller asks for besides the input: the headers of FAL's page on common parameters.

use std::time::Duration;

use axum::http::HeaderMap;
use serde::Deserialize;

/// The least time to start that FAL accepts, in seconds.
const LEAST_LIMIT: f64 = 0.1;
/// The names under which a lifecycle is found: that of outputs, and that of uploads.
const LIFECYCLE_NAMES: [&str; 2] = [
    "x-fal-object-lifecycle-preference",
    "x-fal-object-lifecycle",
];

/// What a caller asks for besides the input.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wishes {
    /// Whether every request of normal priority goes first.
    pub(super) is_patient: bool,
    /// How long it may take until a runner takes the request.
    pub(super) start_limit: Option<Duration>,
    /// Whether input and output must not be kept for the listing.
    pub(super) keeps_no_payload: bool,
    pub(super) lifecycle: Lifecycle,
}

impl Wishes {
    /// Reads the headers; the error is FAL's text for the 400.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, &'static str> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            is_patient: text("x-fal-queue-priority") == Some("low"),
            start_limit: text("x-fal-request-timeout").map(limit).transpose()?,
            keeps_no_payload: text("x-fal-store-io") == Some("0"),
            lifecycle: Lifecycle::read(headers)?,
        })
    }
}

fn limit(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.trim().parse().ok();
    let seconds = seconds.filter(|seconds: &f64| *seconds > LEAST_LIMIT);
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.ok_or("Invalid timeout header")
}

/// What somebody who asks for a file gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    #[default]
    Allow,
    Forbid,
    Hide,
}

/// How long a file is kept, and who may read it.
///
/// Rules for single users mean nothing here: nobody who asks for a file says who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lifecycle {
    pub(super) expires: Option<Duration>,
    pub(super) access: Access,
}

#[derive(Deserialize)]
struct Preference {
    #[serde(default)]
    expiration_duration_seconds: Option<u64>,
    #[serde(default)]
    initial_acl: Option<Acl>,
}

#[derive(Deserialize)]
struct Acl {
    #[serde(default)]
    default: Access,
}

impl Lifecycle {
    /// Reads the header of outputs or of uploads; the error is the text for the 400.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, &'static str> {
        let mut found = LIFECYCLE_NAMES.iter().filter_map(|name| headers.get(*name));
        let Some(header) = found.next() else {
            return Ok(Self::default());
        };
        let preference: Preference = serde_json::from_slice(header.as_bytes())
            .map_err(|_| "Invalid object lifecycle header")?;
        Ok(Self {
            expires: preference
                .expiration_duration_seconds
                .map(Duration::from_secs),
            access: preference
                .initial_acl
                .map_or(Access::Allow, |acl| acl.default),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &str) -> Result<Wishes, &'static str> {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        Wishes::read(&headers)
    }

    #[test]
    fn each_header_is_a_wish() {
        assert_eq!(Wishes::read(&HeaderMap::new()), Ok(Wishes::default()));
        assert!(read("x-fal-queue-priority", "low").unwrap().is_patient);
        assert!(!read("x-fal-queue-priority", "normal").unwrap().is_patient);
        assert!(read("x-fal-store-io", "0").unwrap().keeps_no_payload);
        assert_eq!(
            read("x-fal-request-timeout", "30.0").unwrap().start_limit,
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn a_limit_that_is_none_is_refused() {
        for bad in ["soon", "0", "0.1", "-3", "NaN", "inf", "1e300"] {
            assert_eq!(
                read("x-fal-request-timeout", bad),
                Err("Invalid timeout header"),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_lifecycle_has_an_end_and_a_rule_for_everybody() {
        let text =
            r#"{"expiration_duration_seconds":60,"initial_acl":{"default":"hide","rules":[]}}"#;
        for name in LIFECYCLE_NAMES {
            let lifecycle = read(name, text).unwrap().lifecycle;
            assert_eq!(lifecycle.expires, Some(Duration::from_mins(1)));
            assert_eq!(lifecycle.access, Access::Hide);
        }
        let never = r#"{"expiration_duration_seconds":null}"#;
        let lifecycle = read(LIFECYCLE_NAMES[0], never).unwrap().lifecycle;
        assert_eq!(lifecycle, Lifecycle::default());
        assert!(read(LIFECYCLE_NAMES[0], "soon").is_err());
    }
}
