//! Hears from the server which keys were changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{self, AsyncConnectionConfig, ErrorKind, RedisError, RedisResult};
use futures_util::future::join;
use tokio::time::{Instant, timeout};

use super::cache::{RedisCache, error_of};
use super::calls::Calls;
use super::classify::{self, Fault};
use super::config::{Node, RedisSettings, Topology};
use super::dial::{DialError, Dialer};
use super::lane::Lane;
use super::sentinel;
use super::watch::{Watch, Watching};
use crate::{CacheError, CacheErrorKind, Invalidations, Listener};

/// The source of [`Invalidations`] in one Redis server, or in the master that the Sentinels name; version 6 or newer.
///
/// It keeps one connection of its own, on which the server tells of every change of the followed keys, whoever
/// made it: other processes, other languages, the end of a life, an eviction, `FLUSHALL`
/// (`CLIENT TRACKING … BCAST`, <https://redis.io/docs/latest/develop/reference/client-side-caching/>).
///
/// A network that swallows everything gives no error, so the connection is asked for a sign of life at each
/// heartbeat. What others change while nobody answers goes unseen for at most the heartbeat and its limit
/// together: 750 ms by default.
///
/// A server that does not know the command, or does not let our user give it, is no source. On a Cluster each
/// master would have to be followed; it says so by `Config`, and the near cache holds values for the short life only.
///
/// # Which server
///
/// A source [beside](Self::beside) a cache follows the server that the cache reads from, and begins anew whenever
/// the cache gets another connection: nothing that was read from one server is held while another one is heard.
/// With Sentinels it asks them at each heartbeat whether that server is the master still; when they name another, the
/// cache leaves it too, and what was held is forgotten.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use cache::redis::{RedisCache, RedisSettings, RedisTracking};
/// use cache::{Family, NearCache, NearSettings};
///
/// let redis = RedisCache::new(RedisSettings::new("redis.internal", 6379))?;
/// let source = Arc::new(RedisTracking::beside(&redis));
/// let near = NearSettings::new().with_family(Family::Generation);
/// let cache = NearCache::following(redis, near, source);
/// assert!(!cache.is_following(), "before the first read");
/// # Ok::<(), cache::CacheError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RedisTracking {
    settings: RedisSettings,
    /// The calls of the cache that it stands beside.
    calls: Option<Arc<Calls>>,
    heartbeat: Duration,
    heartbeat_limit: Duration,
}

/// The server that is followed.
struct Followed<'a> {
    dialer: Dialer,
    node: Arc<Node>,
    /// The connection that the cache reads over.
    read: Option<(&'a Arc<Lane>, u64)>,
}

impl RedisTracking {
    /// Returns the source in the server that `cache` or one of its clones reads from; it connects when it is followed.
    pub fn beside(cache: &RedisCache) -> Self {
        Self {
            calls: Some(Arc::clone(cache.calls())),
            ..Self::new(cache.calls().settings().clone())
        }
    }

    /// Returns the source in the one server that `settings` name, which is reached another way than the cache reaches
    /// it; it connects when it is followed.
    ///
    /// With Sentinels it would not know which master the cache reads from; it says so by `Config`.
    pub fn new(settings: RedisSettings) -> Self {
        Self {
            settings,
            calls: None,
            heartbeat: Duration::from_millis(500),
            heartbeat_limit: Duration::from_millis(250),
        }
    }

    /// Returns the source with the pause between two heartbeats, 500 ms unless told otherwise.
    #[must_use]
    pub fn with_heartbeat(mut self, pause: Duration) -> Self {
        self.heartbeat = pause;
        self
    }

    /// Returns the source with the time that a heartbeat may take, 250 ms unless told otherwise.
    #[must_use]
    pub fn with_heartbeat_limit(mut self, limit: Duration) -> Self {
        self.heartbeat_limit = limit;
        self
    }

    async fn track(&self, prefixes: &[String], listener: &Listener) -> Fault {
        let followed = match self.find().await {
            Ok(followed) => followed,
            Err(fault) => return fault,
        };
        let watching = Watching::begin(listener);
        match self.listen(prefixes, &followed, watching.watch()).await {
            Ok(never) => match never {},
            Err(error) => self.fault(error),
        }
    }

