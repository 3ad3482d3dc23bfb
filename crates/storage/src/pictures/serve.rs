//! The safe way to serve a picture over HTTP, as a plan that any web framework can carry out.

mod conditions;
mod date;
mod headers;
mod range;
mod tag;

use self::conditions::Outcome;
use self::range::Selection;
use super::attachment::AttachmentName;
use crate::object::ObjectInfo;
use crate::options::ByteRange;

/// The methods by which a picture is read; the answer to any other is 405, and no matter of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ServeMethod {
    /// Headers and bytes.
    #[default]
    Get,
    /// The headers that a get would have, and no bytes.
    Head,
}

/// What a request says beside the name of the picture: the values of its headers, as they came.
///
/// A header that came in several lines is to be joined by `, `. A value that makes no sense is treated as
/// RFC 9110 says: as if it were not there, or as if it named nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestConditions<'a> {
    /// The method.
    pub method: ServeMethod,
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Match`.
    pub if_match: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<&'a str>,
    /// `If-Unmodified-Since`.
    pub if_unmodified_since: Option<&'a str>,
    /// `If-Range`.
    pub if_range: Option<&'a str>,
}

/// The status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServeStatus {
    /// 200: the whole picture.
    Whole,
    /// 206: one part of it.
    Part,
    /// 304: the client has it already.
    NotModified,
    /// 412: the client wants another version than there is (`If-Match`, `If-Unmodified-Since`).
    PreconditionFailed,
    /// 416: the picture has none of the bytes that were asked for.
    RangeNotSatisfiable,
}

impl ServeStatus {
    /// Returns the number of the status.
    pub fn code(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part => 206,
            Self::NotModified => 304,
            Self::PreconditionFailed => 412,
            Self::RangeNotSatisfiable => 416,
        }
    }
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServePlan {
    /// The status.
    pub status: ServeStatus,
    /// Names in lower case with their values, each name once; values are printable ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// Which bytes to send; `None` for an answer without a body.
    pub range: Option<ByteRange>,
}

impl ServePlan {
    /// Returns the value of the header `name`, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// Returns the plan under which the bytes are saved as `name` instead of being shown.
    ///
    /// An answer that has nothing to save stays as it was.
    #[must_use]
    pub fn with_download_as(mut self, name: &AttachmentName) -> Self {
        for (header, value) in &mut self.headers {
            if *header == headers::DISPOSITION {
                *value = name.attachment();
            }
        }
        self
    }
}

/// Returns how to answer `request` with the object that a store describes by `info`.
///
/// - Only PNG, JPEG, WebP, GIF and AVIF are shown in place, under their own type. All else, SVG and HTML
///   among it, is sent as a download of the type `application/octet-stream`.
/// - Every answer forbids sniffing, scripts and embedding by other origins.
/// - Pictures are kept by the client alone and for five minutes: so long may one that was deleted still be
///   seen. After that the client asks with its tag and mostly gets a 304.
/// - Conditions and ranges are met as RFC 9110 §13.2.2 and §14 say. Of several parts that were asked for
///   one is sent if only that one exists; otherwise the whole is, which §14.2 allows.
/// - A date in `If-Range` counts when it is the very date of the object. Two versions within one second
///   cannot be told apart by it; keys that are only created never have two.
///
/// The size and the entity tag are those of `info`: read the bytes of the same version, which for a key
/// that is only created once is any.
///
/// # Examples
///
/// ```
/// use storage::pictures::{RequestConditions, ServeStatus, serve_plan};
/// use storage::{ByteRange, Metadata, ObjectInfo};
///
/// let info = ObjectInfo {
///     size_bytes: 1000,
///     content_type: Some("image/png".to_owned()),
///     etag: Some("v1".to_owned()),
///     last_modified: None,
///     sha256: None,
///     metadata: Metadata::new(),
/// };
/// let request = RequestConditions {
///     range: Some("bytes=-100"),
///     ..RequestConditions::default()
/// };
/// let plan = serve_plan(&info, &request);
/// assert_eq!(plan.status, ServeStatus::Part);
/// assert_eq!(plan.header("content-range"), Some("bytes 900-999/1000"));
/// assert_eq!(plan.range, Some(ByteRange::Bounded { start: 900, end: 1000 }));
/// ```
pub fn serve_plan(info: &ObjectInfo, request: &RequestConditions<'_>) -> ServePlan {
    let (status, part) = match conditions::outcome(info, request) {
        Outcome::Failed => (ServeStatus::PreconditionFailed, None),
        Outcome::Unchanged => (ServeStatus::NotModified, None),
        Outcome::Send => match range::selection(info, request) {
            Selection::Whole => (ServeStatus::Whole, None),
            Selection::Part(part) => (ServeStatus::Part, Some(part)),
            Selection::Nothing => (ServeStatus::RangeNotSatisfiable, None),
        },
    };
    let range = match (status, request.method, &part) {
        (ServeStatus::Whole, ServeMethod::Get, _) => Some(ByteRange::Whole),
        (ServeStatus::Part, ServeMethod::Get, Some(part)) => Some(ByteRange::Bounded {
            start: part.start,
            end: part.end,
        }),
        _ => None,
    };
    ServePlan {
        status,
        headers: headers::of(info, status, part),
        range,
    }
}
