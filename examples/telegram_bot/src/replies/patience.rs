//! Requests that are made again when Telegram asks for a pause, or was not reached.

use std::time::Duration;

use teloxide::RequestError;
use teloxide::requests::{HasPayload, Payload, Request};
use tokio::time::sleep;

use super::classify::{Fault, classify};

/// The longest pause that is kept; what is beyond it is told to the conversation.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause after a connection that was not made.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

/// How often a request is made at most.
const TRIES: usize = 4;

/// What a request of type `R` gives.
type Given<R> = <<R as HasPayload>::Payload as Payload>::Output;

/// Makes `request`, and again after each pause that Telegram asks for and each connection that was not made: in both
/// cases nothing has happened.
///
/// # Errors
///
/// The fault of the last try.
///
/// # Cancellation
///
/// The request perhaps happened.
pub(super) async fn patiently<R>(request: R) -> Result<Given<R>, Fault>
where
    R: Request<Err = RequestError> + Send + Sync,
    Given<R>: Send,
{
    let mut tries = 1;
    loop {
        let fault = match request.send_ref().await {
            Ok(given) => return Ok(given),
            Err(error) => classify(&error),
        };
        let pause = match fault {
            Fault::Throttled(pause) if pause <= LONGEST_PAUSE => pause,
            Fault::Unreachable => RECONNECT_PAUSE,
            _ => return Err(fault),
        };
        if tries == TRIES {
            return Err(fault);
        }
        tries += 1;
        sleep(pause).await;
    }
}
