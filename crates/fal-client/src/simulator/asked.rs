//! A request as the routes of the key's origin see it: read to its end, its query taken apart.

use std::collections::HashMap;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::answer;

/// The query of a request, by name.
pub(super) type Fields = HashMap<String, String>;

/// A request, read to its end.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) fields: Fields,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl Asked {
    /// Reads a request with a body of at most `limit` bytes; the error is the answer to a larger one.
    pub(super) async fn read(request: Request, limit: usize) -> Result<Self, Box<Response>> {
        let fields = Query::<Fields>::try_from_uri(request.uri());
        let (parts, body) = request.into_parts();
        let Ok(bytes) = to_bytes(body, limit).await else {
            return Err(Box::new(answer::detail(413, "Request body too large")));
        };
        Ok(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            fields: fields.map(|query| query.0).unwrap_or_default(),
            headers: parts.headers,
            bytes,
        })
    }

    /// Returns one value of the query.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// Returns one header that is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the segments of the path; empty ones do not count.
    pub(super) fn segments(&self) -> Vec<&str> {
        segments(&self.path)
    }
}

/// Returns the segments of a path; empty ones do not count, so a slash at the end changes nothing.
pub(super) fn segments(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}
