//! Reads the body of an answer under every cap at once.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use super::exchange::Reply;
use super::policy::FetchPolicy;
use super::response::classify_body;
use crate::object::Sha256Digest;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};
use crate::pictures::format::ImageFormat;
use crate::pictures::header::Header;
use crate::pictures::source::FetchedPicture;

/// The number of first bytes that are enough to tell the format.
const ENOUGH_TO_SNIFF: usize = 64;

/// A body of unknown length grows by so much.
const GROWTH: usize = 1024 * 1024;

/// Reads the picture; the caller bounds the whole time.
pub(super) async fn read(
    reply: &mut Reply,
    policy: &FetchPolicy,
) -> Result<FetchedPicture, FetchError> {
    let mut intake = Intake::new(reply.declared_length(), policy)?;
    let mut pace = Pace::new(policy);
    reply.allow(policy.max_bytes);
    while let Some(piece) = next(reply, &mut pace).await? {
        intake.take(&piece)?;
    }
    intake.finish()
}

/// Waits for the next piece, as long as the pace is kept.
async fn next(reply: &mut Reply, pace: &mut Pace) -> Result<Option<Bytes>, FetchError> {
    loop {
        match timeout_at(pace.window_end, reply.next()).await {
            Ok(Some(Ok(piece))) => {
                pace.count(piece.len() as u64)?;
                return Ok(Some(piece));
            }
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(classify_body(error)),
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
    bytes: Vec<u8>,
    hasher: Sha256,
    /// The number of bytes at which the header is looked at next.
    next_look: usize,
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
            bytes: Vec::with_capacity(capacity),
            hasher: Sha256::new(),
            next_look: ENOUGH_TO_SNIFF,
        })
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        if (self.bytes.len() + piece.len()) as u64 > self.policy.max_bytes {
            return Err(too_large(self.policy));
        }
        self.hasher.update(piece);
        if self.bytes.capacity() - self.bytes.len() < piece.len() {
            // Doubling would hold up to twice what the byte budget knows of.
            self.bytes.reserve_exact(piece.len().max(GROWTH));
        }
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() >= self.next_look {
            // Each look is at twice as much, so that all of them together cost as much as two.
            self.next_look = self.bytes.len().saturating_mul(2);
            check_beginning(&self.bytes, self.policy)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<FetchedPicture, FetchError> {
        let length = self.bytes.len() as u64;
        if let Some(declared) = self.declared.filter(|declared| *declared != length) {
            return Err(FetchError::new(FetchErrorKind::Truncated)
                .with_detail(format!("{length} of {declared} bytes")));
        }
        // A bomb that fits into the first piece is called a bomb, even if it is cut short too.
        if self.bytes.len() >= ENOUGH_TO_SNIFF {
            check_beginning(&self.bytes, self.policy)?;
        }
        let sha256 = Sha256Digest::from_bytes(self.hasher.finalize().into());
        let picture = FetchedPicture::with_digest(self.bytes.into(), sha256)?;
        check_pixels(picture, self.policy)
    }
}

/// Refuses as soon as the first bytes are enough to do so: other formats, and bombs by their header.
fn check_beginning(bytes: &[u8], policy: &FetchPolicy) -> Result<(), FetchError> {
    let format = ImageFormat::sniff(bytes).ok_or_else(|| {
        FetchError::new(FetchErrorKind::NotAPicture).with_detail("the first bytes are of no format")
    })?;
    let header = Header::read(format, bytes);
    header.check()?;
    match header.size {
        Some(size) => check_size(size, policy),
        None => Ok(()),
    }
}

/// Returns the picture if its header keeps to the pixel cap.
pub(super) fn check_pixels(
    picture: FetchedPicture,
    policy: &FetchPolicy,
) -> Result<FetchedPicture, FetchError> {
    check_size((picture.width, picture.height), policy)?;
    Ok(picture)
}

fn check_size((width, height): (u32, u32), policy: &FetchPolicy) -> Result<(), FetchError> {
    if u64::from(width) * u64::from(height) > policy.max_pixels {
        return Err(FetchError::new(FetchErrorKind::TooManyPixels)
            .with_detail(format!("{width} by {height}")));
    }
    Ok(())
}

/// Returns the error for more bytes than the cap.
pub(super) fn too_large(policy: &FetchPolicy) -> FetchError {
    FetchError::new(FetchErrorKind::TooLarge)
        .with_detail(format!("the cap is {} bytes", policy.max_bytes))
}
