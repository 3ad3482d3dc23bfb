//! A file in parts: sent in parallel, completed when all are there, dropped when one cannot be sent.

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use url::Url;

use super::{
    BODY_LIMIT, HttpFalFiles, OPERATION,
    wire::{Completion, Part, Taken},
};
use crate::{FalError, FalErrorKind, http::origin::Call};

/// Sends all parts of a file and completes it.
///
/// The first part that cannot be sent ends the others where they are.
pub(super) async fn send(
    files: &HttpFalFiles,
    upload: &Url,
    bytes: &Bytes,
) -> Result<(), FalError> {
    let size = files.limits.part.max(1);
    let count = bytes.len().div_ceil(size);
    let part = |index: usize| {
        let slice = bytes.slice(index * size..bytes.len().min((index + 1) * size));
        send_part(files, upload, index + 1, slice)
    };
    let sent = stream::iter(0..count)
        .map(part)
        .buffer_unordered(files.limits.parallel.max(1));
    let mut parts: Vec<Part> = sent.try_collect().await?;
    parts.sort();
    complete(files, upload, Completion { parts }).await
}

async fn send_part(
    files: &HttpFalFiles,
    upload: &Url,
    number: usize,
    bytes: Bytes,
) -> Result<Part, FalError> {
    let url = below(upload, &number.to_string());
    let call = Call::new(Method::PUT, String::new())
        .bytes(bytes)
        .limit(BODY_LIMIT);
    let answer = files.send(&url, &call).await?;
    // Without its tag a part cannot be named when the file is completed. FAL's clients read it in one place each.
    let tag = answer.head.etag().map(str::to_owned);
    let tag = tag.or_else(|| Taken::tag(&answer.body));
    let etag = tag.ok_or_else(|| {
        FalError::new(FalErrorKind::Malformed, OPERATION).with_status(answer.head.status)
    })?;
    Ok(Part { number, etag })
}

async fn complete(
    files: &HttpFalFiles,
    upload: &Url,
    completion: Completion,
) -> Result<(), FalError> {
    let body = serde_json::to_vec(&completion)
        .map_err(|error| FalError::new(FalErrorKind::Malformed, OPERATION).with_source(error))?;
    let call = Call::new(Method::POST, String::new()).json(body);
    files.send(&below(upload, "complete"), &call).await?;
    Ok(())
}

/// Returns the signed address with one more segment; its query stays.
pub(in crate::http) fn below(upload: &Url, segment: &str) -> Url {
    let mut url = upload.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(segment);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_goes_before_the_signature() {
        let upload: Url = "https://v3.fal.media/u/abc?signature=x".parse().unwrap();
        assert_eq!(
            below(&upload, "3").as_str(),
            "https://v3.fal.media/u/abc/3?signature=x"
        );
    }
}
