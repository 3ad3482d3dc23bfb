//! Reads the body of an answer at the pace and within the time that the policy asks for.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::time::{Instant, timeout};

use super::exchange::Reply;
use super::policy::FetchPolicy;
use super::response::classify_body;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};
use crate::pictures::incoming::IncomingPicture;

/// Opens the picture in the body of `reply`, all of which must be there at `end`.
pub(super) async fn open(
    reply: Reply,
    policy: &FetchPolicy,
    end: Instant,
) -> Result<IncomingPicture, FetchError> {
    let declared = reply.declared_length();
    reply.allow(policy.max_bytes);
    let body = PacedBody {
        reply,
        pace: Pace::new(policy),
        end,
    };
    IncomingPicture::begin(body.into_pieces(), declared, policy.limits()).await
}

/// A body under the limits on its pace and time; dropping it closes the connection.
struct PacedBody {
    reply: Reply,
    pace: Pace,
    end: Instant,
}

impl PacedBody {
    fn into_pieces(self) -> impl Stream<Item = Result<Bytes, FetchError>> + Send {
        stream::unfold(Some(self), |body| async move {
            let mut body = body?;
            match body.next().await {
                Ok(Some(piece)) => Some((Ok(piece), Some(body))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// Waits for the next piece, as long as pace and time are kept.
    async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let start = Instant::now();
            let left = self.end.saturating_duration_since(start);
            if left.is_zero() {
                return Err(not_whole_in_time());
            }
            match timeout(left.min(self.pace.left), self.reply.next()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(classify_body(error)),
                Ok(Some(Ok(piece))) => {
                    self.pace.count(piece.len() as u64, start.elapsed())?;
                    return Ok(Some(piece));
                }
                Err(_) => self.pace.count(0, start.elapsed())?,
            }
        }
    }
}

/// Measures how many bytes come in each window of the time in which they are waited for.
struct Pace {
    left: Duration,
    window: Duration,
    wanted: u64,
    seen: u64,
}

impl Pace {
    fn new(policy: &FetchPolicy) -> Self {
        // A window of no time would be over before it could be waited for.
        let window = policy.rate_window.max(Duration::from_millis(1));
        Self {
            left: window,
            window,
            wanted: policy.bytes_per_window(),
            seen: 0,
        }
    }

    fn count(&mut self, bytes: u64, waited: Duration) -> Result<(), FetchError> {
        self.seen += bytes;
        self.left = self.left.saturating_sub(waited);
        if !self.left.is_zero() {
            return Ok(());
        }
        if self.seen < self.wanted {
            let window = self.window.as_secs_f32();
            return Err(FetchError::new(FetchErrorKind::TooSlow)
                .with_detail(format!("{} bytes in {window} s", self.seen)));
        }
        self.seen = 0;
        self.left = self.window;
        Ok(())
    }
}

/// The error for a picture that is not there at the end of its time.
pub(super) fn not_whole_in_time() -> FetchError {
    FetchError::new(FetchErrorKind::TimedOut).with_detail("not whole in time")
}
