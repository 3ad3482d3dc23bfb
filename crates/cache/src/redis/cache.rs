//! The cache port over Redis.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_redis::redis::{self, Cmd, FromRedisValue};
use tokio::time::Instant;

use super::calls::{Calls, Work};
use super::classify::Fault;
use super::config::RedisSettings;
use super::scripts::Scripts;
use crate::{Cache, CacheError, CacheErrorKind, CacheKey, MAX_VALUE_BYTES, Ttl};

/// The bytes of `PX` and the longest life in milliseconds.
const LIFE_BYTES: usize = 2 + 20;

/// A [`Cache`], [`RecentList`](crate::RecentList) and [`Lock`](crate::Lock) in Redis, version 6 or newer.
///
/// Key names are exactly those given. A list has two companions beside it, `{key}:x` (whether it holds all
/// there is) and `{key}:v` (the fill token), and a lock is two, `{key}:l` (its holder) and `{key}:f` (its last
/// number); they share the slot of their key on a cluster.
///
/// Calls share one connection, each call has one limit in all, and while the server is away calls are
/// refused in microseconds. Connections are opened by the first call that needs one; a wrong password shows
/// with the first [`ping`](Cache::ping). Clones share everything.
///
/// Calls need a running tokio runtime with time and I/O.
#[derive(Clone)]
pub struct RedisCache {
    calls: Arc<Calls>,
    pub(super) scripts: Arc<Scripts>,
}

impl RedisCache {
    /// Returns a cache that connects with its first call.
    ///
    /// # Errors
    ///
    /// `Config` when the driver takes the settings for wrong.
    pub fn new(settings: RedisSettings) -> Result<Self, CacheError> {
        let pool = super::dial::pool(&settings)?;
        Ok(Self {
            calls: Arc::new(Calls::new(settings, pool)),
            scripts: Arc::new(Scripts::new()),
        })
    }

    pub(super) fn calls(&self) -> &Arc<Calls> {
        &self.calls
    }

    pub(super) async fn run<T: FromRedisValue>(
        &self,
        operation: &'static str,
        key: &CacheKey,
        work: Work<'_>,
    ) -> Result<T, CacheError> {
        let outcome = self.calls.run(&work).await;
        outcome.map_err(|fault| error_of(fault, operation).with_key(key))
    }
}

pub(super) fn error_of(fault: Fault, operation: &'static str) -> CacheError {
    let error = CacheError::new(fault.kind, operation);
    match fault.source {
        Some(source) => error.with_shared_source(source),
        None => error,
    }
}

pub(super) fn command(name: &str, key: &CacheKey) -> Cmd {
    with_room(name, key, 0, 0)
}

/// Returns a command with room for so many arguments more, and their bytes: it is written without growing.
fn with_room(name: &str, key: &CacheKey, arguments: usize, bytes: usize) -> Cmd {
    let key = key.as_str();
    let mut command = Cmd::with_capacity(2 + arguments, name.len() + key.len() + bytes);
    command.arg(name).arg(key);
    command
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        let work = Work::Command(command("GET", key));
        let value: Option<Vec<u8>> = self.run("get", key, work).await?;
        Ok(value.map(Bytes::from))
    }

    async fn get_many(&self, keys: &[CacheKey]) -> Result<Vec<Option<Bytes>>, CacheError> {
        if keys.is_empty() {
            // The server refuses a MGET of nothing.
            let open = self.calls.refuse_when_closed();
            return open
                .map(|()| Vec::new())
                .map_err(|fault| error_of(fault, "get_many"));
        }
        let mut command = redis::cmd("MGET");
        for key in keys {
            command.arg(key.as_str());
        }
        let outcome = self.calls.run(&Work::Command(command)).await;
        let values: Vec<Option<Vec<u8>>> = outcome.map_err(|fault| error_of(fault, "get_many"))?;
        Ok(values
            .into_iter()
            .map(|value| value.map(Bytes::from))
            .collect())
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Ttl) -> Result<(), CacheError> {
        if value.len() > MAX_VALUE_BYTES {
            return Err(CacheError::new(CacheErrorKind::TooLarge, "set").with_key(key));
        }
        let mut command = with_room("SET", key, 3, value.len() + LIFE_BYTES);
        command.arg(value.as_ref()).arg("PX").arg(ttl.as_millis());
        self.run("set", key, Work::Command(command)).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<bool, CacheError> {
        let work = Work::Command(command("UNLINK", key));
        self.run("delete", key, work).await
    }

    async fn compare_and_delete(
        &self,
        key: &CacheKey,
        expected: &Bytes,
    ) -> Result<bool, CacheError> {
        let mut script = self.scripts.compare_and_delete.key(key.as_str());
        script.arg(expected.as_ref());
        self.run("compare_and_delete", key, Work::Script(script))
            .await
    }

    async fn bump(&self, key: &CacheKey, ttl: Ttl) -> Result<u64, CacheError> {
        let mut script = self.scripts.bump.key(key.as_str());
        script.arg(ttl.as_millis());
        self.run("bump", key, Work::Script(script)).await
    }

    async fn ttl(&self, key: &CacheKey) -> Result<Option<Duration>, CacheError> {
        let work = Work::Command(command("PTTL", key));
        let millis: i64 = self.run("ttl", key, work).await?;
        // -2 stands for no key, -1 for no end (https://redis.io/docs/latest/commands/pttl/).
        Ok(match u64::try_from(millis) {
            Ok(millis) => Some(Duration::from_millis(millis)),
            Err(_) if millis == -1 => Some(Duration::MAX),
            Err(_) => None,
        })
    }

    async fn ping(&self) -> Result<Duration, CacheError> {
        let start = Instant::now();
        let work = Work::Command(redis::cmd("PING"));
        let answer = self.calls.run_always::<()>(&work).await;
        answer.map_err(|fault| error_of(fault, "ping"))?;
        Ok(start.elapsed())
    }

    async fn shutdown(&self) {
        self.calls.shutdown().await;
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache")
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}
