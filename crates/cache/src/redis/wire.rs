//! A connection to one server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, RedisConnectionInfo, RedisResult, Value,
};
use futures_util::future::select_ok;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::config::Node;
use super::in_flight::InFlight;

/// A connection to one server. Clones share it, and with the last of them it ends.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) connection: MultiplexedConnection,
    /// `None` where the driver of the connection looks after itself.
    _task: Option<Arc<Task>>,
}

impl Wire {
    /// Opens a connection in plain text whose commands travel together while several calls are in flight.
    pub(super) async fn open(
        node: &Node,
        nodelay: bool,
        greeting: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
        in_flight: &Arc<InFlight>,
        limit: Duration,
    ) -> RedisResult<Self> {
        let opened = timeout(limit, async {
            let stream = connect(node).await?;
            stream.set_nodelay(nodelay)?;
            MultiplexedConnection::new_with_config(greeting, stream, config).await
        });
        let late = || io::Error::from(io::ErrorKind::TimedOut).into();
        let (connection, driver) = opened.await.unwrap_or_else(|_| Err(late()))?;
        let task = tokio::spawn(Gathering {
            driver: Box::pin(driver),
            in_flight: Arc::clone(in_flight),
            has_waited: false,
        });
        Ok(Self {
            connection,
            _task: Some(Arc::new(Task(task.abort_handle()))),
        })
    }

    /// Sends one command, without the allocation that the driver's trait takes for each.
    pub(super) async fn send(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.connection.send_packed_command(command).await
    }
}

impl From<MultiplexedConnection> for Wire {
    fn from(connection: MultiplexedConnection) -> Self {
        Self {
            connection,
            _task: None,
        }
    }
}

/// Connects to the first address of the server that answers.
async fn connect(node: &Node) -> RedisResult<TcpStream> {
    let addresses = lookup_host((node.host.as_str(), node.port)).await?;
    let mut tries = addresses
        .map(|address| Box::pin(TcpStream::connect(address)))
        .peekable();
    if tries.peek().is_none() {
        return Err((ErrorKind::InvalidClientConfig, "the host has no address").into());
    }
    Ok(select_ok(tries).await?.0)
}

/// The task of a driver, which ends with this: by itself it would wait for answers that may never come.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A driver that lets everybody else on its thread go first while several calls are in flight.
///
/// The first call that has a command wakes the driver, and a thread of tokio runs whom a task wakes right after that
/// task: so each command would travel alone, with a system call of its own on both sides. One turn later, the other
/// calls have given their commands too, and all of them are one packet. A single call is never kept waiting.
struct Gathering<F> {
    driver: Pin<Box<F>>,
    in_flight: Arc<InFlight>,
    has_waited: bool,
}

impl<F: Future> Future for Gathering<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let waits = !self.has_waited && self.in_flight.are_several();
        self.has_waited = waits;
        if waits {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.driver.as_mut().poll(context)
    }
}
