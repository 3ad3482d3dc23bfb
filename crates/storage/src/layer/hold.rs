//! A body that holds something until it has been read.

use futures_util::{StreamExt, stream};

use crate::body::Body;

/// Returns `body`, holding `guard` until it ends, fails or is dropped.
///
/// A body that is whole in memory needs nothing from the store any more and gives `guard` back at once.
pub(crate) fn hold<G: Send + 'static>(body: Body, guard: G) -> Body {
    if body.as_bytes().is_some() {
        return body;
    }
    let length = body.length();
    let state = Some((body.into_stream(), guard));
    let pieces = stream::unfold(state, |state| async move {
        let (mut pieces, guard) = state?;
        match pieces.next().await? {
            Ok(piece) => Some((Ok(piece), Some((pieces, guard)))),
            Err(error) => Some((Err(error), None)),
        }
    });
    Body::from_stream(pieces, length)
}
