//! Reads the body of an answer under every cap at once.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use super::policy::FetchPolicy;
use super::response::classify_body;
use crate::object::Sha256Digest;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};
use crate::pictures::format::ImageFormat;
use crate::pictures::source::FetchedPicture;

/// The number of first bytes that are enough to tell the format.
const ENOUGH_TO_SNIFF: usize = 64;

/// Reads the picture; the caller bounds the whole time.
pub(super) async fn read(
    mut response: Response,
    policy: &FetchPolicy,
) -> Result<FetchedPicture, FetchError> {
    let declared = response.content_length();
    let mut intake = Intake::new(declared, policy)?;
    let mut pace = Pace::new(policy);
    while let Some(piece) = next(&mut response, &mut pace).await? {
        intake.take(&piece)?;
    }
    intake.finish()
}

/// Waits for the next piece, as long as the pace is kept.
async fn next(response: &mut Response, pace: &mut Pace) -> Result<Option<Bytes>, FetchError> {
    loop {
        match timeout_at(pace.window_end, response.chunk()).await {
            Ok(Ok(Some(piece))) => {
                pace.count(piece.len() as u64)?;
                return Ok(Some(piece));
            }
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(error)) => return Err(classify_body(error)),
            Err(_) => pace.count(0)?,
        }
    }
}

/// Measures how many bytes come in each window of time.
struct Pace {
    window_end: Instant,
    window: std::time::Duration,
    wanted: u64,
    seen: u64,
}

impl Pace {
    fn new(policy: &FetchPolicy) -> Self {
        Self {
            window_end: Instant::now() + policy.rate_window,
            window: policy.rate_window,
            wanted: policy.bytes_per_window(),
            seen: 0,
        }
    }

    fn count(&mut self, bytes: u64) -> Result<(), FetchError> {
        self.seen += bytes;
        let now = Instant::now();
        if now < self.window_end {
            return Ok(());
        }
        if self.seen < self.wanted {
            return Err(
                FetchError::new(FetchErrorKind::TooSlow).with_detail(format!(
                    "{} bytes in {} s",
                    self.seen,
                    self.window.as_secs_f32()
                )),
            );
        }
        self.seen = 0;
        self.window_end = now + self.window;
        Ok(())
    }
}

/// Gathers the bytes, hashes them on the way and stops at the first broken rule.
struct Intake<'a> {
    policy: &'a FetchPolicy,
    declared: Option<u64>,
    bytes: BytesMut,
    hasher: Sha256,
    is_sniffed: bool,
}

impl<'a> Intake<'a> {
    fn new(declared: Option<u64>, policy: &'a FetchPolicy) -> Result<Self, FetchError> {
        if declared.is_some_and(|length| length > policy.max_bytes) {
            return Err(too_large(policy));
        }
        let capacity = usize::try_from(declared.unwrap_or_default()).unwrap_or_default();
        Ok(Self {
            policy,
            declared,
            bytes: BytesMut::with_capacity(capacity),
            hasher: Sha256::new(),
            is_sniffed: false,
        })
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        if (self.bytes.len() + piece.len()) as u64 > self.policy.max_bytes {
            return Err(too_large(self.policy));
        }
        self.hasher.update(piece);
        self.bytes.extend_from_slice(piece);
        if !self.is_sniffed && self.bytes.len() >= ENOUGH_TO_SNIFF {
            self.is_sniffed = true;
            if ImageFormat::sniff(&self.bytes).is_none() {
                return Err(FetchError::new(FetchErrorKind::NotAPicture)
                    .with_detail("the first bytes are of no format"));
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<FetchedPicture, FetchError> {
        let length = self.bytes.len() as u64;
        if let Some(declared) = self.declared.filter(|declared| *declared != length) {
            return Err(FetchError::new(FetchErrorKind::Truncated)
                .with_detail(format!("{length} of {declared} bytes")));
        }
        let sha256 = Sha256Digest::from_bytes(self.hasher.finalize().into());
        let picture = FetchedPicture::with_digest(self.bytes.freeze(), sha256)?;
        check_pixels(picture, self.policy)
    }
}

/// Returns the picture if its header keeps to the pixel cap.
pub(super) fn check_pixels(
    picture: FetchedPicture,
    policy: &FetchPolicy,
) -> Result<FetchedPicture, FetchError> {
    if picture.pixels() > policy.max_pixels {
        return Err(FetchError::new(FetchErrorKind::TooManyPixels)
            .with_detail(format!("{} by {}", picture.width, picture.height)));
    }
    Ok(picture)
}

/// Returns the error for more bytes than the cap.
pub(super) fn too_large(policy: &FetchPolicy) -> FetchError {
    FetchError::new(FetchErrorKind::TooLarge)
        .with_detail(format!("the cap is {} bytes", policy.max_bytes))
}
