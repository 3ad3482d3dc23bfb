//! How a connection is opened, in each topology.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Pool, QueueMode, RecycleResult};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    self, AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    ProtocolVersion, RedisConnectionInfo, RedisError, RedisResult,
};

use super::classify;
#[cfg(feature = "redis-cluster")]
use super::cluster::Cluster;
use super::config::{Login, Node, RedisSettings, Topology};
use super::in_flight::{self, InFlight};
use super::link::Link;
use super::sentinel;
use super::speech;
use super::wire::Wire;
use crate::{CacheError, CacheErrorKind};

/// So many bytes of commands gather before the driver writes them, in place of 8 KiB: many values of a few KB go
/// out at once.
const WRITE_BYTES: usize = 64 * 1_024;

/// Why no connection was opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error(transparent)]
    Driver(#[from] RedisError),
    #[error("the server speaks plain text, and the settings ask for TLS")]
    ServerIsPlain,
    #[error("the server speaks TLS, and the settings don't ask for it")]
    ServerWantsTls,
    #[error("no Sentinel knows a master of that name")]
    UnknownMaster,
    #[error("the server that the Sentinels name is no master yet")]
    NoMasterYet,
}

/// Returns the pool of connections as the settings describe it.
pub(super) fn pool(settings: &RedisSettings) -> Result<Pool<Dialer>, CacheError> {
    let wrong = CacheError::new(CacheErrorKind::Config, "connect");
    let dialer = Dialer::new(settings).map_err(|error| wrong.clone().with_source(error))?;
    // The Sentinels are asked first, which is a connection of its own.
    let dials = if settings.topology == Topology::Sentinel {
        2
    } else {
        1
    };
    Pool::builder(dialer)
        .max_size(settings.places())
        .queue_mode(QueueMode::Lifo)
        .wait_timeout(Some(settings.pool_timeout))
        .create_timeout(Some(
            settings.connect_limit * dials + Duration::from_millis(50),
        ))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| wrong.with_source(error))
}

/// Opens connections for the pool, which counts them.
///
/// The managers of deadpool-redis have no time limits for Sentinel and Cluster and ping before each use.
pub(super) struct Dialer {
    settings: RedisSettings,
    #[cfg(feature = "redis-cluster")]
    cluster: Option<Cluster>,
    in_flight: Arc<InFlight>,
    /// Whether a server has greeted us before: then the two sides agree about TLS.
    greeted: AtomicBool,
}

impl Dialer {
    pub(super) fn new(settings: &RedisSettings) -> RedisResult<Self> {
        #[cfg(feature = "redis-tls")]
        if settings.tls.is_some() {
            super::tls::ensure_cryptography();
        }
        // What is wrong with the settings shows here, and not with the first call.
        for node in &settings.nodes {
            Client::open(settings.info_of(node, &settings.login, 0)?)?;
        }
        let missing = match settings.topology {
            _ if settings.nodes.is_empty() => Some("no server is named"),
            Topology::Cluster if cfg!(not(feature = "redis-cluster")) => {
                Some("a Cluster needs the feature redis-cluster")
            }
            Topology::Cluster if settings.database != 0 => Some("a Cluster has one database"),
            _ => None,
        };
        if let Some(what) = missing {
            return Err((redis::ErrorKind::InvalidClientConfig, what).into());
        }
        Ok(Self {
            #[cfg(feature = "redis-cluster")]
            cluster: (settings.topology == Topology::Cluster)
                .then(|| Cluster::new(settings))
                .transpose()?,
            settings: settings.clone(),
            in_flight: Arc::new(InFlight::new()),
            greeted: AtomicBool::new(false),
        })
    }

    pub(super) fn settings(&self) -> &RedisSettings {
        &self.settings
    }

    /// Returns the calls that the connections to data carry.
    pub(super) fn in_flight(&self) -> &Arc<InFlight> {
        &self.in_flight
    }

    /// Opens a connection to one server.
    pub(super) async fn dial(
        &self,
        node: &Node,
        login: &Login,
        database: u32,
    ) -> Result<MultiplexedConnection, DialError> {
        let info = self.settings.info_of(node, login, database)?;
        let config = self.settings.connection_config();
        self.open(node, info, &config).await
    }

