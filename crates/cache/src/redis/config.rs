//! Which Redis server or servers, and with which limits.

use std::fmt;
use std::time::Duration;

use core_config::Secret;

use super::tls::RedisTls;

/// The port of a Redis server unless told otherwise.
pub const DEFAULT_PORT: u16 = 6_379;

/// The port of a Sentinel unless told otherwise.
pub const DEFAULT_SENTINEL_PORT: u16 = 26_379;

/// How the servers stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topology {
    /// One server, whose address is known.
    Single,
    /// A master with replicas, whose address the Sentinels know.
    Sentinel,
    /// Several masters, each with a part of the keys.
    Cluster,
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single server",
            Self::Sentinel => "Sentinel",
            Self::Cluster => "Cluster",
        })
    }
}

/// The host and the port of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) host: String,
    pub(super) port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The user and the password of one kind of server.
#[derive(Debug, Clone, Default)]
pub(super) struct Login {
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

/// Which Redis servers a [`RedisCache`](super::RedisCache) uses, and with which limits.
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
/// On a Cluster a connection is one to each server, and there are at least two.
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
///
/// let settings = RedisSettings::sentinel("mymaster", [("10.0.0.7", 26379), ("10.0.0.8", 26379)]);
/// assert_eq!(settings.address(), "mymaster of 10.0.0.7:26379,10.0.0.8:26379");
/// ```
#[derive(Debug, Clone)]
pub struct RedisSettings {
    pub(super) topology: Topology,
    pub(super) nodes: Vec<Node>,
    pub(super) master: String,
    pub(super) database: u32,
    pub(super) login: Login,
    pub(super) sentinel_login: Login,
    pub(super) tls: Option<RedisTls>,
    pub(super) client_name: String,
    pub(super) pool_size: usize,
    pub(super) pool_timeout: Duration,
    pub(super) max_retries: u32,
    pub(super) nodelay: bool,
    pub(super) call_limit: Duration,
    pub(super) response_limit: Duration,
    pub(super) connect_limit: Duration,
}

impl RedisSettings {
    /// Returns the settings for the server at `host` and `port`, without credentials.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self::of(Topology::Single, [(host, port)])
    }

    /// Returns the settings for the master that the Sentinels at `nodes` know as `master`.
    pub fn sentinel<H: Into<String>>(
        master: impl Into<String>,
        nodes: impl IntoIterator<Item = (H, u16)>,
    ) -> Self {
        Self {
            master: master.into(),
            ..Self::of(Topology::Sentinel, nodes)
        }
    }

    /// Returns the settings for the Cluster that the servers at `nodes` belong to (feature `redis-cluster`).
    ///
    /// One that answers is enough to find the others; name several, since one may be down.
    pub fn cluster<H: Into<String>>(nodes: impl IntoIterator<Item = (H, u16)>) -> Self {
        Self::of(Topology::Cluster, nodes)
    }

    fn of<H: Into<String>>(topology: Topology, nodes: impl IntoIterator<Item = (H, u16)>) -> Self {
        let nodes = nodes.into_iter().map(|(host, port)| Node {
            host: host.into(),
            port,
        });
        Self {
            topology,
            nodes: nodes.collect(),
            master: String::new(),
            database: 0,
            login: Login::default(),
            sentinel_login: Login::default(),
            tls: None,
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

    /// Returns the settings with a database number; servers have 16 unless told otherwise, a Cluster has one.
    #[must_use]
    pub fn with_database(mut self, database: u32) -> Self {
        self.database = database;
        self
    }

    /// Returns the settings with a user of the server's access list; without one it is `default`.
    #[must_use]
    pub fn with_username(mut self, username: impl Into<String>) -> Self {
        self.login.username = Some(username.into());
        self
    }

    /// Returns the settings with a password.
    #[must_use]
    pub fn with_password(mut self, password: Secret) -> Self {
        self.login.password = Some(password);
        self
    }

    /// Returns the settings with the password of the Sentinels, which have their own or none.
    #[must_use]
    pub fn with_sentinel_password(mut self, password: Secret) -> Self {
        self.sentinel_login.password = Some(password);
        self
    }

    /// Returns the settings with TLS to every server and every Sentinel (feature `redis-tls`).
    #[must_use]
    pub fn with_tls(mut self, tls: RedisTls) -> Self {
        self.tls = Some(tls);
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

    /// Returns what is connected to, for logs: `host:port`, several with commas between, after the name of the
    /// master where Sentinels know it.
    pub fn address(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(Node::to_string).collect();
        let nodes = nodes.join(",");
        match self.topology {
            Topology::Sentinel => format!("{} of {nodes}", self.master),
            Topology::Single | Topology::Cluster => nodes,
        }
    }

    /// Returns the hosts alone, so that a profile can ask whether they are private.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.host.as_str())
    }

    /// Returns how the servers stand together.
    pub fn topology(&self) -> Topology {
        self.topology
    }

    /// Returns whether connections speak TLS.
    pub fn uses_tls(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) fn call_limit(&self) -> Duration {
        self.call_limit
    }

    pub(super) fn max_retries(&self) -> u32 {
        self.max_retries
    }

    /// Returns the most connections at once. That to a Cluster is replaced while the one before is still in use.
    pub(super) fn places(&self) -> usize {
        match self.topology {
            Topology::Cluster => self.pool_size.max(2),
            Topology::Single | Topology::Sentinel => self.pool_size,
        }
    }
}
