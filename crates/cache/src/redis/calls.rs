//! The way of every call: breaker, limit, lane, repeat.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::Pool;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisResult, ScriptInvocation};
use tokio::time::{Instant, timeout_at};

use super::breaker::{Breaker, Pass};
use super::classify::Fault;
use super::config::RedisSettings;
use super::dial::Dialer;
use super::in_flight::InFlight;
use super::lane::{Lane, Lease};
use super::link::Link;
use crate::CacheErrorKind;

/// What is sent.
pub(super) enum Work<'a> {
    Command(Cmd),
    Script(ScriptInvocation<'a>),
}

impl Work<'_> {
    async fn send<T: FromRedisValue>(&self, connection: &mut Link) -> RedisResult<T> {
        match self {
            Self::Command(command) => connection.query(command).await,
            Self::Script(script) => script.invoke_async(connection).await,
        }
    }
}

/// What the clones of one cache share.
pub(super) struct Calls {
    settings: RedisSettings,
    pool: Pool<Dialer>,
    /// One for all: on each more of them the calls travel in smaller packets.
    lane: Arc<Lane>,
    breaker: Breaker,
    in_flight: Arc<InFlight>,
    closed: AtomicBool,
}

impl Calls {
    pub(super) fn new(settings: RedisSettings, pool: Pool<Dialer>) -> Self {
        Self {
            breaker: Breaker::new(settings.call_limit()),
            lane: Arc::new(Lane::new(pool.clone())),
            in_flight: Arc::clone(pool.manager().in_flight()),
            closed: AtomicBool::new(false),
            settings,
            pool,
        }
    }

    /// Runs a call, unless the breaker is open.
    pub(super) async fn run<T: FromRedisValue>(&self, work: &Work<'_>) -> Result<T, Fault> {
        self.run_until(work, self.deadline()).await
    }

    /// Runs a call that ends by `deadline`, unless the breaker is open.
    pub(super) async fn run_until<T: FromRedisValue>(
        &self,
        work: &Work<'_>,
        deadline: Instant,
    ) -> Result<T, Fault> {
        self.refuse_when_closed()?;
        let pass = self.breaker.admit().map_err(Fault::plain)?;
        self.run_admitted(work, pass, deadline).await
    }

    /// Returns when a call that begins now ends at the latest.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.settings.call_limit()
    }

    /// Runs a call even when the breaker is open: whoever asks how the server is wants to know it.
    pub(super) async fn run_always<T: FromRedisValue>(&self, work: &Work<'_>) -> Result<T, Fault> {
        self.refuse_when_closed()?;
        self.run_admitted(work, Pass::Normal, self.deadline()).await
    }

    async fn run_admitted<T: FromRedisValue>(
        &self,
        work: &Work<'_>,
        pass: Pass,
        deadline: Instant,
    ) -> Result<T, Fault> {
        let outcome = self.tries(work, deadline).await;
        self.record(pass, outcome.as_ref().err().map(|fault| fault.kind));
        outcome
    }

    async fn tries<T: FromRedisValue>(
        &self,
        work: &Work<'_>,
        deadline: Instant,
    ) -> Result<T, Fault> {
        let _permit = self.in_flight.permit(deadline).await?;
        self.refuse_when_closed()?;
        let lane = &self.lane;
        let mut retries_left = self.settings.max_retries();
        loop {
            let mut lease = match lane.held() {
                Some(lease) => lease?,
                None => Box::pin(self.within(deadline, lane.lease())).await?,
            };
            let fault = match self.send(work, &mut lease, deadline).await? {
                Ok(answer) => {
                    lane.succeeded(&lease.connection);
                    return Ok(answer);
                }
                Err(error) => super::classify::of_call(error, self.settings.topology()),
            };
            lane.failed(&lease, &fault);
            // A connection that broke, such as by a restart of the server, says nothing about the next one.
            if retries_left == 0 || !fault.again {
                return Err(fault);
            }
            retries_left -= 1;
        }
    }

    /// Sends on the connection. The driver keeps a time for each answer of one server; while that ends before the
    /// call's own, a second one would cost more than anything else on the way. On a Cluster the driver may ask
    /// several servers for one answer, and a script that the server does not know yet takes three.
    async fn send<T: FromRedisValue>(
        &self,
        work: &Work<'_>,
        lease: &mut Lease,
        deadline: Instant,
    ) -> Result<RedisResult<T>, Fault> {
        let is_timed = !lease.connection.is_many() && matches!(work, Work::Command(_));
        let sent = work.send(&mut lease.connection);
        if is_timed && Instant::now() + self.settings.response_limit <= deadline {
            return Ok(sent.await);
        }
        Box::pin(self.within(deadline, async { Ok(sent.await) })).await
    }

    /// Waits for `step` until the end of the call, which counts as a silence of the connection.
    async fn within<T>(
        &self,
        deadline: Instant,
        step: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        timeout_at(deadline, step).await.unwrap_or_else(|_| {
            self.lane.timed_out(None);
            Err(Fault::plain(CacheErrorKind::TimedOut))
        })
    }

    fn record(&self, pass: Pass, failure: Option<CacheErrorKind>) {
        match failure {
            Some(CacheErrorKind::Closed) => {}
            Some(
                kind @ (CacheErrorKind::Unavailable
                | CacheErrorKind::TimedOut
                | CacheErrorKind::Refused
                | CacheErrorKind::Tls
                | CacheErrorKind::Config),
            ) => self.breaker.failed(pass, kind),
            // Any other answer is a sign of life.
            _ => self.breaker.succeeded(),
        }
    }

    /// Refuses new calls, waits for those in flight, closes every connection.
    pub(super) async fn shutdown(&self) {
        self.closed.store(true, Ordering::Release);
        // Each call ends by its own limit, so waiting longer than that is of no use.
        let grace = self.settings.call_limit() + Duration::from_millis(50);
        self.in_flight.drain(grace).await;
        self.lane.close().await;
        self.pool.close();
    }

    pub(super) fn settings(&self) -> &RedisSettings {
        &self.settings
    }

    pub(super) fn lane(&self) -> &Arc<Lane> {
        &self.lane
    }

    /// Returns the kind with which calls are refused at the moment, or `None` while they pass.
    pub(super) fn refusing(&self) -> Option<CacheErrorKind> {
        self.breaker.refusing()
    }

    pub(super) fn refuse_when_closed(&self) -> Result<(), Fault> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Fault::plain(CacheErrorKind::Closed));
        }
        Ok(())
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls")
            .field("settings", &self.settings)
            .field("lane", &self.lane)
            .field("breaker", &self.breaker)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
