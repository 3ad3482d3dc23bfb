//! One request and its answer, on a connection of its own.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::http::response::Parts;
use hyper::{Error, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::meter::{Allowance, Metered};

/// The most that is read of an answer before its body, informational answers included, in bytes; what is
/// left of it is for the framing of the body.
pub(super) const HEAD_BYTES: u64 = 64 << 10;
/// The most that waits to be taken, in bytes.
const BUFFER: usize = 64 << 10;

/// An answer whose body is still to come; dropping it closes the connection.
pub(super) struct Reply {
    pub(super) head: Parts,
    body: Incoming,
    allowance: Allowance,
    // Aborts the task that reads and writes, and so closes the socket, when dropped.
    _driver: JoinSet<()>,
}

impl Reply {
    /// Returns the length that the server declared, in bytes.
    pub(super) fn declared_length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// Lets this many bytes of the body come; nothing more than what the head left over comes before.
    pub(super) fn allow(&self, bytes: u64) {
        self.allowance.extend(bytes);
    }

    /// Waits for the next piece of the body; nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        loop {
            match poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await? {
                Ok(frame) => {
                    // What is no data is a trailer, which says nothing about a picture.
                    if let Ok(data) = frame.into_data() {
                        return Some(Ok(data));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Sends `request` and waits for the head of the answer.
pub(super) async fn ask<W>(wire: W, request: Request<String>) -> Result<Reply, Error>
where
    W: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let allowance = Allowance::new(HEAD_BYTES);
    let wire = TokioIo::new(Metered::new(wire, allowance.clone()));
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER)
        .handshake(wire)
        .await?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // The same error comes out of the request or the body, where it is handled.
        drop(connection.await);
    });
    let (head, body) = sender.send_request(request).await?.into_parts();
    Ok(Reply {
        head,
        body,
        allowance,
        _driver: driver,
    })
}

#[cfg(test)]
mod tests;
