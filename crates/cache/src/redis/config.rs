//! Which Redis server, and with which limits.

use std::time::Duration;

use core_config::Secret;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    self, AsyncConnectionConfig, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo,
};
use deadpool_redis::{Hook, HookError, Manager, Pool, QueueMode, Runtime};

use crate::{CacheError, CacheErrorKind};

/// The port of a Redis server unless told otherwise.
pub const DEFAULT_PORT: u16 = 6_379;

/// More connections than this bring nothing: one carries many calls at once, and on each more of them the calls
/// travel in smaller packets.
const LANES: usize = 1;

/// Which Redis server a [`RedisCache`](super::RedisCache) uses, and with which limits.
///
/// | Setting | Default | Range | Meaning |
/// |---|---|---|---|
/// | call limit | 150 ms | 1 ms to 60 s | all of one call: waiting, dialling, retries and the answer |
/// | response limit | 100 ms | 1 ms to 60 s | one answer on one connection |
/// | connect limit | 250 ms | 1 ms to 60 s | one new connection, greeting included; goes on beyond the call that began it |
/// | pool size | 4 | 1 to 1000 | the most connections this process opens; calls share the first, and others replace it when it breaks |
/// | pool timeout | 50 ms | 1 ms to 60 s | the wait for a free place in the pool before a new connection is opened |
/// | nodelay | on | | requests are sent at once, and don't wait for each other |
/// | retries | 1 | 0 to 10 | further tries of a call whose connection broke, within its limit |
///
/// # Examples
///
/// ```
/// use cache::redis::RedisSettings;
/// use core_config::Secret;
///
/// let settings = RedisSettings::new("redis.internal", 6379)
///     .with_password(Secret::new("from your vault"))
///     .with_database(2);
/// assert_eq!(settings.address(), "redis.internal:6379");
/// ```
#[derive(Debug, Clone)]
pub struct RedisSettings {
    host: String,
    pub(super) port: u16,
    pub(super) database: u32,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) client_name: String,
    pub(super) pool_size: usize,
    pub(super) pool_timeout: Duration,
    pub(super) max_retries: u32,
    nodelay: bool,
    pub(super) call_limit: Duration,
    pub(super) response_limit: Duration,
    pub(super) connect_limit: Duration,
}

impl RedisSettings {
    /// Returns the settings for the server at `host` and `port`, without credentials.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            database: 0,
            username: None,
            password: None,
            client_name: "rust-cache".to_owned(),
            pool_size: 4,
            pool_timeout: Duration::from_millis(50),
            max_retries: 1,
            nodelay: true,
            call_limit: Duration::from_millis(150),
            response_limit: Duration::from_millis(100),
            connect_limit: Duration::from_millis(250),
        }
    }

    /// Returns the settings with a database number; servers have 16 unless told otherwise.
    #[must_use]
    pub fn with_database(mut self, database: u32) -> Self {
        self.database = database;
        self
    }

    /// Returns the settings with a user of the server's access list; without one it is `default`.
    #[must_use]
    pub fn with_username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Returns the settings with a password.
    #[must_use]
    pub fn with_password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self
    }

    /// Returns the settings with the name that the server lists for our connections, without white space.
    #[must_use]
    pub fn with_client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// Returns the settings with the most connections that this process opens, at least one.
    #[must_use]
    pub fn with_pool_size(mut self, size: usize) -> Self {
        self.pool_size = size.max(1);
        self
    }

    /// Returns the settings with the longest wait for a free place in the pool.
    #[must_use]
    pub fn with_pool_timeout(mut self, timeout: Duration) -> Self {
        self.pool_timeout = timeout;
        self
    }

    /// Returns the settings with the further tries of a call whose connection broke.
    #[must_use]
    pub fn with_max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Returns the settings with requests sent at once (`TCP_NODELAY`), or gathered while an answer is awaited.
    ///
    /// Gathering brings a tenth more calls a second where the server itself runs on the same machine. Anywhere
    /// else, a tunnel or a proxy on the same machine included, it makes small requests wait for each other.
    #[must_use]
    pub fn with_nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self
    }

    /// Returns the settings with the limit of one whole call.
    #[must_use]
    pub fn with_call_limit(mut self, limit: Duration) -> Self {
        self.call_limit = limit;
        self
    }

    /// Returns the settings with the limit of one answer on one connection.
    #[must_use]
    pub fn with_response_limit(mut self, limit: Duration) -> Self {
        self.response_limit = limit;
        self
    }

    /// Returns the settings with the limit of opening one connection.
    #[must_use]
    pub fn with_connect_limit(mut self, limit: Duration) -> Self {
        self.connect_limit = limit;
        self
    }

    /// Returns the server as `host:port`, for logs.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the host alone, so that a profile can ask whether it is private.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn call_limit(&self) -> Duration {
        self.call_limit
    }

    pub(super) fn max_retries(&self) -> u32 {
        self.max_retries
    }

    pub(super) fn lanes(&self) -> usize {
        self.pool_size.clamp(1, LANES)
    }

    pub(super) fn pool(&self) -> Result<Pool, CacheError> {
        let wrong = |error: redis::RedisError| {
            CacheError::new(CacheErrorKind::Config, "connect").with_source(error)
        };
        let info = self.connection_info().map_err(wrong)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_limit))
            .set_response_timeout(Some(self.response_limit));
        let manager = Manager::new_with_config(info, config).map_err(wrong)?;
        Pool::builder(manager)
            .max_size(self.pool_size)
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(self.pool_timeout))
            .create_timeout(Some(self.connect_limit + Duration::from_millis(50)))
            .recycle_timeout(Some(self.response_limit))
            .post_create(self.naming())
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| CacheError::new(CacheErrorKind::Config, "connect").with_source(error))
    }

    pub(super) fn connection_info(&self) -> redis::RedisResult<redis::ConnectionInfo> {
        let mut login = RedisConnectionInfo::default().set_db(i64::from(self.database));
        if let Some(username) = &self.username {
            login = login.set_username(username);
        }
        if let Some(password) = &self.password {
            login = login.set_password(password.expose());
        }
        let info = ConnectionAddr::Tcp(self.host.clone(), self.port).into_connection_info()?;
        Ok(info
            .set_tcp_settings(TcpSettings::default().set_nodelay(self.nodelay))
            .set_redis_settings(login))
    }

    /// Names each new connection; a server that wants a password says so here already.
    fn naming(&self) -> Hook {
        let name = self.client_name.clone();
        Hook::async_fn(move |connection, _| {
            let mut command = redis::cmd("CLIENT");
            command.arg("SETNAME").arg(&name);
            Box::pin(async move {
                let answer = command.query_async::<()>(connection).await;
                answer.map_err(HookError::Backend)
            })
        })
    }
}
