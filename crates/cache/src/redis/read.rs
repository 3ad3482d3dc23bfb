//! How the settings are read by their names.

use std::time::Duration;

use core_config::Reader;

use super::config::{DEFAULT_PORT, DEFAULT_SENTINEL_PORT, Login, RedisSettings, Topology};
use super::nodes::parse_nodes;
use super::tls::RedisTls;
use super::url::{MAX_DATABASE, parse_url};

/// The names that say where Redis is; only one of them may be set.
const PLACES: [&str; 4] = [
    "REDIS_URL",
    "REDIS_HOST",
    "REDIS_SENTINELS",
    "REDIS_CLUSTER_NODES",
];

impl RedisSettings {
    /// Reads where Redis is: `REDIS_URL`; or `REDIS_HOST` with `REDIS_PORT`; or `REDIS_SENTINELS` with
    /// `REDIS_MASTER` and `REDIS_SENTINEL_PASSWORD`; or `REDIS_CLUSTER_NODES`. Without a URL also `REDIS_DB`,
    /// `REDIS_USERNAME` and `REDIS_PASSWORD`; and in all cases `REDIS_SSL`, `REDIS_CA_FILE`, `REDIS_POOL_SIZE`,
    /// `REDIS_POOL_TIMEOUT` and `REDIS_MAX_RETRIES`.
    ///
    /// `None` means that no place is set, or that a problem was noted in `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let problems = reader.problem_count();
        let url = reader.secret("REDIS_URL");
        let [host, sentinels, nodes] =
            ["REDIS_HOST", "REDIS_SENTINELS", "REDIS_CLUSTER_NODES"].map(|name| reader.text(name));
        let set = [
            url.is_some(),
            host.is_some(),
            sentinels.is_some(),
            nodes.is_some(),
        ];
        let mut set = PLACES
            .into_iter()
            .zip(set)
            .filter_map(|(name, is_set)| is_set.then_some(name));
        let (first, second) = (set.next()?, set.next());
        if let Some(second) = second {
            let what = format!("stands beside {second}, and both say where Redis is");
            reader.problem(first, what, "set only one of the two");
        }
        let settings = match (url, host, sentinels, nodes) {
            (Some(url), ..) => Self::from_url(reader, url.expose()),
            (_, Some(host), ..) => Self::from_host(reader, host).with_parts(reader),
            (_, _, Some(text), _) => Self::from_sentinels(reader, &text).with_parts(reader),
            (_, _, _, text) => {
                Self::from_cluster(reader, &text.unwrap_or_default()).with_parts(reader)
            }
        };
        let settings = settings.read_tls(reader).read_limits(reader);
        (reader.problem_count() == problems).then_some(settings)
    }

    fn from_host(reader: &mut Reader<'_>, host: String) -> Self {
        if host.contains(['/', '@', ' ']) {
            let what = "is no host name";
            let hint = "write the host alone; a URL goes to REDIS_URL";
            reader.problem("REDIS_HOST", what, hint);
        }
        let port = reader.in_range("REDIS_PORT", DEFAULT_PORT, 1..=u16::MAX);
        Self::new(host, port)
    }

    fn from_sentinels(reader: &mut Reader<'_>, text: &str) -> Self {
        let nodes = read_nodes(reader, "REDIS_SENTINELS", text, DEFAULT_SENTINEL_PORT);
        Self::sentinel("", nodes)
    }

    fn from_cluster(reader: &mut Reader<'_>, text: &str) -> Self {
        if cfg!(not(feature = "redis-cluster")) {
            let what = "asks for a Cluster, which is not built into this program";
            let hint = "build it with the feature redis-cluster";
            reader.problem("REDIS_CLUSTER_NODES", what, hint);
        }
        Self::cluster(read_nodes(
            reader,
            "REDIS_CLUSTER_NODES",
            text,
            DEFAULT_PORT,
        ))
    }

    /// Reads what a URL would say, and what belongs to Sentinels alone.
    fn with_parts(mut self, reader: &mut Reader<'_>) -> Self {
        self.database = reader.in_range("REDIS_DB", 0, 0..=MAX_DATABASE);
        if self.database != 0 && self.topology == Topology::Cluster {
            let what = "stands beside REDIS_CLUSTER_NODES, and a Cluster has only database 0";
            reader.problem("REDIS_DB", what, "leave it out");
        }
        self.login = Login {
            username: reader.text("REDIS_USERNAME"),
            password: reader.secret("REDIS_PASSWORD"),
        };
        if self.login.username.is_some() && self.login.password.is_none() {
            let what = "stands without REDIS_PASSWORD";
            reader.problem("REDIS_USERNAME", what, "set both or neither");
        }
        let master = reader.text("REDIS_MASTER");
        self.sentinel_login.password = reader.secret("REDIS_SENTINEL_PASSWORD");
        match (self.topology, master) {
            (Topology::Sentinel, Some(master)) => self.master = master,
            (Topology::Sentinel, None) => {
                let what = "stands without REDIS_MASTER";
                let hint = "set REDIS_MASTER to the name that the Sentinels use, such as mymaster";
                reader.problem("REDIS_SENTINELS", what, hint);
            }
            (_, Some(_)) => without_sentinels(reader, "REDIS_MASTER"),
            (_, None) if self.sentinel_login.password.is_some() => {
                without_sentinels(reader, "REDIS_SENTINEL_PASSWORD");
            }
            (_, None) => {}
        }
        self
    }

    /// The parts of the URL are never quoted in a problem, since a password may be among them.
    fn from_url(reader: &mut Reader<'_>, text: &str) -> Self {
        parse_url(text).unwrap_or_else(|what| {
            let hint = "write redis://[user:password@]host[:port][/database], or rediss:// for TLS";
            reader.problem("REDIS_URL", what, hint);
            Self::new("", DEFAULT_PORT)
        })
    }

    fn read_tls(mut self, reader: &mut Reader<'_>) -> Self {
        let file = reader.text("REDIS_CA_FILE");
        if reader.flag("REDIS_SSL", self.tls.is_some()) {
            self.tls = self.tls.or_else(|| Some(RedisTls::system()));
        } else if self.tls.take().is_some() {
            let what = "is off, and REDIS_URL begins with rediss://";
            reader.problem("REDIS_SSL", what, "leave one of the two out");
        }
        if self.tls.is_some() && cfg!(not(feature = "redis-tls")) {
            let what = "asks for TLS, which is not built into this program";
            reader.problem("REDIS_SSL", what, "build it with the feature redis-tls");
        }
        let Some(file) = file else { return self };
        if self.tls.is_none() {
            let hint = "set REDIS_SSL=true, or leave it out";
            reader.problem("REDIS_CA_FILE", "stands without REDIS_SSL", hint);
        }
        match std::fs::read(&file) {
            Ok(pem) if pem.windows(PEM_START.len()).any(|part| part == PEM_START) => {
                self.tls = Some(RedisTls::private_authority(pem));
            }
            Ok(_) => {
                let what = format!("{file:?} holds no certificate");
                reader.problem(
                    "REDIS_CA_FILE",
                    what,
                    "name a file of certificates in PEM form",
                );
            }
            Err(error) => {
                let what = format!("{file:?} cannot be read: {error}");
                reader.problem(
                    "REDIS_CA_FILE",
                    what,
                    "name a file of certificates in PEM form",
                );
            }
        }
        self
    }

    fn read_limits(mut self, reader: &mut Reader<'_>) -> Self {
        self.pool_size = reader.in_range("REDIS_POOL_SIZE", self.pool_size, 1..=1_000);
        self.pool_timeout = reader.duration(
            "REDIS_POOL_TIMEOUT",
            self.pool_timeout,
            Duration::from_millis(1)..=Duration::from_mins(1),
        );
        self.max_retries = reader.in_range("REDIS_MAX_RETRIES", self.max_retries, 0..=10);
        self
    }
}

/// What every certificate in PEM form begins with (RFC 7468).
const PEM_START: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn read_nodes(
    reader: &mut Reader<'_>,
    name: &'static str,
    text: &str,
    default_port: u16,
) -> Vec<(String, u16)> {
    parse_nodes(text, default_port).unwrap_or_else(|what| {
        reader.problem(name, what, "write host:port, several with commas between");
        Vec::new()
    })
}

fn without_sentinels(reader: &mut Reader<'_>, name: &'static str) {
    let what = "stands without REDIS_SENTINELS";
    reader.problem(name, what, "set both or neither");
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
