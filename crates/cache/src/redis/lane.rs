//! Connections that all calls share, and when they are replaced.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use deadpool::managed::{Object, Pool};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout};

use super::classify::{self, Fault};
use super::dial::Dialer;
use super::link::Link;
use super::sentinel;
use super::watch::Watch;
use crate::CacheErrorKind;

/// So many calls in a row without an answer condemn a connection: a dead network path gives no error.
const TIMEOUTS: u32 = 2;

/// How often the Sentinels are asked whether the master is still the one that we use, while calls go on: 500 ms.
///
/// They demote the old master up to ten seconds after they named a new one, and what it takes until then is lost.
/// With their answer and a dial on top, calls are at the new one within a second.
const LOOK: Duration = Duration::from_millis(500);

type Dial = Shared<BoxFuture<'static, Result<Lease, Fault>>>;

/// One connection, taken out of the pool once and shared by cloning.
///
/// Taking it out for each call would cost more than the call; in return the lane must see for itself when the
/// connection is dead.
///
/// The connection to a Cluster is replaced only by one on which every master answers: the silence of one of them is
/// no reason to let the others wait. The driver does not look for a new master by itself when the old one is merely
/// silent, and a connection that lacks a server makes everyone wait for it.
pub(super) struct Lane {
    pool: Pool<Dialer>,
    state: Mutex<State>,
    timeouts: AtomicU32,
    looking: AtomicBool,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    dial: Option<Dial>,
    dialled: u64,
    closed: bool,
}

struct Held {
    pooled: Object<Dialer>,
    id: u64,
    /// When the Sentinels were asked last whether this is the master still.
    looked: Instant,
    /// Who hears that this is no longer the connection in use, before another one is.
    watches: Vec<Weak<Watch>>,
}

/// The right to send on the connection of a lane, which may be replaced meanwhile.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) connection: Link,
    pub(super) id: u64,
}

impl Lane {
    pub(super) fn new(pool: Pool<Dialer>) -> Self {
        Self {
            pool,
            state: Mutex::default(),
            timeouts: AtomicU32::new(0),
            looking: AtomicBool::new(false),
        }
    }

    /// Returns the connection without waiting, if there is one.
    pub(super) fn held(self: &Arc<Self>) -> Option<Result<Lease, Fault>> {
        let mut state = self.state();
        if state.closed {
            return Some(Err(Fault::plain(CacheErrorKind::Closed)));
        }
        let held = state.held.as_mut()?;
        self.look_sometimes(held);
        Some(Ok(held.lease()))
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
            if let Some(held) = &mut state.held {
                self.look_sometimes(held);
                return Ok(held.lease());
            }
            self.join_dial(&mut state)
        };
        dial.await
    }

    /// Asks the Sentinels in a task of its own, and drops the connection when they name another master.
    fn look_sometimes(self: &Arc<Self>, held: &mut Held) {
        let Some(master) = held.pooled.named_master() else {
            return;
        };
        let is_due = held.looked.elapsed() >= LOOK;
        if !is_due || self.looking.swap(true, Ordering::Relaxed) {
            return;
        }
        let (lane, master, id) = (Arc::clone(self), Arc::clone(master), held.id);
        held.looked = Instant::now();
        tokio::spawn(async move {
            let asked = sentinel::named_master(lane.pool.manager());
            let named = timeout(LOOK, asked).await.ok().flatten();
            lane.looking.store(false, Ordering::Relaxed);
            if named.is_some_and(|named| named != *master) {
                lane.leave(id);
            }
        });
    }

    fn join_dial(self: &Arc<Self>, state: &mut State) -> Dial {
        let running = state.dial.take().filter(|dial| dial.peek().is_none());
        let dial = running.unwrap_or_else(|| self.start_dial());
        state.dial = Some(dial.clone());
        dial
    }

    /// Notes an answer on `connection`; that of one server of a Cluster says nothing about another's silence.
    pub(super) fn succeeded(&self, connection: &Link) {
        if self.timeouts.load(Ordering::Relaxed) != 0 && !connection.is_many() {
            self.timeouts.store(0, Ordering::Relaxed);
        }
    }

    /// Notes a fault on the connection of `lease`, and drops it when it must not be used again.
    pub(super) fn failed(self: &Arc<Self>, lease: &Lease, fault: &Fault) {
        if fault.evict {
            self.evict(Some(lease.id));
        } else if fault.kind == CacheErrorKind::TimedOut {
            self.timed_out(Some(lease.id));
        } else {
            self.succeeded(&lease.connection);
        }
    }

    /// Notes that a call ended without an answer on the connection with `id`, or on whichever it had.
    pub(super) fn timed_out(self: &Arc<Self>, id: Option<u64>) {
        if self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS {
            self.evict(id);
        }
    }

    /// Runs `begin` if the connection with `id` is the one in use, and tells `watch` before it no longer is.
    ///
    /// `begin` must return at once.
    pub(super) fn watch(&self, id: u64, watch: &Arc<Watch>, begin: impl FnOnce()) -> bool {
        let mut state = self.state();
        let Some(held) = state.held.as_mut().filter(|held| held.id == id) else {
            return false;
        };
        held.watches.retain(|watch| watch.strong_count() > 0);
        held.watches.push(Arc::downgrade(watch));
        begin();
        true
    }

    /// Drops the connection with `id`, since the Sentinels name another master.
    pub(super) fn leave(self: &Arc<Self>, id: u64) {
        self.evict(Some(id));
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

    fn evict(self: &Arc<Self>, id: Option<u64>) {
        let mut state = self.state();
        let Some(held) = &state.held else { return };
        if state.closed || id.is_some_and(|id| id != held.id) {
            return;
        }
        if held.pooled.is_many() {
            drop(self.join_dial(&mut state));
        } else if let Some(held) = state.held.take() {
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
        let is_better = match &dialled {
            Ok(new) if self.state().held.is_some() => new.answers_everywhere().await,
            _ => true,
        };
        let mut state = self.state();
        state.dial = None;
        self.timeouts.store(0, Ordering::Relaxed);
        let held = Held {
            pooled: dialled.map_err(classify::of_dial)?,
            id: state.dialled,
            looked: Instant::now(),
            watches: Vec::new(),
        };
        if state.closed {
            held.discard();
            return Err(Fault::plain(CacheErrorKind::Closed));
        }
        if let Some(before) = state.held.as_ref().filter(|_| !is_better) {
            let lease = before.lease();
            held.discard();
            return Ok(lease);
        }
        state.dialled += 1;
        let lease = held.lease();
        if let Some(before) = state.held.replace(held) {
            before.discard();
        }
        Ok(lease)
    }

    /// Held for a few field accesses and for telling a watch, which returns at once; never over an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn lease(&self) -> Lease {
        Lease {
            connection: Link::clone(&self.pooled),
            id: self.id,
        }
    }

    /// Takes the connection out of the pool, so that its place is free; whoever watches it hears of that first.
    fn discard(self) {
        for watch in self.watches.iter().filter_map(Weak::upgrade) {
            watch.lost();
        }
        drop(Object::take(self.pooled));
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
