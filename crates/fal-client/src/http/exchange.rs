//! An answer, read up to a limit and within its time.

use std::pin::{Pin, pin};

use futures_util::future::{Either, select};
use reqwest::Response;
use tokio::time::Sleep;

use super::{classify, head::Head, hidden::Hidden};
use crate::{FalError, Operation};

/// The largest body read, in bytes. Pictures inlined as data URIs are larger; they are not asked for here.
pub(super) const MAX_BODY: usize = 4 * 1024 * 1024;

/// The most room that is made for a body before its bytes come; a length is only a claim.
const FIRST_ROOM: usize = 64 * 1024;

/// An answer, of whatever status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    /// What none of its texts may show.
    pub(super) hidden: Hidden,
}

impl Answer {
    /// Returns the answer, or the error that its status means.
    pub(super) fn success(self, operation: Operation) -> Result<Self, FalError> {
        if self.head.is_success() {
            Ok(self)
        } else {
            Err(classify::of_answer(operation, &self))
        }
    }
}

/// Reads an answer of at most so many bytes, until the timer has run down.
pub(super) async fn read(
    operation: Operation,
    response: &mut Response,
    most: usize,
    hidden: &Hidden,
    timer: Pin<&mut Sleep>,
) -> Result<Answer, FalError> {
    let head = Head {
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
    };
    let body = within(timer, pin!(read_body(response, most))).await;
    let body = match body.unwrap_or(Err(BrokenBody::Late)) {
        Ok(body) => body,
        // A page that breaks off still has its status, which says most of what an error says.
        Err(_) if !head.is_success() => Vec::new(),
        Err(broken) => return Err(classify::of_broken_body(operation, &head, hidden, broken)),
    };
    Ok(Answer {
        head,
        body,
        hidden: hidden.clone(),
    })
}

/// Waits for `work`, or gives `None` when the timer has run down first.
pub(super) async fn within<T>(
    timer: Pin<&mut Sleep>,
    work: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    match select(work, timer).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// Why a body could not be had.
#[derive(Debug)]
pub(super) enum BrokenBody {
    /// More bytes than are read.
    TooLarge,
    /// Time ran out.
    Late,
    /// The connection broke.
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
