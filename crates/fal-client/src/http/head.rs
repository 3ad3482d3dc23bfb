//! The head of an answer, whose headers are looked up when something asks for them.

use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, HeaderName, RETRY_AFTER};

use super::hidden::Hidden;
use crate::{BillableUnits, RequestId};

// Names that are checked once and not with each look.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-fal-request-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-fal-error-type");
const TIMEOUT_TYPE: HeaderName = HeaderName::from_static("x-fal-request-timeout-type");
const NEEDS_RETRY: HeaderName = HeaderName::from_static("x-fal-needs-retry");
/// The name of [`NEEDS_RETRY`] in FAL's older pages.
const RETRYABLE: HeaderName = HeaderName::from_static("x-fal-retryable");
const BILLABLE_UNITS: HeaderName = HeaderName::from_static("x-fal-billable-units");

/// The status of an answer, and its headers.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
}

impl Head {
    /// Returns whether the status is a success; FAL uses several.
    pub(super) fn is_success(&self) -> bool {
        is_success(self.status)
    }

    /// Returns whether the queue wrote the answer: it names the request, and FAL's ingress does not.
    pub(super) fn is_of_the_queue(&self) -> bool {
        self.headers.contains_key(&REQUEST_ID)
    }

    /// Returns the id of the request, unless it is none or shows what is hidden.
    pub(super) fn request_id(&self, hidden: &Hidden) -> Option<RequestId> {
        let text = self.text(&REQUEST_ID)?;
        text.parse().ok().filter(|_| !hidden.is_in(text))
    }

    /// Returns FAL's word for what went wrong, unless it shows what is hidden.
    pub(super) fn error_type(&self, hidden: &Hidden) -> Option<&str> {
        self.text(&ERROR_TYPE).filter(|text| !hidden.is_in(text))
    }

    /// Returns whether a limit to start has passed that the caller had set.
    pub(super) fn has_timeout_type(&self) -> bool {
        self.headers.contains_key(&TIMEOUT_TYPE)
    }

    /// Returns whether FAL asks for a repeat or advises against one.
    pub(super) fn needs_retry(&self) -> Option<bool> {
        self.flag(&NEEDS_RETRY).or_else(|| self.flag(&RETRYABLE))
    }

    /// Returns what the request cost, in the unit of its model.
    pub(super) fn billable_units(&self) -> Option<BillableUnits> {
        self.text(&BILLABLE_UNITS).and_then(BillableUnits::parse)
    }

    /// Returns the pause that is asked for.
    ///
    /// Only the form in seconds is read: the one with a date needs a clock that both sides agree on.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.text(&RETRY_AFTER)?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// Returns the tag of what was stored.
    pub(super) fn etag(&self) -> Option<&str> {
        self.text(&ETAG)
    }

    fn text(&self, name: &HeaderName) -> Option<&str> {
        let value = self.headers.get(name)?;
        value.to_str().ok().map(str::trim)
    }

    fn flag(&self, name: &HeaderName) -> Option<bool> {
        match self.text(name)?.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => Some(true),
            "0" | "false" | "no" => Some(false),
            _ => None,
        }
    }
}

/// Tells whether a status is one of success.
pub(super) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}
