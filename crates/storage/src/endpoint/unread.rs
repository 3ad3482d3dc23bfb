//! What becomes of a request's body that was refused before it was read.
//!
//! Left unread, it would make the server hang up without a word: the client's next request on that
//! connection fails, and the refusal itself may be lost on its way.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::poll_fn;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::{Request, Response};
use s3s::HttpError;
use s3s::service::S3Service;

use super::guard;

/// So much of a refused body is read and thrown away, in bytes; of a longer one nothing more is taken.
const MAX_DISCARDED: usize = 1024 * 1024;

/// The rest of a refused body must come within this time.
const DISCARD_LIMIT: Duration = Duration::from_secs(1);

type Slot = Arc<Mutex<Option<Incoming>>>;

/// Answers a request; the connection stays usable, or the answer says that it ends.
pub(super) async fn answer(
    service: S3Service,
    request: Request<Incoming>,
) -> Result<Response<s3s::Body>, HttpError> {
    let waits = request.headers().contains_key(EXPECT);
    let slot = Slot::default();
    let lent = |body| Lent {
        body: Some(body),
        slot: Arc::clone(&slot),
    };
    let request = request.map(|body| s3s::Body::http_body(lent(body)));
    let mut response = guard::answer(&service, request).await?;
    let unread = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(body) = unread.filter(|body| !body.is_end_stream()) {
        // A client that waits for leave to send its body is better told at once.
        if waits || !discarded(body).await {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
    }
    Ok(response)
}

/// Reads a short rest and tells whether it came to its end.
async fn discarded(mut body: Incoming) -> bool {
    if body.size_hint().lower() > MAX_DISCARDED as u64 {
        return false;
    }
    let rest = async {
        let mut seen = 0;
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(frame) = frame else { return false };
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > MAX_DISCARDED {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(DISCARD_LIMIT, rest)
        .await
        .unwrap_or(false)
}

/// A body that comes back when it is dropped.
struct Lent {
    body: Option<Incoming>,
    slot: Slot,
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
    }
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