    /// Opens a connection to `node` on which the server may also speak unasked, as `config` takes it.
    pub(super) async fn dial_to_listen(
        &self,
        node: &Node,
        config: &AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, DialError> {
        let settings = &self.settings;
        let info = settings.info_of(node, &settings.login, settings.database)?;
        let greeting = info.redis_settings().clone();
        let info = info.set_redis_settings(greeting.set_protocol(ProtocolVersion::RESP3));
        self.open(node, info, config).await
    }

    async fn open(
        &self,
        node: &Node,
        info: ConnectionInfo,
        config: &AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, DialError> {
        let client = Client::open(info)?;
        let opened = client.get_multiplexed_async_connection_with_config(config);
        self.explained(node, opened.await).await
    }

    /// Returns what was opened, or why not, and says so when the two sides disagree about TLS.
    async fn explained<T>(&self, node: &Node, opened: RedisResult<T>) -> Result<T, DialError> {
        let error = match opened {
            Ok(opened) => {
                self.greeted.store(true, Ordering::Relaxed);
                return Ok(opened);
            }
            Err(error) => error,
        };
        // A server that froze later is asked nothing more, so that it is back sooner.
        if self.greeted.load(Ordering::Relaxed) || !classify::may_be_speech(&error) {
            return Err(error.into());
        }
        let limit = self.settings.connect_limit;
        match self.settings.tls {
            Some(_) if speech::is_plain(node, limit).await => Err(DialError::ServerIsPlain),
            None if speech::is_tls(node, limit).await => Err(DialError::ServerWantsTls),
            _ => Err(error.into()),
        }
    }

    /// Names a new connection; a server that wants a password says so here already.
    pub(super) async fn name(&self, link: &mut Link) -> RedisResult<()> {
        let mut command = redis::cmd("CLIENT");
        command.arg("SETNAME").arg(&self.settings.client_name);
        command.query_async(link).await
    }

    async fn dial_single(&self) -> Result<Link, DialError> {
        // The settings were found to name a server when this was made.
        let mut link = Link::One(self.dial_data(&self.settings.nodes[0]).await?);
        self.name(&mut link).await?;
        Ok(link)
    }

    /// Opens a connection to a server that holds our data, with the database chosen.
    pub(super) async fn dial_data(&self, node: &Node) -> Result<Wire, DialError> {
        let settings = &self.settings;
        if settings.tls.is_some() {
            // The driver keeps its streams of TLS, and their tasks, to itself.
            let connection = self.dial(node, &settings.login, settings.database).await?;
            return Ok(connection.into());
        }
        let info = settings.info_of(node, &settings.login, settings.database)?;
        let opened = Wire::open(
            node,
            settings.nodelay,
            info.redis_settings(),
            settings.connection_config(),
            &self.in_flight,
            settings.connect_limit,
        );
        self.explained(node, opened.await).await
    }
}

impl Manager for Dialer {
    type Type = Link;
    type Error = DialError;

    async fn create(&self) -> Result<Link, DialError> {
        #[cfg(feature = "redis-cluster")]
        if let Some(cluster) = &self.cluster {
            return cluster.dial(self).await;
        }
        match self.settings.topology {
            Topology::Sentinel => sentinel::dial(self).await,
            _ => self.dial_single().await,
        }
    }

    /// A connection never comes back to the pool: a lane holds it until it is dropped for good.
    async fn recycle(&self, _: &mut Link, _: &Metrics) -> RecycleResult<DialError> {
        Ok(())
    }
}

impl RedisSettings {
    /// Returns what the driver needs to know about one server.
    pub(super) fn info_of(
        &self,
        node: &Node,
        login: &Login,
        database: u32,
    ) -> RedisResult<ConnectionInfo> {
        let (host, port) = (node.host.clone(), node.port);
        let address = match self.tls {
            Some(_) => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: false,
                tls_params: None,
            },
            None => ConnectionAddr::Tcp(host, port),
        };
        let info = address
            .into_connection_info()?
            .set_tcp_settings(TcpSettings::default().set_nodelay(self.nodelay))
            .set_redis_settings(greeting(login).set_db(i64::from(database)));
        match &self.tls {
            Some(tls) => tls.applied_to(info),
            None => Ok(info),
        }
    }

    /// Returns the limits of one connection.
    pub(super) fn connection_config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_limit))
            .set_response_timeout(Some(self.response_limit))
            // Whoever may be in flight finds a place in the driver's queue and waits for nothing but the answer.
            .set_pipeline_buffer_size(in_flight::MOST as usize)
            .set_write_backpressure_boundary(WRITE_BYTES)
    }
}

fn greeting(login: &Login) -> RedisConnectionInfo {
    let mut greeting = RedisConnectionInfo::default();
    if let Some(username) = &login.username {
        greeting = greeting.set_username(username);
    }
    if let Some(password) = &login.password {
        greeting = greeting.set_password(password.expose());
    }
    greeting
}
