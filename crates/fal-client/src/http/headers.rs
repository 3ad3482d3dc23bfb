//! The headers of a submit, exactly as FAL's page on common parameters has them.

use std::time::Duration;

use crate::{ObjectLifecycle, Priority, SubmitOptions};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

const PRIORITY: HeaderName = HeaderName::from_static("x-fal-queue-priority");
const START_TIMEOUT: HeaderName = HeaderName::from_static("x-fal-request-timeout");
const STORE_IO: HeaderName = HeaderName::from_static("x-fal-store-io");
const RUNNER_HINT: HeaderName = HeaderName::from_static("x-fal-runner-hint");
const NO_FALLBACK: HeaderName = HeaderName::from_static("x-app-fal-disable-fallback");
const TAGS: HeaderName = HeaderName::from_static("x-fal-tags");
const NO_RETRY: HeaderName = HeaderName::from_static("x-fal-no-retry");
const LIFECYCLE: HeaderName = HeaderName::from_static("x-fal-object-lifecycle-preference");

/// Returns the headers that the options ask for.
pub(super) fn of_options(options: &SubmitOptions) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(priority) = options.priority() {
        headers.insert(PRIORITY, HeaderValue::from_static(word(priority)));
    }
    if let Some(limit) = options.start_timeout() {
        insert(&mut headers, START_TIMEOUT, &seconds(limit));
    }
    if options.no_store_io() {
        headers.insert(STORE_IO, HeaderValue::from_static("0"));
    }
    if options.no_server_retry() {
        headers.insert(NO_RETRY, HeaderValue::from_static("1"));
    }
    if options.no_fallback() {
        headers.insert(NO_FALLBACK, HeaderValue::from_static("true"));
    }
    if let Some(hint) = options.runner_hint() {
        insert(&mut headers, RUNNER_HINT, hint);
    }
    headers.extend(of_lifecycle(options.lifecycle()));
    if !options.tags().is_empty() {
        insert(&mut headers, TAGS, &options.tags().to_string());
    }
    headers
}

/// Returns the header that says how long FAL keeps files and who may read them.
pub(super) fn of_lifecycle(lifecycle: &ObjectLifecycle) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(preference) = lifecycle.to_json() {
        insert(&mut headers, LIFECYCLE, &preference.to_string());
    }
    headers
}

fn word(priority: Priority) -> &'static str {
    match priority {
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

/// Returns seconds with no more decimals than needed: `30`, `1.5`.
fn seconds(limit: Duration) -> String {
    match limit.subsec_millis() {
        0 => limit.as_secs().to_string(),
        millis => format!("{}.{millis:03}", limit.as_secs())
            .trim_end_matches('0')
            .to_owned(),
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    let value = HeaderValue::from_str(text);
    debug_assert!(
        value.is_ok(),
        "what goes into a header was checked to be visible ASCII"
    );
    if let Ok(value) = value {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tags;

    #[test]
    fn nothing_asked_is_no_header() {
        assert!(of_options(&SubmitOptions::default()).is_empty());
    }

    #[test]
    fn each_option_is_its_header() {
        let options = SubmitOptions::default()
            .with_priority(Priority::Low)
            .with_start_timeout(Duration::from_secs(30))
            .with_output_expires(Duration::from_hours(1))
            .with_runner_hint("lora-1")
            .with_no_store_io()
            .with_no_server_retry()
            .with_no_fallback()
            .with_tags(Tags::default().with("tenant", "a").unwrap());
        let headers = of_options(&options);
        for (name, value) in [
            (PRIORITY, "low"),
            (START_TIMEOUT, "30"),
            (STORE_IO, "0"),
            (NO_RETRY, "1"),
            (NO_FALLBACK, "true"),
            (RUNNER_HINT, "lora-1"),
            (TAGS, "tenant=a"),
            (LIFECYCLE, r#"{"expiration_duration_seconds":3600}"#),
        ] {
            assert_eq!(headers.get(&name).unwrap(), value, "{name}");
        }
        assert_eq!(headers.len(), 8);
    }

    #[test]
    fn seconds_have_no_needless_decimals() {
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5");
        assert_eq!(seconds(Duration::from_millis(2010)), "2.01");
        assert_eq!(seconds(Duration::from_secs(10)), "10");
    }
}
