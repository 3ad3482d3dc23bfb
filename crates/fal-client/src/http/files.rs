//! The port of uploads over HTTP.

mod multipart;
mod wire;

use std::time::Duration;

use async_trait::async_trait;

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::json;
use url::Url;

use super::{
    FalSettings, classify,
    exchange::Answer,
    headers,
    origin::{Call, Origin},
    queue,
};
use crate::{
    FalError, FalFiles, FalUrl, FileUrl, Operation, RetryPolicy, UploadFile,
    fal_url::is_loopback,
    files::bad_file,
    layer::{may_ask_again, repeat},
};

pub(crate) use wire::Initiated;
#[cfg(feature = "testing")]
pub(crate) use wire::Taken;

#[cfg(feature = "testing")]
pub(super) use multipart::below;

const OPERATION: Operation = Operation::Upload;

/// How long one body, a part or a whole file below the size of parts, may take to be sent.
const BODY_LIMIT: Duration = Duration::from_mins(5);

/// The sizes of uploads, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// The largest file; 1 GiB by default.
    pub most: usize,
    /// From this size on a file goes in parts; 90 MiB by default, as in FAL's JS client.
    pub multipart_from: usize,
    /// The size of a part but the last; 10 MiB by default, as in FAL's clients.
    pub part: usize,
    /// How many parts are under way at once; 4 by default.
    pub parallel: usize,
}

impl Default for UploadLimits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            most: 1024 * MIB,
            multipart_from: 90 * MIB,
            part: 10 * MIB,
            parallel: 4,
        }
    }
}

/// FAL's uploads over HTTP: FAL signs an address, and the bytes go there without the key.
///
/// A step that fails on the way is repeated up to three times, a part by itself. When one part cannot be sent, the
/// others are dropped and nothing is completed, so the file never appears; what was sent of it is FAL's to clear
/// away, which documents no way to ask for it.
///
/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpFalFiles {
    origin: Origin,
    limits: UploadLimits,
    retry: RetryPolicy,
}

impl HttpFalFiles {
    /// Returns uploads with the given settings. No connection is made before the first call.
    ///
    /// # Errors
    ///
    /// `Config` when another queue is set and no origin for uploads beside it, when the machine's TLS roots cannot
    /// be loaded, or when the key does not fit into a header.
    pub fn new(settings: &FalSettings) -> Result<Self, FalError> {
        Ok(Self {
            origin: Origin::new(settings, settings.rest_origin()?)?,
            limits: UploadLimits::default(),
            retry: RetryPolicy::new(3),
        })
    }

    /// Sets the sizes.
    #[must_use]
    pub fn with_limits(mut self, limits: UploadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets when a step is repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl FalFiles for HttpFalFiles {
    async fn upload(&self, file: UploadFile) -> Result<FileUrl, FalError> {
        let size = file.bytes().len();
        if size == 0 {
            return Err(bad_file("the file is empty"));
        }
        if size > self.limits.most {
            return Err(bad_file("the file is larger than the limit for uploads"));
        }
        let in_parts = size >= self.limits.multipart_from;
        let step = if in_parts {
            "storage/upload/initiate-multipart"
        } else {
            "storage/upload/initiate"
        };
        let initiated = self.initiate(step, &file).await?;
        if in_parts {
            multipart::send(self, &initiated.upload, file.bytes()).await?;
        } else {
            let call = Call::new(Method::PUT, String::new())
                .headers(content_type(&file))
                .bytes(file.bytes().clone())
                .limit(BODY_LIMIT);
            self.send(&initiated.upload, &call).await?;
        }
        Ok(FileUrl::new(initiated.file))
    }
}

/// Where a file goes, and where it is found afterwards.
#[derive(Debug)]
struct Destination {
    upload: Url,
    file: Url,
}

impl HttpFalFiles {
    /// Asks FAL for an address to send the file to.
    async fn initiate(&self, step: &str, file: &UploadFile) -> Result<Destination, FalError> {
        let body = json!({ "content_type": file.content_type(), "file_name": file.name() });
        let call = Call::new(Method::POST, step.to_owned())
            .query("storage_type", "fal-cdn-v3")
            .headers(headers::of_lifecycle(file.lifecycle()))
            .json(body.to_string());
        let ask = || async {
            let answer = self.origin.exchange(OPERATION, &call).await?;
            answer.success(OPERATION)
        };
        let answer = repeat(&self.retry, may_ask_again, ask).await?;
        let initiated: Initiated = queue::read(OPERATION, &answer)?;
        let unreadable = || classify::of_unreadable(OPERATION, &answer);
        Ok(Destination {
            upload: foreign(&initiated.upload_url, self.origin.base()).ok_or_else(unreadable)?,
            file: foreign(&initiated.file_url, self.origin.base()).ok_or_else(unreadable)?,
        })
    }

    /// Sends one request to a signed address, without the key.
    async fn send(&self, url: &Url, call: &Call) -> Result<Answer, FalError> {
        let send = || async {
            let sent = self.origin.exchange_bare(OPERATION, url.clone(), call);
            sent.await?.success(OPERATION)
        };
        repeat(&self.retry, may_ask_again, send).await
    }
}

/// Returns an address that FAL named: https, or http on loopback when FAL itself is a simulator there.
pub(super) fn foreign(text: &str, base: &FalUrl) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => base.is_plain_text() && url.host().is_some_and(|host| is_loopback(&host)),
        _ => false,
    };
    (is_safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn content_type(file: &UploadFile) -> HeaderMap {
    // It was checked when the file was made.
    let value = HeaderValue::from_str(file.content_type());
    value
        .map(|value| HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        .unwrap_or_default()
}
