//! The headers of an answer.

use std::ops::Range;

use super::{ServeStatus, date, tag};
use crate::object::ObjectInfo;
use crate::pictures::format::ImageFormat;

/// The header that says whether to show or to save.
pub(super) const DISPOSITION: &str = "content-disposition";

/// A client may show its copy for so long without asking; nobody in between may keep one.
const KEEP: &str = "private, max-age=300";

/// What every answer forbids: taking the bytes for another type, running anything in them, and embedding
/// by other origins.
const GUARDS: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
];

pub(super) fn of(
    info: &ObjectInfo,
    status: ServeStatus,
    part: Option<Range<u64>>,
) -> Vec<(&'static str, String)> {
    let mut headers: Vec<_> = GUARDS
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    match status {
        ServeStatus::Whole => describe(&mut headers, info, info.size_bytes),
        ServeStatus::Part => {
            let part = part.unwrap_or(0..info.size_bytes);
            describe(&mut headers, info, part.end - part.start);
            let last = part.end.saturating_sub(1);
            let place = format!("bytes {}-{last}/{}", part.start, info.size_bytes);
            headers.push(("content-range", place));
        }
        ServeStatus::NotModified => keep(&mut headers, info),
        ServeStatus::PreconditionFailed => refuse(&mut headers),
        ServeStatus::RangeNotSatisfiable => {
            refuse(&mut headers);
            headers.push(("accept-ranges", "bytes".to_owned()));
            headers.push(("content-range", format!("bytes */{}", info.size_bytes)));
        }
    }
    headers
}

fn describe(headers: &mut Vec<(&'static str, String)>, info: &ObjectInfo, length: u64) {
    let (content_type, disposition) = shown(info.content_type.as_deref());
    headers.push(("content-type", content_type.to_owned()));
    headers.push((DISPOSITION, disposition.to_owned()));
    headers.push(("content-length", length.to_string()));
    headers.push(("accept-ranges", "bytes".to_owned()));
    keep(headers, info);
    if info.etag.as_deref().and_then(tag::quoted).is_some() {
        headers.extend(info.last_modified.map(modified));
    }
}

/// What a stored answer is refreshed with (RFC 9110 §15.4.5): the date only where there is no tag.
fn keep(headers: &mut Vec<(&'static str, String)>, info: &ObjectInfo) {
    headers.push(("cache-control", KEEP.to_owned()));
    match info.etag.as_deref().and_then(tag::quoted) {
        Some(etag) => headers.push(("etag", etag)),
        None => headers.extend(info.last_modified.map(modified)),
    }
}

fn refuse(headers: &mut Vec<(&'static str, String)>) {
    headers.push(("cache-control", "no-store".to_owned()));
    headers.push(("content-length", "0".to_owned()));
}

fn modified(time: chrono::DateTime<chrono::Utc>) -> (&'static str, String) {
    ("last-modified", date::write(time))
}

/// Returns type and disposition: only a known picture is shown, and under its own type exactly.
fn shown(content_type: Option<&str>) -> (&'static str, &'static str) {
    let essence = content_type.unwrap_or_default().split(';').next();
    let essence = essence.unwrap_or_default().trim();
    ImageFormat::ALL
        .into_iter()
        .map(ImageFormat::content_type)
        .find(|known| known.eq_ignore_ascii_case(essence))
        .map_or(("application/octet-stream", "attachment"), |known| {
            (known, "inline")
        })
}
