//! Whether a request wants the picture at all (RFC 9110 §13.2.2).

use chrono::{DateTime, SubsecRound, Utc};

use super::{RequestConditions, date, tag};
use crate::object::ObjectInfo;

/// What the conditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They hold: send what was asked for.
    Send,
    /// The client has this version already.
    Unchanged,
    /// The client wants another version.
    Failed,
}

/// An entity tag outweighs a date, and the conditions on the version come before those on news.
pub(super) fn outcome(info: &ObjectInfo, request: &RequestConditions<'_>) -> Outcome {
    let failed = match request.if_match {
        Some(tags) => !tag::any_is(tags, info.etag.as_deref(), tag::Comparison::Strong),
        None => compare(info, request.if_unmodified_since, |modified, limit| {
            modified > limit
        }),
    };
    if failed {
        return Outcome::Failed;
    }
    let unchanged = match request.if_none_match {
        Some(tags) => tag::any_is(tags, info.etag.as_deref(), tag::Comparison::Weak),
        None => compare(info, request.if_modified_since, |modified, limit| {
            modified <= limit
        }),
    };
    if unchanged {
        Outcome::Unchanged
    } else {
        Outcome::Send
    }
}

/// A text that is no date counts as if it were not there, and so does a date where the object has none.
fn compare(
    info: &ObjectInfo,
    text: Option<&str>,
    holds: fn(DateTime<Utc>, DateTime<Utc>) -> bool,
) -> bool {
    match (info.last_modified, text.and_then(date::parse)) {
        (Some(modified), Some(limit)) => holds(modified.trunc_subsecs(0), limit),
        _ => false,
    }
}

/// Tells whether `If-Range` names the present version (RFC 9110 §13.1.5): the very tag or the very date.
pub(super) fn is_present_version(info: &ObjectInfo, if_range: &str) -> bool {
    if if_range.contains('"') {
        return tag::is_one(if_range, info.etag.as_deref());
    }
    compare(info, Some(if_range), |modified, limit| modified == limit)
}
