//! Connections that all calls share, and when they are replaced.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::{Connection, Pool};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

use super::classify::{self, Fault};
use crate::CacheErrorKind;

/// So many calls in a row without an answer condemn a connection: a dead network path gives no error.
const TIMEOUTS: u32 = 2;

type Dial = Shared<BoxFuture<'static, Result<Lease, Fault>>>;

/// One connection, taken out of the pool once and shared by cloning.
///
/// The pool would send a PING before each use, which doubles the time of a call.
/// In return the lane must see for itself when the connection is dead.
pub(super) struct Lane {
    pool: Pool,
    state: Mutex<State>,
    timeouts: AtomicU32,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    dial: Option<Dial>,
    dialled: u64,
    closed: bool,
}

struct Held {
    pooled: Connection,
    id: u64,
}

/// The right to send on the connection of a lane, which may be replaced meanwhile.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) connection: MultiplexedConnection,
    pub(super) id: u64,
}

impl Lane {
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            state: Mutex::default(),
            timeouts: AtomicU32::new(0),
        }
    }

    /// Returns the connection without waiting, if there is one.
    pub(super) fn held(&self) -> Option<Result<Lease, Fault>> {
        let state = self.state();
        if state.closed {
            return Some(Err(Fault::plain(CacheErrorKind::Closed)));
        }
        state.held.as_ref().map(|held| Ok(held.lease()))
    }

    /// Returns the connection, dialling when there is none; all who wait share one dial.
    ///
    /// The dial runs in a task of its own: callers with little time left must not cut it off again and again.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, Fault> {
        let dial = {
            let mut state = self.state();
            if state.closed {
                return Err(Fault::plain(CacheErrorKind::Closed));
            }
            if let Some(held) = &state.held {
                return Ok(held.lease());
            }
            let running = state.dial.take().filter(|dial| dial.peek().is_none());
            let dial = running.unwrap_or_else(|| self.start_dial());
            state.dial = Some(dial.clone());
            dial
        };
        dial.await
    }

    /// Notes an answer.
    pub(super) fn succeeded(&self) {
        if self.timeouts.load(Ordering::Relaxed) != 0 {
            self.timeouts.store(0, Ordering::Relaxed);
        }
    }

    /// Notes a fault on the connection with `id`, and drops it when it must not be used again.
    pub(super) fn failed(&self, id: u64, fault: &Fault) {
        if fault.evict {
            self.evict(Some(id));
        } else if fault.kind == CacheErrorKind::TimedOut {
            self.timed_out(Some(id));
        } else {
            self.succeeded();
        }
    }

    /// Notes that a call ended without an answer on the connection with `id`, or on whichever it had.
    pub(super) fn timed_out(&self, id: Option<u64>) {
        if self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS {
            self.evict(id);
        }
    }

    /// Drops the connection for good and dials no more.
    pub(super) async fn close(&self) {
        let dial = {
            let mut state = self.state();
            state.closed = true;
            if let Some(held) = state.held.take() {
                held.discard();
            }
            state.dial.take()
        };
        if let Some(dial) = dial {
            let _ = dial.await;
        }
    }

    fn evict(&self, id: Option<u64>) {
        let mut state = self.state();
        let condemned = state.held.take_if(|held| id.is_none_or(|id| id == held.id));
        if let Some(held) = condemned {
            held.discard();
        }
    }

    fn start_dial(self: &Arc<Self>) -> Dial {
        let lane = Arc::clone(self);
        let task = tokio::spawn(async move { lane.dial().await });
        async move {
            task.await
                .unwrap_or_else(|_| Err(Fault::plain(CacheErrorKind::Unavailable)))
        }
        .boxed()
        .shared()
    }

    async fn dial(&self) -> Result<Lease, Fault> {
        let dialled = self.pool.get().await;
        let mut state = self.state();
        state.dial = None;
        let held = Held {
            pooled: dialled.map_err(classify::of_dial)?,
            id: state.dialled,
        };
        if state.closed {
            held.discard();
            return Err(Fault::plain(CacheErrorKind::Closed));
        }
        state.dialled += 1;
        self.timeouts.store(0, Ordering::Relaxed);
        let lease = held.lease();
        state.held = Some(held);
        Ok(lease)
    }

    /// Held for a few field accesses only, never over an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn lease(&self) -> Lease {
        Lease {
            connection: MultiplexedConnection::clone(&self.pooled),
            id: self.id,
        }
    }

    /// Takes the connection out of the pool, so that its place is free and no PING is spent on it.
    fn discard(self) {
        drop(Connection::take(self.pooled));
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connected = self.state().held.is_some();
        f.debug_struct("Lane")
            .field("connected", &connected)
            .finish_non_exhaustive()
    }
}
