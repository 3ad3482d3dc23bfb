//! Everybody who reads and writes Redis here, each with the settings that suit it best.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cache::redis::{RedisCache, RedisSettings};
use cache::{Cache, CacheKey, Ttl};
use deadpool_redis::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{Client, IntoConnectionInfo, cmd};
use fred::clients::Client as FredClient;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::config::{Config, TcpConfig};
use fred::types::{Builder, Expiration};

use crate::shared::Outcome;

/// The life of every value, in milliseconds: longer than any run.
const LIFE: u64 = 3_600_000;

/// Our name among them.
pub(super) const OURS: &str = "ours";

/// Reads and writes values by their keys.
#[async_trait]
pub(super) trait Peer: Send + Sync {
    /// Reads the value and returns its length.
    async fn get(&self, key: &CacheKey) -> Outcome<usize>;

    /// Writes the value for an hour.
    async fn set(&self, key: &CacheKey, value: Bytes) -> Outcome;

    /// By which number the calls of a trial are divided, for whoever takes several times as long as the others.
    fn shorter_by(&self) -> usize {
        1
    }
}

/// Our adapter through its port.
pub(super) struct Ours(pub(super) RedisCache);

impl Ours {
    /// Returns the adapter with default settings but for the limits: a busy machine must not end a measurement.
    fn new(port: u16) -> Outcome<Self> {
        let patient = Duration::from_secs(10);
        let settings = RedisSettings::new("127.0.0.1", port)
            .with_call_limit(patient * 2)
            .with_response_limit(patient)
            .with_connect_limit(patient);
        Ok(Self(RedisCache::new(settings)?))
    }
}

#[async_trait]
impl Peer for Ours {
    async fn get(&self, key: &CacheKey) -> Outcome<usize> {
        let value = self.0.get(key).await?;
        Ok(value.map_or(0, |value| value.len()))
    }

    async fn set(&self, key: &CacheKey, value: Bytes) -> Outcome {
        let ttl = Ttl::new(Duration::from_millis(LIFE))?;
        Ok(self.0.set(key, value, ttl).await?)
    }
}

/// A connection taken out of the pool for each call, as its documentation shows it.
pub(super) struct Deadpool(pub(super) deadpool_redis::Pool);

impl Deadpool {
    /// Returns the pool as it comes, with so many connections at most where a number is given.
    pub(super) fn new(port: u16, size: Option<usize>) -> Outcome<Self> {
        let mut config = deadpool_redis::Config::from_url(format!("redis://127.0.0.1:{port}"));
        config.pool = size.map(deadpool_redis::PoolConfig::new);
        Ok(Self(
            config.create_pool(Some(deadpool_redis::Runtime::Tokio1))?,
        ))
    }
}

#[async_trait]
impl Peer for Deadpool {
    async fn get(&self, key: &CacheKey) -> Outcome<usize> {
        let mut connection = self.0.get().await?;
        let mut command = cmd("GET");
        command.arg(key.as_str());
        let value: Option<Vec<u8>> = command.query_async(&mut connection).await?;
        Ok(value.map_or(0, |value| value.len()))
    }

    async fn set(&self, key: &CacheKey, value: Bytes) -> Outcome {
        let mut connection = self.0.get().await?;
        let mut command = cmd("SET");
        command
            .arg(key.as_str())
            .arg(value.as_ref())
            .arg("PX")
            .arg(LIFE);
        Ok(command.query_async(&mut connection).await?)
    }

    fn shorter_by(&self) -> usize {
        4
    }
}

/// The driver's own shared connection.
pub(super) struct Managed(ConnectionManager);

impl Managed {
    /// Returns the connection as it comes, or with the buffers of the driver as large as ours.
    async fn new(port: u16, has_large_buffers: bool) -> Outcome<Self> {
        let info = ("127.0.0.1", port).into_connection_info()?;
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let patient = Some(Duration::from_secs(10));
        let mut config = ConnectionManagerConfig::new().set_response_timeout(patient);
        if has_large_buffers {
            config = config
                .set_pipeline_buffer_size(256)
                .set_write_backpressure_boundary(64 * 1_024);
        }
        let manager = ConnectionManager::new_with_config(Client::open(info)?, config);
        Ok(Self(manager.await?))
    }
}

#[async_trait]
impl Peer for Managed {
    async fn get(&self, key: &CacheKey) -> Outcome<usize> {
        let mut command = cmd("GET");
        command.arg(key.as_str());
        let value: Option<Vec<u8>> = command.query_async(&mut self.0.clone()).await?;
        Ok(value.map_or(0, |value| value.len()))
    }

    async fn set(&self, key: &CacheKey, value: Bytes) -> Outcome {
        let mut command = cmd("SET");
        command
            .arg(key.as_str())
            .arg(value.as_ref())
            .arg("PX")
            .arg(LIFE);
        Ok(command.query_async(&mut self.0.clone()).await?)
    }
}

/// The other client of the field, which collects calls by itself.
pub(super) struct Fred(FredClient);

impl Fred {
    async fn new(port: u16) -> Outcome<Self> {
        let config = Config::from_url(&format!("redis://127.0.0.1:{port}"))?;
        let client = Builder::from_config(config)
            .with_connection_config(|connection| {
                connection.tcp = TcpConfig {
                    nodelay: Some(true),
                    ..TcpConfig::default()
                };
            })
            .build()?;
        client.init().await?;
        Ok(Self(client))
    }
}

#[async_trait]
impl Peer for Fred {
    async fn get(&self, key: &CacheKey) -> Outcome<usize> {
        let value: Option<Bytes> = self.0.get(key.as_str()).await?;
        Ok(value.map_or(0, |value| value.len()))
    }

    async fn set(&self, key: &CacheKey, value: Bytes) -> Outcome {
        let life = Expiration::PX(LIFE.try_into()?);
        Ok(self
            .0
            .set(key.as_str(), value, Some(life), None, false)
            .await?)
    }
}

/// Returns everybody with their names.
///
/// All who can be told to send at once (`TCP_NODELAY`) are, as ours is by default: gathering requests is quicker on
/// one machine and doubles the time of a call over a network. The pool of deadpool-redis cannot be told.
pub(super) async fn everybody(port: u16) -> Outcome<Vec<(&'static str, Arc<dyn Peer>)>> {
    Ok(vec![
        (OURS, Arc::new(Ours::new(port)?)),
        (
            "deadpool-redis, default",
            Arc::new(Deadpool::new(port, None)?),
        ),
        (
            "deadpool-redis, 16",
            Arc::new(Deadpool::new(port, Some(16))?),
        ),
        (
            "ConnectionManager",
            Arc::new(Managed::new(port, false).await?),
        ),
        (
            "ConnectionManager, large buffers",
            Arc::new(Managed::new(port, true).await?),
        ),
        ("fred", Arc::new(Fred::new(port).await?)),
    ])
}
