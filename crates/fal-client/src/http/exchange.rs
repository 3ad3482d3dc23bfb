//! An answer, read up to a limit.

use std::{str::FromStr, time::Duration};

use reqwest::{
    Response,
    header::{ETAG, HeaderMap, HeaderName, RETRY_AFTER},
};

use super::{
    classify::{self, Facts},
    hidden::Hidden,
};
use crate::{BillableUnits, FalError, Operation};

/// The largest body read, in bytes. Pictures inlined as data URIs are larger; they are not asked for here.
pub(super) const MAX_BODY: usize = 4 * 1024 * 1024;

/// The most room that is made for a body before its bytes come; a length is only a claim.
const FIRST_ROOM: usize = 64 * 1024;

// Names that are checked once and not with each look.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-fal-request-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-fal-error-type");
const TIMEOUT_TYPE: HeaderName = HeaderName::from_static("x-fal-request-timeout-type");
const NEEDS_RETRY: HeaderName = HeaderName::from_static("x-fal-needs-retry");
/// The name of [`NEEDS_RETRY`] in FAL's older pages.
const RETRYABLE: HeaderName = HeaderName::from_static("x-fal-retryable");
const BILLABLE_UNITS: HeaderName = HeaderName::from_static("x-fal-billable-units");

/// An answer, of whatever status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) facts: Facts,
    pub(super) body: Vec<u8>,
    /// What none of its texts may show.
    pub(super) hidden: Hidden,
}

impl Answer {
    /// Returns whether the status is a success; FAL uses several.
    pub(super) fn is_success(&self) -> bool {
        is_success(self.facts.status)
    }

    /// Returns the answer, or the error that its status means.
    pub(super) fn success(self, operation: Operation) -> Result<Self, FalError> {
        if self.is_success() {
            Ok(self)
        } else {
            Err(classify::of_answer(operation, &self))
        }
    }
}

/// Reads an answer of at most so many bytes.
pub(super) async fn read(
    operation: Operation,
    mut response: Response,
    most: usize,
    hidden: &Hidden,
) -> Result<Answer, FalError> {
    let facts = facts(response.status().as_u16(), response.headers(), hidden);
    let hidden = hidden.clone();
    match read_body(&mut response, most).await {
        Ok(body) => Ok(Answer {
            facts,
            body,
            hidden,
        }),
        // A page that breaks off still has its status, which says most of what an error says.
        Err(_) if !is_success(facts.status) => Ok(Answer {
            facts,
            body: Vec::new(),
            hidden,
        }),
        Err(broken) => Err(classify::of_broken_body(operation, &facts, &hidden, broken)),
    }
}

/// Tells whether a status is one of success.
pub(super) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Why a body could not be had.
#[derive(Debug)]
pub(super) enum BrokenBody {
    /// More bytes than are read.
    TooLarge,
    /// The connection broke, or time ran out.
    Transport(reqwest::Error),
}

async fn read_body(response: &mut Response, most: usize) -> Result<Vec<u8>, BrokenBody> {
    let claimed = response.content_length().map(usize::try_from);
    let room = claimed.and_then(Result::ok).unwrap_or_default();
    let mut body = Vec::with_capacity(room.min(most).min(FIRST_ROOM));
    while let Some(chunk) = response.chunk().await.map_err(BrokenBody::Transport)? {
        if body.len() + chunk.len() > most {
            return Err(BrokenBody::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns what the head of an answer says; what only an error has is looked for in an error only.
pub(super) fn facts(status: u16, headers: &HeaderMap, hidden: &Hidden) -> Facts {
    let facts = Facts {
        status,
        id: headers.get(&REQUEST_ID).cloned(),
        billable_units: text(headers, &BILLABLE_UNITS).and_then(BillableUnits::parse),
        etag: text(headers, &ETAG).map(str::to_owned),
        ..Facts::default()
    };
    if is_success(status) {
        return facts;
    }
    Facts {
        error_type: parsed(headers, &ERROR_TYPE).filter(|text: &String| !hidden.is_in(text)),
        has_timeout_type: headers.contains_key(&TIMEOUT_TYPE),
        needs_retry: flag(headers, &NEEDS_RETRY).or_else(|| flag(headers, &RETRYABLE)),
        // Only the form in seconds: the one with a date needs a clock that both sides agree on.
        retry_after: parsed(headers, &RETRY_AFTER).map(Duration::from_secs),
        ..facts
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
}

fn parsed<T: FromStr>(headers: &HeaderMap, name: &HeaderName) -> Option<T> {
    text(headers, name).and_then(|text| text.parse().ok())
}

fn flag(headers: &HeaderMap, name: &HeaderName) -> Option<bool> {
    match text(headers, name)?.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}
