//! Hears from the server which keys were changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    self, AsyncConnectionConfig, ErrorKind, PushInfo, PushKind, RedisError, Value,
};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::config::{Node, RedisSettings, Topology};
use super::dial::{DialError, Dialer};
use super::{classify, sentinel};
use crate::{CacheError, CacheKey, Invalidations, Listener};

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
/// With Sentinels it asks them at each heartbeat whether its server is the master still. The cache below looks for
/// itself, once a second while calls go on: what it reads from the old master after that may be held for the life.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use cache::redis::{RedisCache, RedisSettings, RedisTracking};
/// use cache::{Family, NearCache, NearSettings};
///
/// let server = RedisSettings::new("redis.internal", 6379);
/// let source = Arc::new(RedisTracking::new(server.clone()));
/// let near = NearSettings::new().with_family(Family::Generation);
/// let cache = NearCache::following(RedisCache::new(server)?, near, source);
/// assert!(!cache.is_following(), "before the first read");
/// # Ok::<(), cache::CacheError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RedisTracking {
    settings: RedisSettings,
    heartbeat: Duration,
    heartbeat_limit: Duration,
}

impl RedisTracking {
    /// Returns the source in the server that `settings` name; it connects when it is followed.
    pub fn new(settings: RedisSettings) -> Self {
        Self {
            settings,
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

    async fn track(
        &self,
        prefixes: &[String],
        listener: &Listener,
    ) -> Result<Infallible, DialError> {
        let broken = Arc::new(Notify::new());
        let dialer = Dialer::new(&self.settings)?;
        let node = self.node(&dialer).await?;
        let mut connection = self.connect(&dialer, &node, listener, &broken).await?;
        let silence = self.heartbeat + self.heartbeat_limit;
        let mut asked = Instant::now();
        tracking(prefixes)
            .query_async::<()>(&mut connection)
            .await?;
        listener.began(asked + silence);
        loop {
            if timeout(self.heartbeat, broken.notified()).await.is_ok() {
                return Err(gone());
            }
            if self.is_demoted(&dialer, &node).await {
                listener.lost();
                return Err(DialError::NoMasterYet);
            }
            // The promise counts from the question: what happened after it may not be told yet.
            asked = Instant::now();
            redis::cmd("PING")
                .query_async::<()>(&mut connection)
                .await?;
            listener.alive(asked + silence);
        }
    }

    /// Returns the server that holds everything.
    async fn node(&self, dialer: &Dialer) -> Result<Node, DialError> {
        match self.settings.topology {
            Topology::Sentinel => {
                let named = sentinel::named_master(dialer).await;
                named.ok_or(DialError::UnknownMaster)
            }
            Topology::Cluster => {
                let what = "on a Cluster no single server tells of every change";
                Err(RedisError::from((ErrorKind::InvalidClientConfig, what)).into())
            }
            // The settings were found to name a server when the dialer was made.
            Topology::Single => Ok(self.settings.nodes[0].clone()),
        }
    }

    /// Tells whether the Sentinels name another master by now; while none of them answers, nothing is known.
    async fn is_demoted(&self, dialer: &Dialer, node: &Node) -> bool {
        if self.settings.topology != Topology::Sentinel {
            return false;
        }
        let asked = timeout(self.heartbeat_limit, sentinel::named_master(dialer));
        asked
            .await
            .ok()
            .flatten()
            .is_some_and(|named| named != *node)
    }

    async fn connect(
        &self,
        dialer: &Dialer,
        node: &Node,
        listener: &Listener,
        broken: &Arc<Notify>,
    ) -> Result<MultiplexedConnection, DialError> {
        let (listener, broken) = (listener.clone(), Arc::clone(broken));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.settings.connect_limit))
            .set_response_timeout(Some(self.heartbeat_limit))
            // Called before an answer that comes after it on the wire is handed out.
            .set_push_sender(move |push| {
                tell(&listener, &broken, &push);
                Ok::<(), Infallible>(())
            });
        let mut connection = dialer.dial_to_listen(node, &config).await?;
        let mut name = redis::cmd("CLIENT");
        name.arg("SETNAME").arg(&self.settings.client_name);
        name.query_async::<()>(&mut connection).await?;
        Ok(connection)
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

fn tell(listener: &Listener, broken: &Notify, push: &PushInfo) {
    match push.kind {
        PushKind::Disconnection => {
            listener.lost();
            broken.notify_one();
        }
        PushKind::Invalidate => match push.data.first() {
            Some(Value::Array(keys)) => keys.iter().for_each(|key| tell_key(listener, key)),
            // No list of keys stands for all of them.
            _ => listener.all_changed(),
        },
        _ => {}
    }
}

fn tell_key(listener: &Listener, key: &Value) {
    let Value::BulkString(bytes) = key else {
        return listener.all_changed();
    };
    let text = std::str::from_utf8(bytes).ok();
    // Another program's key that is none of ours is not held either.
    if let Some(key) = text.and_then(|text| CacheKey::new(text).ok()) {
        listener.changed(&key);
    }
}

#[async_trait]
impl Invalidations for RedisTracking {
    async fn follow(&self, prefixes: &[String], listener: &Listener) -> CacheError {
        let error = match self.track(prefixes, listener).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        let fault = classify::of_listening(error, self.settings.topology);
        let error = CacheError::new(fault.kind, "follow");
        match fault.source {
            Some(source) => error.with_shared_source(source),
            None => error,
        }
    }
}