    /// Finds the server, over the connection of the cache where there is one.
    async fn find(&self) -> Result<Followed<'_>, Fault> {
        let dialer = self.dialer().map_err(|error| self.fault(error.into()))?;
        // The settings were found to name a server when the dialer was made.
        let node = || Arc::new(self.settings.nodes[0].clone());
        let Some(calls) = &self.calls else {
            return Ok(Followed {
                dialer,
                node: node(),
                read: None,
            });
        };
        let lease = calls.lane().lease().await;
        let lease = lease.map_err(|fault| self.passing(fault))?;
        let named = lease.connection.named_master().cloned();
        Ok(Followed {
            dialer,
            node: named.unwrap_or_else(node),
            read: Some((calls.lane(), lease.id)),
        })
    }

    fn dialer(&self) -> RedisResult<Dialer> {
        let what = match (self.settings.topology, &self.calls) {
            (Topology::Cluster, _) => "on a Cluster no single server tells of every change",
            (Topology::Sentinel, None) => "with Sentinels a source has to stand beside its cache",
            _ => return Dialer::new(&self.settings),
        };
        Err((ErrorKind::InvalidClientConfig, what).into())
    }

    fn fault(&self, error: DialError) -> Fault {
        classify::of_listening(error, self.settings.topology)
    }

    /// A Sentinel that does not know the master yet will know one; until then nothing can be read either.
    fn passing(&self, fault: Fault) -> Fault {
        match (fault.kind, self.settings.topology) {
            (CacheErrorKind::Config, Topology::Sentinel) => Fault {
                kind: CacheErrorKind::Unavailable,
                ..fault
            },
            _ => fault,
        }
    }

    async fn listen(
        &self,
        prefixes: &[String],
        followed: &Followed<'_>,
        watch: &Arc<Watch>,
    ) -> Result<Infallible, DialError> {
        let mut connection = self.connect(followed, watch).await?;
        let silence = self.heartbeat + self.heartbeat_limit;
        let mut asked = Instant::now();
        tracking(prefixes)
            .query_async::<()>(&mut connection)
            .await?;
        if !followed.begin(watch, asked + silence) {
            return Err(gone());
        }
        loop {
            if timeout(self.heartbeat, watch.until_lost()).await.is_ok() {
                return Err(gone());
            }
            // The promise counts from the question: what happened after it may not be told yet.
            asked = Instant::now();
            let question = redis::cmd("PING");
            let sign = question.query_async::<()>(&mut connection);
            let (sign, is_demoted) = join(sign, self.is_demoted(followed)).await;
            sign?;
            if is_demoted {
                followed.leave(watch);
                return Err(DialError::NoMasterYet);
            }
            watch.tell(|listener| listener.alive(asked + silence));
        }
    }

    /// Tells whether the Sentinels name another master by now; while none of them answers, nothing is known.
    async fn is_demoted(&self, followed: &Followed<'_>) -> bool {
        if self.settings.topology != Topology::Sentinel {
            return false;
        }
        let asked = sentinel::named_master(&followed.dialer);
        let named = timeout(self.heartbeat_limit, asked).await.ok().flatten();
        named.is_some_and(|named| named != *followed.node)
    }

    async fn connect(
        &self,
        followed: &Followed<'_>,
        watch: &Arc<Watch>,
    ) -> Result<MultiplexedConnection, DialError> {
        let watch = Arc::clone(watch);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.settings.connect_limit))
            .set_response_timeout(Some(self.heartbeat_limit))
            // Called before an answer that comes after it on the wire is handed out.
            .set_push_sender(move |push| {
                watch.pushed(&push);
                Ok::<(), Infallible>(())
            });
        let dialer = &followed.dialer;
        let mut connection = dialer.dial_to_listen(&followed.node, &config).await?;
        let mut name = redis::cmd("CLIENT");
        name.arg("SETNAME").arg(&self.settings.client_name);
        name.query_async::<()>(&mut connection).await?;
        Ok(connection)
    }
}

impl Followed<'_> {
    /// Begins to promise, unless the cache reads over another connection by now, perhaps from another server.
    fn begin(&self, watch: &Arc<Watch>, until: Instant) -> bool {
        let begin = || watch.tell(|listener| listener.began(until));
        let Some((lane, id)) = self.read else {
            begin();
            return true;
        };
        lane.watch(id, watch, begin)
    }

    /// Leaves the server for good, and the cache with it.
    fn leave(&self, watch: &Watch) {
        if let Some((lane, id)) = self.read {
            lane.leave(id);
        }
        watch.lost();
    }
}

/// Returns the error of a connection that broke.
fn gone() -> DialError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).into()
}

fn tracking(prefixes: &[String]) -> redis::Cmd {
    let mut command = redis::cmd("CLIENT");
    command.arg("TRACKING").arg("ON").arg("BCAST");
    for prefix in prefixes {
        command.arg("PREFIX").arg(prefix);
    }
    command
}

#[async_trait]
impl Invalidations for RedisTracking {
    async fn follow(&self, prefixes: &[String], listener: &Listener) -> CacheError {
        error_of(self.track(prefixes, listener).await, "follow")
    }
}
